"""The transcript as it is stored and sent, from what was heard."""

from __future__ import annotations

from collections.abc import Sequence

from polydub import errors
from polydub.v1 import asr_pb2, common_pb2, diarization_pb2, events_pb2
from polydub_asr.engines.base import AsrEngine, Word
from polydub_asr.language import SpokenLanguage
from polydub_asr.lines import Line
from polydub_asr.text import joined, sentence

DOCUMENT = "transcript.json"
_WORTH_A_WARNING_MS = 1_000
"""Shorter utterances without words are coughs and hums."""


def transcript_document(
    engine: AsrEngine,
    spoken: SpokenLanguage,
    part: int,
    utterances: Sequence[diarization_pb2.Utterance],
    lines: Sequence[Line],
    *,
    low_confidence: float,
) -> asr_pb2.TranscriptDocument:
    """The transcript of one part.

    Args:
        engine: what heard the words.
        spoken: to which language it listened.
        utterances: those of the part.
        lines: their lines.
        low_confidence: lines with a lower mean posterior are flagged.
    """
    prosodies = {each.id: each.prosody for each in utterances}
    written = [
        _line(line, prosodies[line.utterance_id], engine, spoken.language, low_confidence)
        for line in lines
    ]
    return asr_pb2.TranscriptDocument(
        schema_version=1,
        engine=engine.use(),
        language=spoken.language,
        language_decided_by=spoken.decided_by,
        language_confidence=spoken.confidence,
        part=part,
        lines=written,
        warnings=[*_unheard(utterances, lines), *_doubtful(written)],
    )


def products_with(
    products: events_pb2.Products, document: asr_pb2.TranscriptDocument, *, key: str, digest: str
) -> events_pb2.Products:
    """The products with a transcript that is stored under a key."""
    extended = events_pb2.Products()
    extended.CopyFrom(products)
    extended.asr.CopyFrom(
        asr_pb2.AsrProducts(
            document_key=key,
            language=document.language,
            engine=document.engine,
            digest=digest,
        )
    )
    return extended


def word_message(word: Word) -> asr_pb2.Word:
    """A word as it travels."""
    return asr_pb2.Word(
        text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
    )


def _line(
    line: Line,
    prosody: common_pb2.Prosody,
    engine: AsrEngine,
    language: str,
    low_confidence: float,
) -> asr_pb2.TranscriptLine:
    words = [word.text for word in line.words]
    written = asr_pb2.TranscriptLine(
        id=line.id,
        speaker_id=line.speaker_id,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=joined(words) if engine.punctuates else sentence(words, language),
        confidence=line.confidence,
        words=[word_message(word) for word in line.words],
        low_confidence=line.confidence < low_confidence,
        prosody=prosody,
    )
    written.prosody.characters_per_s = line.characters_per_s
    return written


def _unheard(
    utterances: Sequence[diarization_pb2.Utterance], lines: Sequence[Line]
) -> list[common_pb2.Warning]:
    """Speech without words: one warning for a part that has none at all, else for each stretch."""
    if not utterances:
        return []
    if not lines:
        message = "No words could be made out in this part of the talk."
        return [_warning("nothing_recognized", message)]
    with_words = {line.utterance_id for line in lines}
    return [
        _warning("nothing_recognized", "No words could be made out here.", each.id)
        for each in utterances
        if each.id not in with_words and each.end_ms - each.start_ms >= _WORTH_A_WARNING_MS
    ]


def _doubtful(lines: Sequence[asr_pb2.TranscriptLine]) -> list[common_pb2.Warning]:
    return [
        _warning(
            "low_confidence",
            f"The recognition is unsure of this line ({line.confidence:.0%}).",
            line.id,
        )
        for line in lines
        if line.low_confidence
    ]


def _warning(code: str, message: str, line_id: str = "") -> common_pb2.Warning:
    return errors.warning(code, message, stage="asr", line_id=line_id)
