"""The event face: one part's transcript becomes one translation per target language."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.artifacts import read_document
from polydub.blocking import OnProgress, run_blocking
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import name
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import asr_pb2, events_pb2, translation_pb2
from polydub_translation.engines.base import Translated, TranslationEngine
from polydub_translation.fallback import engines_for, first_success

DOCUMENT = "translation.json"
RECIPE_VERSION = 1
"""Raise it when the same engine would now say the same transcript differently."""


class TranslationHandler(StageHandler):
    """Consumes ``asr.completed`` of one part, emits one event per target language.

    Args:
        registry: the engines.
        candidates: how many translations of a line are kept at most.
    """

    def __init__(self, registry: EngineRegistry[TranslationEngine], *, candidates: int) -> None:
        self._registry = registry
        self._candidates = candidates

    async def warm_up(self) -> None:
        engine = self._registry.choose()
        await run_blocking(lambda _: engine.capabilities())

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        targets = list(event.spec.target_languages)
        emissions = []
        for done, target in enumerate(targets):

            async def progress(fraction: float, done: int = done, target: str = target) -> None:
                await context.progress((done + fraction) / len(targets), f"into {name(target)}")

            try:
                emissions.append(await self._into(target, event, context, progress))
            except StageError as error:
                # A lost transcript concerns every language, and a passing trouble passes.
                if error.retryable or error.code == "artifact_missing":
                    raise
                emissions.append(Emission(event.products, target_language=target, failure=error))
        return emissions

    async def aclose(self) -> None:
        self._registry.close()

    async def _into(
        self, target: str, event: events_pb2.Event, context: StageContext, progress: OnProgress
    ) -> Emission:
        engines = engines_for(
            self._registry,
            event.spec.engines.get("translation", ""),
            event.products.asr.language,
            target,
        )
        return await first_success(
            engines, lambda engine: self._by(engine, target, event, context, progress)
        )

    async def _by(
        self,
        engine: TranslationEngine,
        target: str,
        event: events_pb2.Event,
        context: StageContext,
        progress: OnProgress,
    ) -> Emission:
        """The translation that one engine makes, or has made before."""
        asr = event.products.asr
        folder = context.folder(
            event.envelope.video_id,
            transcript=asr.digest,
            target=target,
            engine=engine.id,
            version=engine.version,
            candidates=self._candidates,
            recipe=RECIPE_VERSION,
        )
        document = await folder.find_document(DOCUMENT, translation_pb2.TranslationDocument)
        reused = document is not None
        if document is None:
            transcript = await read_document(
                context.store, asr.document_key, asr_pb2.TranscriptDocument
            )
            document = await self._translate(transcript, target, engine, progress)
            await folder.put_document(DOCUMENT, document)
        context.used.append(document.engine)
        products = events_pb2.Products()
        products.CopyFrom(event.products)
        products.translation.CopyFrom(
            translation_pb2.TranslationProducts(
                document_key=folder.key(DOCUMENT),
                engine=document.engine,
                via=document.via,
                digest=folder.digest,
            )
        )
        return Emission(products, target_language=target, reused=reused, warnings=document.warnings)

    async def _translate(
        self,
        transcript: asr_pb2.TranscriptDocument,
        target: str,
        engine: TranslationEngine,
        progress: OnProgress,
    ) -> translation_pb2.TranslationDocument:
        source = transcript.language
        route = engine.route(source, target)
        results = await engine.translate(
            [line.text for line in transcript.lines],
            source=source,
            target=target,
            candidates=self._candidates,
            slots_ms=[line.end_ms - line.start_ms for line in transcript.lines],
            on_progress=progress,
        )
        return translation_pb2.TranslationDocument(
            schema_version=1,
            engine=engine.use(),
            source_language=source,
            target_language=target,
            via=route.via if route else (),
            part=transcript.part,
            lines=[_line(*pair) for pair in zip(transcript.lines, results, strict=True)],
        )


def candidates_of(translated: Translated) -> list[translation_pb2.TranslationCandidate]:
    """The candidates as they travel."""
    return [
        translation_pb2.TranslationCandidate(text=each.text, score=each.score, via=each.via)
        for each in translated.candidates
    ]


def _line(spoken: asr_pb2.TranscriptLine, translated: Translated) -> translation_pb2.TranslatedLine:
    candidates = candidates_of(translated)
    return translation_pb2.TranslatedLine(
        id=spoken.id,
        speaker_id=spoken.speaker_id,
        start_ms=spoken.start_ms,
        end_ms=spoken.end_ms,
        source_text=spoken.text,
        text=candidates[0].text if candidates else "",
        candidates=candidates,
        unknown_words=translated.unknown_words,
        source_confidence=spoken.confidence,
    )
