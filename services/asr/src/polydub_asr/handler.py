"""The event face: the utterances of one part become the lines of its transcript."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import structlog

from polydub import errors
from polydub.artifacts import read_document
from polydub.blocking import run_blocking
from polydub.engines import EngineRegistry
from polydub.errors import EngineFailed
from polydub.pcm import PcmReader
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import asr_pb2, common_pb2, diarization_pb2, events_pb2, separation_pb2
from polydub_asr.engines.base import AsrEngine, Word, engine_for
from polydub_asr.language import (
    SpokenLanguage,
    decide_language,
    decided_language,
    telling_spans,
)
from polydub_asr.lines import Line, lines_of
from polydub_asr.text import joined, sentence

log = structlog.get_logger(__name__)

DOCUMENT = "transcript.json"
RECIPE_VERSION = 1
"""Raise it when the same engine would now give other lines for the same sound."""
_WORTH_A_WARNING_MS = 1_000
"""Shorter utterances without words are coughs and hums."""


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
        products, part = event.products, event.envelope.part
        diarization = await read_document(
            context.store, products.diarization.document_key, diarization_pb2.DiarizationDocument
        )
        utterances = [each for each in diarization.utterances if each.part == part]
        engine, spoken = await self._engine_and_language(event, context, diarization.utterances)
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
        )
        document = await folder.find_document(DOCUMENT, asr_pb2.TranscriptDocument)
        reused = document is not None
        if document is None:
            audio = audio_for(engine, products.separation, context)
            lines = await _listen(engine, spoken.language, audio, utterances, context)
            document = self._document(engine, spoken, part, utterances, lines)
            await folder.put_document(DOCUMENT, document)
        context.used.append(document.engine)
        emitted = events_pb2.Products()
        emitted.CopyFrom(products)
        emitted.asr.CopyFrom(
            asr_pb2.AsrProducts(
                document_key=folder.key(DOCUMENT),
                language=document.language,
                engine=document.engine,
                digest=folder.digest,
            )
        )
        return [Emission(emitted, reused=reused, warnings=document.warnings)]

    async def _engine_and_language(
        self,
        event: events_pb2.Event,
        context: StageContext,
        utterances: Sequence[diarization_pb2.Utterance],
    ) -> tuple[AsrEngine, SpokenLanguage]:
        """What listens, and to which language; ``utterances`` are those of the whole talk."""
        wanted, job_id = event.spec.engines.get("asr", ""), event.envelope.job_id
        spoken = await decided_language(context.ledger, job_id, event.spec.source_language)
        if spoken is None:
            engine = self._registry.choose(wanted)
            audio = audio_for(engine, event.products.separation, context)
            spans = telling_spans([(each.start_ms, each.end_ms) for each in utterances])
            pieces = [await audio.read(start_ms, end_ms) for start_ms, end_ms in spans]
            samples = np.concatenate([np.zeros(0, np.float32), *pieces])
            spoken = await decide_language(context.ledger, job_id, engine, samples)
        return engine_for(self._registry, wanted, spoken.language), spoken

    def _document(
        self,
        engine: AsrEngine,
        spoken: SpokenLanguage,
        part: int,
        utterances: Sequence[diarization_pb2.Utterance],
        lines: Sequence[Line],
    ) -> asr_pb2.TranscriptDocument:
        written = [self._line(line, engine, spoken.language) for line in lines]
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

    def _line(self, line: Line, engine: AsrEngine, language: str) -> asr_pb2.TranscriptLine:
        words = [word.text for word in line.words]
        return asr_pb2.TranscriptLine(
            id=line.id,
            speaker_id=line.speaker_id,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            text=joined(words) if engine.punctuates else sentence(words, language),
            confidence=line.confidence,
            words=[word_message(word) for word in line.words],
            low_confidence=line.confidence < self._low_confidence,
        )


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
    audio: PcmReader,
    utterances: Sequence[diarization_pb2.Utterance],
    context: StageContext,
) -> list[Line]:
    """All lines of the utterances, one utterance after the other."""
    lines: list[Line] = []
    total_ms = max(1, sum(each.end_ms - each.start_ms for each in utterances))
    heard_ms = 0
    for number, utterance in enumerate(utterances, start=1):
        start_ms, end_ms = utterance.start_ms, utterance.end_ms

        async def progress(
            fraction: float,
            number: int = number,
            before_ms: int = heard_ms,
            length_ms: int = end_ms - start_ms,
        ) -> None:
            done = (before_ms + fraction * length_ms) / total_ms
            await context.progress(min(1.0, done), f"utterance {number} of {len(utterances)}")

        await progress(0.0)
        samples = await audio.read(start_ms, end_ms)
        heard = await engine.transcribe(samples, language=language, on_progress=progress)
        words = [
            Word(word.text, start_ms + word.start_ms, start_ms + word.end_ms, word.confidence)
            for word in heard.words
        ]
        lines += lines_of(utterance.id, utterance.speaker_id, start_ms, end_ms, words)
        heard_ms += end_ms - start_ms
    return lines


def word_message(word: Word) -> asr_pb2.Word:
    """A word as it travels."""
    return asr_pb2.Word(
        text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
    )


def _unheard(
    utterances: Sequence[diarization_pb2.Utterance], lines: Sequence[Line]
) -> list[common_pb2.Warning]:
    """Speech without words: one warning for a part that has none at all, else for each stretch."""
    if not utterances:
        return []
    if not lines:
        message = "No words could be made out in this part of the talk."
        return [_warning("nothing_recognized", message)]
    with_words = {line.id for line in lines}
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
