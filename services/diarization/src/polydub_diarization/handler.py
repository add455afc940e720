"""The event face: one talk in, one event for each of its parts out."""

from __future__ import annotations

from collections.abc import Sequence

import anyio.to_thread

from polydub.cues import transcript_in
from polydub.engines import EngineRegistry
from polydub.pipeline import BY_NAME
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import events_pb2
from polydub_diarization.diarizer import Diarizer, Outcome, Task
from polydub_diarization.engines.base import DiarizationEngine

STAGE = BY_NAME["diarization"]


class DiarizationHandler(StageHandler):
    """Answers ``separation.completed``."""

    def __init__(self, diarizer: Diarizer, registry: EngineRegistry[DiarizationEngine]) -> None:
        self._diarizer = diarizer
        self._registry = registry

    async def warm_up(self) -> None:
        await anyio.to_thread.run_sync(self._registry.choose().load)

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        async def report(fraction: float) -> None:
            await context.progress(fraction, "finding who speaks when")

        outcome = await self._diarizer.run(
            _task(event), scratch=context.scratch, on_progress=report
        )
        context.used.append(outcome.products.engine)
        return _emissions(event, outcome)

    async def aclose(self) -> None:
        self._registry.close()


def _task(event: events_pb2.Event) -> Task:
    separated, spec = event.products.separation, event.spec
    # The transcript's times first; those of a translation say as well when someone speaks.
    own = transcript_in(spec.subtitles, spec.source_language) or next(iter(spec.subtitles), None)
    return Task(
        video_id=event.envelope.video_id,
        analysis_key=separated.analysis_key,
        voice_key=separated.voice_key,
        snr_db=separated.snr_db,
        speakers=spec.speakers,
        engine=spec.engines.get(STAGE.name, ""),
        cues_key=own.key if own else "",
        cues_digest=own.digest if own else "",
    )


def _emissions(event: events_pb2.Event, outcome: Outcome) -> list[Emission]:
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    products.diarization.CopyFrom(outcome.products)
    return [
        Emission(
            products=products,
            part=part.index,
            parts=len(outcome.document.parts),
            reused=outcome.reused,
            warnings=outcome.document.warnings,
        )
        for part in outcome.document.parts
    ]
