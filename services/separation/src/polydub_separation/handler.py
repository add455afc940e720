"""The event face: an accepted job's file becomes voice and background."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.pipeline import WHOLE_TALK
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import events_pb2
from polydub_separation.work import Request, SeparationWork


class SeparationHandler(StageHandler):
    """Consumes ``gateway.accepted``, for the whole talk."""

    def __init__(self, work: SeparationWork) -> None:
        self._work = work

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        request = Request(
            video_id=event.envelope.video_id,
            source_key=event.spec.source_key,
            engine=event.spec.engines.get("separation", ""),
            source_language=event.spec.source_language,
        )
        done = await self._work.run(request, context.scratch, context.progress)
        context.used.append(done.products.engine)
        products = events_pb2.Products()
        products.CopyFrom(event.products)
        products.separation.CopyFrom(done.products)
        return [
            Emission(
                products,
                part=WHOLE_TALK,
                reused=done.reused,
                warnings=tuple(done.products.warnings),
            )
        ]

    async def aclose(self) -> None:
        self._work.registry.close()
