"""The event face: the utterances of one part become the lines of its transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import structlog

from polydub.artifacts import Parameter, read_document
from polydub.blocking import run_blocking
from polydub.cues import transcript_in
from polydub.edits import edited_part
from polydub.engines import EngineRegistry
from polydub.errors import EngineFailed, StageError
from polydub.pcm import PcmReader
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import asr_pb2, diarization_pb2, events_pb2, separation_pb2, translation_pb2
from polydub_asr.corrected import corrected
from polydub_asr.documents import DOCUMENT, products_with, transcript_document
from polydub_asr.engines.base import MAX_HOTWORDS, AsrEngine, Word, engines_for
from polydub_asr.language import (
    SpokenLanguage,
    decide_language,
    decided_language,
    telling_spans,
)
from polydub_asr.lines import Line, lines_of
from polydub_asr.subtitled import subtitled
from polydub_asr.unheard import may_stay_unheard, unheard

log = structlog.get_logger(__name__)

RECIPE_VERSION = 2
"""Raise it when the same engine would now give other lines for the same sound."""


class AsrHandler(StageHandler):
    """Consumes ``diarization.completed`` of one part.

    Args:
        registry: the engines.
        low_confidence: lines with a lower mean posterior are flagged.
    """

    def __init__(self, registry: EngineRegistry[AsrEngine], *, low_confidence: float) -> None:
        self._registry = registry
        self._low_confidence = low_confidence

    async def warm_up(self) -> None:
        engine = self._registry.choose()
        try:
            await run_blocking(lambda _: engine.load())
        except EngineFailed as error:
            # A broken model is no reason not to start: the next engine may do.
            log.warning("an engine does not load", engine=engine.id, reason=error.message)

    async def aclose(self) -> None:
        self._registry.close()

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        edit = edited_part(event.spec, event.envelope.part)
        if edit is not None:
            return [await corrected(edit, event, context)]
        key = event.products.diarization.document_key
        diarization = await read_document(context.store, key, diarization_pb2.DiarizationDocument)
        own = transcript_in(event.spec.subtitles, event.spec.source_language)
        if own is not None:
            return [await subtitled(own, event, context, diarization)]
        utterances = [each for each in diarization.utterances if each.part == event.envelope.part]
        spoken = await self._spoken_language(event, context, diarization.utterances)
        try:
            wanted = event.spec.engines.get("asr", "")
            engines = engines_for(self._registry, wanted, spoken.language)
        except StageError as error:
            if not may_stay_unheard(error, event.spec):
                raise
            return [await unheard(spoken.language, event, context)]
        attempt = partial(self._transcript, event, context, spoken, utterances)
        emission, warnings = await engines.first_success(attempt)
        return [replace(emission, warnings=[*warnings, *emission.warnings])]

    async def _transcript(
        self,
        event: events_pb2.Event,
        context: StageContext,
        spoken: SpokenLanguage,
        utterances: Sequence[diarization_pb2.Utterance],
        engine: AsrEngine,
        _: Sequence[AsrEngine],
    ) -> Emission:
        """The part as this engine hears it."""
        products, part = event.products, event.envelope.part
        hotwords = hotwords_of(event.spec.glossary)
        hints: dict[str, Parameter] = {"hotwords": list(hotwords)} if hotwords else {}
        folder = context.folder(
            event.envelope.video_id,
            separation=products.separation.digest,
            diarization=products.diarization.digest,
            part=part,
            language=spoken.language,
            decided_by=spoken.decided_by,
            engine=engine.id,
            version=engine.version,
            low_confidence=self._low_confidence,
            recipe=RECIPE_VERSION,
            **hints,
        )
        document = await folder.find_document(DOCUMENT, asr_pb2.TranscriptDocument)
        reused = document is not None
        if document is None:
            audio = audio_for(engine, products.separation, context)
            lines = await _listen(engine, spoken.language, hotwords, audio, utterances, context)
            document = transcript_document(
                engine, spoken, part, utterances, lines, low_confidence=self._low_confidence
            )
            await folder.put_document(DOCUMENT, document)
        context.used.append(document.engine)
        return Emission(
            products_with(products, document, key=folder.key(DOCUMENT), digest=folder.digest),
            reused=reused,
            warnings=document.warnings,
        )

    async def _spoken_language(
        self,
        event: events_pb2.Event,
        context: StageContext,
        utterances: Sequence[diarization_pb2.Utterance],
    ) -> SpokenLanguage:
        """The job's language; ``utterances`` are those of the whole talk."""
        job_id = event.envelope.job_id
        spoken = await decided_language(context.ledger, job_id, event.spec.source_language)
        if spoken is not None:
            return spoken
        engine = self._registry.choose(event.spec.engines.get("asr", ""))
        audio = audio_for(engine, event.products.separation, context)
        spans = telling_spans([(each.start_ms, each.end_ms) for each in utterances])
        pieces = [await audio.read(start_ms, end_ms) for start_ms, end_ms in spans]
        samples = np.concatenate([np.zeros(0, np.float32), *pieces])
        return await decide_language(context.ledger, job_id, engine, samples)


def hotwords_of(glossary: Sequence[translation_pb2.GlossaryTerm]) -> tuple[str, ...]:
    """The terms that a job's glossary expects in the source, each once, as many as engines take."""
    terms = (term.source.strip() for term in glossary)
    return tuple(dict.fromkeys(term for term in terms if term))[:MAX_HOTWORDS]


def audio_for(
    engine: AsrEngine, separation: separation_pb2.SeparationProducts, context: StageContext
) -> PcmReader:
    """The sound that this engine hears best: the voice estimate where the talk is noisy."""
    limit = engine.prefers_denoised_below_snr_db
    noisy = limit is not None and separation.snr_db < limit and separation.voice_key
    return PcmReader(context.store, separation.voice_key if noisy else separation.analysis_key)


async def _listen(
    engine: AsrEngine,
    language: str,
    hotwords: Sequence[str],
    audio: PcmReader,
    utterances: Sequence[diarization_pb2.Utterance],
    context: StageContext,
) -> list[Line]:
    """All lines of the utterances. They are heard together: a part is a minute long."""
    clips = [await audio.read(each.start_ms, each.end_ms) for each in utterances]

    async def progress(fraction: float) -> None:
        await context.progress(fraction, f"{len(clips)} utterances")

    heard = await engine.transcribe_many(
        clips, language=language, hotwords=hotwords, on_progress=progress
    )
    return [
        line
        for utterance, recognition in zip(utterances, heard, strict=True)
        for line in lines_of(
            utterance.id,
            utterance.speaker_id,
            utterance.start_ms,
            utterance.end_ms,
            [_later(word, utterance.start_ms) for word in recognition.words],
        )
    ]


def _later(word: Word, offset_ms: int) -> Word:
    """The word on the talk's timeline."""
    return replace(word, start_ms=offset_ms + word.start_ms, end_ms=offset_ms + word.end_ms)
