"""The translation of one part from subtitles that a person brought: nothing is translated."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.artifacts import read_document
from polydub.cues import Speech
from polydub.edits import BY_SUBTITLES
from polydub.errors import warning
from polydub.stage import Emission, StageContext
from polydub.v1 import (
    asr_pb2,
    common_pb2,
    diarization_pb2,
    events_pb2,
    muxing_pb2,
    translation_pb2,
)
from polydub_translation.cues import Laid, cues_of_part, laid_on
from polydub_translation.documents import DOCUMENT, products_with

RECIPE_VERSION = 1
"""Raise it when the same subtitles would now be laid on the same transcript differently."""


async def subtitled(
    own: muxing_pb2.OwnSubtitles, event: events_pb2.Event, context: StageContext
) -> Emission:
    """The event's part in the language of the person's subtitles, word for word theirs."""
    asr, target = event.products.asr, own.language
    folder = context.folder(
        event.envelope.video_id,
        transcript=asr.digest,
        diarization=event.products.diarization.digest,
        target=target,
        subtitles=own.digest,
        subtitles_recipe=RECIPE_VERSION,
    )
    document = await folder.find_document(DOCUMENT, translation_pb2.TranslationDocument)
    reused = document is not None
    if document is None:
        document = await _document(own, event, context)
        await folder.put_document(DOCUMENT, document)
    context.used.append(document.engine)
    return Emission(
        products_with(event.products, document, key=folder.key(DOCUMENT), digest=folder.digest),
        target_language=target,
        reused=reused,
        warnings=document.warnings,
    )


async def _document(
    own: muxing_pb2.OwnSubtitles, event: events_pb2.Event, context: StageContext
) -> translation_pb2.TranslationDocument:
    products, store = event.products, context.store
    shown = await read_document(store, own.key, muxing_pb2.CueDocument)
    transcript = await read_document(store, products.asr.document_key, asr_pb2.TranscriptDocument)
    diarization = await read_document(
        store, products.diarization.document_key, diarization_pb2.DiarizationDocument
    )
    lines = sorted(transcript.lines, key=lambda line: (line.start_ms, line.end_ms))
    laid, silent = laid_on(lines, cues_of_part(shown, diarization.parts, transcript.part))
    speech = Speech(diarization.utterances)
    return translation_pb2.TranslationDocument(
        schema_version=1,
        engine=common_pb2.EngineUse(id=BY_SUBTITLES, version=own.digest),
        source_language=transcript.language,
        target_language=own.language,
        part=transcript.part,
        lines=[_line(each, speech) for each in laid],
        warnings=_unsaid(silent, own.language),
    )


def _line(laid: Laid, speech: Speech[diarization_pb2.Utterance]) -> translation_pb2.TranslatedLine:
    first = laid.lines[0]
    beside = speech.nearest(first)
    return translation_pb2.TranslatedLine(
        id=first.id,
        speaker_id=first.speaker_id or (beside.speaker_id if beside else "S1"),
        start_ms=first.start_ms,
        end_ms=max(line.end_ms for line in laid.lines),
        source_text=" ".join(line.text for line in laid.lines if line.text),
        text=laid.text,
        candidates=[translation_pb2.TranslationCandidate(text=laid.text, score=1.0)],
        source_confidence=min(line.confidence for line in laid.lines),
        prosody=first.prosody if first.HasField("prosody") else None,
    )


def _unsaid(silent: Sequence[asr_pb2.TranscriptLine], target: str) -> list[common_pb2.Warning]:
    """Lines over which no subtitles stand: nothing is spoken there."""
    return [
        warning(
            "line_empty",
            "Your subtitles say nothing here, so that nothing is spoken.",
            stage="translation",
            line_id=line.id,
            target_language=target,
        )
        for line in silent
    ]
