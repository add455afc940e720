"""The transcript of one part from subtitles that a person brought: nothing is recognised."""

from __future__ import annotations

from collections.abc import Sequence

from polydub import cues, errors
from polydub.artifacts import read_document
from polydub.edits import BY_SUBTITLES
from polydub.stage import Emission, StageContext
from polydub.v1 import asr_pb2, common_pb2, diarization_pb2, events_pb2, muxing_pb2
from polydub_asr.cues import CueLine, lines_of_talk
from polydub_asr.documents import DOCUMENT, products_with

RECIPE_VERSION = 1
"""Raise it when the same subtitles would now give other lines."""
_WORTH_A_WARNING_MS = 1_000
"""Subtitles leave coughs and hums out."""
_TELLING_SHARE = 0.5
"""Of a line's time: where less of it is in its utterance, its pace is not known."""


async def subtitled(
    own: muxing_pb2.OwnSubtitles,
    event: events_pb2.Event,
    context: StageContext,
    diarization: diarization_pb2.DiarizationDocument,
) -> Emission:
    """The event's part as the person's subtitles have it."""
    products, part = event.products, event.envelope.part
    folder = context.folder(
        event.envelope.video_id,
        diarization=products.diarization.digest,
        part=part,
        language=own.language,
        subtitles=own.digest,
        subtitles_recipe=RECIPE_VERSION,
    )
    document = await folder.find_document(DOCUMENT, asr_pb2.TranscriptDocument)
    reused = document is not None
    if document is None:
        shown = await read_document(context.store, own.key, muxing_pb2.CueDocument)
        document = transcript_of(own, part, lines_of_talk(shown, diarization), diarization)
        await folder.put_document(DOCUMENT, document)
    context.used.append(document.engine)
    return Emission(
        products_with(products, document, key=folder.key(DOCUMENT), digest=folder.digest),
        reused=reused,
        warnings=document.warnings,
    )


def transcript_of(
    own: muxing_pb2.OwnSubtitles,
    part: int,
    lines: Sequence[CueLine],
    diarization: diarization_pb2.DiarizationDocument,
) -> asr_pb2.TranscriptDocument:
    """The transcript of one part.

    Args:
        lines: those of the whole talk.
    """
    return asr_pb2.TranscriptDocument(
        schema_version=1,
        engine=common_pb2.EngineUse(id=BY_SUBTITLES, version=own.digest),
        language=own.language,
        language_decided_by=BY_SUBTITLES,
        language_confidence=1.0,
        part=part,
        lines=[_line(line) for line in lines if line.part == part],
        warnings=_unwritten([each for each in diarization.utterances if each.part == part], lines),
    )


def _line(line: CueLine) -> asr_pb2.TranscriptLine:
    words = cues.words_of(line.text)
    times = cues.spread(words, line.start_ms, line.end_ms)
    written = asr_pb2.TranscriptLine(
        id=line.id,
        speaker_id=line.speaker_id,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        confidence=1.0,
        words=[
            asr_pb2.Word(text=word, start_ms=start_ms, end_ms=end_ms, confidence=1.0)
            for word, (start_ms, end_ms) in zip(words, times, strict=True)
        ],
    )
    if line.utterance is not None:
        written.prosody.CopyFrom(line.utterance.prosody)
        # Over the time in which the voice is heard: cues stand longer than their words last.
        heard_ms = cues.overlap_ms(line, line.utterance)
        if heard_ms >= _TELLING_SHARE * (line.end_ms - line.start_ms):
            letters = sum(map(str.isalnum, line.text))
            written.prosody.characters_per_s = letters * 1000 / heard_ms
    return written


def _unwritten(
    utterances: Sequence[diarization_pb2.Utterance], lines: Sequence[CueLine]
) -> list[common_pb2.Warning]:
    """Speech under which no subtitles stand: they may be of another cut of the video."""
    written = cues.Speech(lines)
    return [
        errors.warning(
            "nothing_recognized",
            "Someone speaks here, and your subtitles say nothing.",
            stage="asr",
            line_id=each.id,
        )
        for each in utterances
        if each.end_ms - each.start_ms >= _WORTH_A_WARNING_MS and not written.during(each)
    ]
