"""The event face: the last part of a language to be spoken sets off its assembly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polydub.artifacts import ArtifactFolder, Parameter
from polydub.engines import EngineRegistry
from polydub.peers import Peers
from polydub.pipeline import WHOLE_TALK
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import events_pb2, muxing_pb2
from polydub_muxing.assembly import DOCUMENT, Assembly
from polydub_muxing.engines.base import MuxingEngine
from polydub_muxing.hls.asked import Asked, is_live
from polydub_muxing.hls.live import go_live
from polydub_muxing.join import all_parts
from polydub_muxing.outputs.extras import Gathered, gather_extras
from polydub_muxing.outputs.finished import FinishedDub
from polydub_muxing.settings import MuxingSettings
from polydub_muxing.sound.options import SoundOptions

RECIPE = 5
"""Counts changes of planning, mixing or file layout that make old results differ from new ones."""


class MuxingHandler(StageHandler):
    """Consumes ``tts.completed`` of each part, emits ``muxing.completed`` once a language.

    Args:
        others: the stages that are asked for new takes and to recognise the dub; None: nobody is.
    """

    def __init__(
        self,
        registry: EngineRegistry[MuxingEngine],
        settings: MuxingSettings,
        others: Peers | None = None,
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._others = others

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        parts = await all_parts(event, context.ledger)
        if parts is None:
            await self._go_live(event, context)
            return []
        engine = self._engine(event)
        context.used.append(engine.use())
        folder = self._folder(event, parts, engine, context)
        found = await folder.find_document(DOCUMENT, muxing_pb2.MuxingProducts)
        made = (
            found
            or await Assembly(
                event=event,
                parts=parts,
                context=context,
                folder=folder,
                engine=engine,
                settings=self._settings,
                others=self._others,
            ).make()
        )
        extras = await gather_extras(FinishedDub(event, context, made, self._settings.timeout_s))
        return [_emission(event, made, extras, reused=found is not None and extras.reused)]

    async def aclose(self) -> None:
        self._registry.close()
        if self._others is not None:
            await self._others.aclose()

    async def _go_live(self, event: events_pb2.Event, context: StageContext) -> None:
        if is_live(event.spec):
            asked = Asked(event, context, self._settings.timeout_s)
            await go_live(asked, self._engine(event), self._settings.limits)

    def _engine(self, event: events_pb2.Event) -> MuxingEngine:
        return self._registry.choose(event.spec.engines.get("muxing", ""), task="muxing")

    def _folder(
        self,
        event: events_pb2.Event,
        parts: Mapping[int, events_pb2.Products],
        engine: MuxingEngine,
        context: StageContext,
    ) -> ArtifactFolder:
        limits = self._settings.limits
        digests: list[Parameter] = [
            [made.asr.digest, made.translation.digest, made.tts.digest]
            for _, made in sorted(parts.items())
        ]
        return context.folder(
            event.envelope.video_id,
            recipe=RECIPE,
            engine=engine.id,
            engine_version=engine.version,
            parts=digests,
            bed=event.products.separation.digest,
            source=event.products.separation.source_key,
            language=event.envelope.target_language,
            fit_mode=int(event.spec.fit_mode),
            limits=[limits.guard_ms, limits.min_tempo, limits.max_tempo, limits.hard_tempo],
            filename=event.spec.filename,
            min_quality=round(event.spec.min_quality, 3),
            # What nobody chose is left out, so that a job without choices keeps its digest.
            **_sound(SoundOptions.of(event.spec.sound)),
            retakes=self._settings.retakes,
            recognized_s=round(self._settings.recognized_s, 3),
        )


def _sound(options: SoundOptions) -> dict[str, Parameter]:
    return {"sound": list(options.chosen)} if options.chosen else {}


def _emission(
    event: events_pb2.Event,
    made: muxing_pb2.MuxingProducts,
    extras: Gathered,
    *,
    reused: bool,
) -> Emission:
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    products.muxing.CopyFrom(made)
    products.muxing.files.extend(extras.files)
    return Emission(
        products=products,
        part=WHOLE_TALK,
        target_language=event.envelope.target_language,
        reused=reused,
        warnings=[*made.headline.warnings, *extras.warnings],
    )
