"""Between a script and the stages' documents: read when somebody first looks, written when the dub
is made again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from polydub import cues
from polydub.v1 import asr_pb2, translation_pb2
from polydub_gateway.edits.script import Origin, Segment, Wording


def segments_of(
    transcripts: Iterable[asr_pb2.TranscriptDocument],
    translations: Iterable[translation_pb2.TranslationDocument],
) -> list[Segment]:
    """The lines as the stages left them, in the order in which they are said."""
    wordings: dict[str, dict[str, Wording]] = {}
    for document in translations:
        for line in document.lines:
            wordings.setdefault(line.id, {})[document.target_language] = wording_of(line)
    found = [
        Segment(
            id=line.id,
            part=transcript.part,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            speaker_id=line.speaker_id,
            text=line.text,
            confidence=round(line.confidence, 4),
            translations=wordings.get(line.id, {}),
        )
        for transcript in transcripts
        for line in transcript.lines
    ]
    return sorted(found, key=in_time)


def in_time(segment: Segment) -> tuple[int, str]:
    """The order of lines."""
    return segment.start_ms, segment.id


def wording_of(line: translation_pb2.TranslatedLine) -> Wording:
    """A translated line as people see it."""
    return Wording(
        text=line.text,
        origin=Origin.PERSON if line.corrected else Origin.MACHINE,
        candidates=tuple(each.text for each in line.candidates),
    )


def transcript_of(
    base: asr_pb2.TranscriptDocument, segments: Sequence[Segment]
) -> asr_pb2.TranscriptDocument:
    """The transcript of one part as people left it.

    Args:
        base: what recognition made of the part.
        segments: the part's lines.
    """
    heard = {line.id: line for line in base.lines}
    document = asr_pb2.TranscriptDocument()
    document.CopyFrom(base)
    del document.lines[:], document.warnings[:]
    ordered = sorted(segments, key=in_time)
    document.lines.extend(_line(each, heard.get(each.id)) for each in ordered)
    untouched = {each.id for each in segments if not each.changed_at}
    document.warnings.extend(
        each for each in base.warnings if not each.line_id or each.line_id in untouched
    )
    return document


def _line(segment: Segment, heard: asr_pb2.TranscriptLine | None) -> asr_pb2.TranscriptLine:
    line = asr_pb2.TranscriptLine()
    if heard is not None:
        line.CopyFrom(heard)
    if heard is None or segment.changed_at:
        # A person has read the line.
        line.confidence, line.low_confidence = 1.0, False
    same = (line.text, line.start_ms, line.end_ms) == (
        segment.text, segment.start_ms, segment.end_ms,
    )  # fmt: skip
    line.id, line.speaker_id, line.text = segment.id, segment.speaker_id, segment.text
    line.start_ms, line.end_ms = segment.start_ms, segment.end_ms
    if not same:
        words = cues.words_of(segment.text)
        times = cues.spread(words, segment.start_ms, segment.end_ms)
        del line.words[:]
        for word, (start_ms, end_ms) in zip(words, times, strict=True):
            line.words.add(text=word, start_ms=start_ms, end_ms=end_ms, confidence=1.0)
    return line


def translation_of(
    base: translation_pb2.TranslationDocument, segments: Sequence[Segment]
) -> translation_pb2.TranslationDocument:
    """The translation of one part as people left it; what has to be translated anew is marked."""
    language = base.target_language
    translated = {line.id: line for line in base.lines}
    document = translation_pb2.TranslationDocument()
    document.CopyFrom(base)
    del document.lines[:], document.warnings[:]
    for segment in sorted(segments, key=in_time):
        wording = segment.translations.get(language, Wording("", stale=True))
        document.lines.append(_translated(segment, wording, translated.get(segment.id)))
    own = {each.id for each in segments if not each.changed_since(0, language)}
    document.warnings.extend(
        each for each in base.warnings if not each.line_id or each.line_id in own
    )
    return document


def _translated(
    segment: Segment, wording: Wording, base: translation_pb2.TranslatedLine | None
) -> translation_pb2.TranslatedLine:
    line = translation_pb2.TranslatedLine()
    if base is not None:
        line.CopyFrom(base)
    line.id, line.speaker_id = segment.id, segment.speaker_id
    line.start_ms, line.end_ms = segment.start_ms, segment.end_ms
    line.source_text, line.source_confidence = segment.text, segment.confidence
    line.stale = wording.stale
    if wording.stale:
        line.text = ""
        del line.candidates[:], line.unknown_words[:]
    elif line.text != wording.text:
        line.text = wording.text
        del line.unknown_words[:]
    line.corrected = wording.origin is Origin.PERSON
    return line


def brought_up(
    segments: Iterable[Segment], documents: Mapping[int, translation_pb2.TranslationDocument]
) -> list[Segment]:
    """The lines that were stale and have been translated since, with what came of it.

    Args:
        documents: by part, of one language, as the dub was last made from them.
    """
    found = []
    for segment in segments:
        document = documents.get(segment.part)
        if document is None:
            continue
        wording = segment.translations.get(document.target_language)
        line = next((each for each in document.lines if each.id == segment.id), None)
        if line is None or line.stale or line.source_text != segment.text:
            continue
        if wording is None or wording.stale:
            found.append(with_wording(segment, document.target_language, wording_of(line)))
    return found


def with_wording(segment: Segment, language: str, wording: Wording) -> Segment:
    """The line said in a language in these words."""
    return replace(segment, translations={**segment.translations, language: wording})
