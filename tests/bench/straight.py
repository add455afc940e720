"""The plain script: the same handlers one after the other in one process, no broker, no gRPC."""

from __future__ import annotations

import importlib
from pathlib import Path

from polydub import events
from polydub.pipeline import stages_of
from polydub.settings import CommonSettings, StageSettings
from polydub.stage import StageHandler
from polydub.store import ObjectStore
from polydub.testing import stage_context
from polydub.testing.context import MemoryLedger
from polydub.v1 import events_pb2


def handler_of(stage: str, common: CommonSettings, store: ObjectStore) -> StageHandler:
    """A stage's handler as its own process would build it."""
    settings_module = importlib.import_module(f"polydub_{stage}.settings")
    settings = next(
        c
        for c in vars(settings_module).values()
        if isinstance(c, type) and issubclass(c, StageSettings) and c is not StageSettings
    )
    main = importlib.import_module(f"polydub_{stage}.__main__")
    handler: StageHandler = main.build(settings(), common, store).handler
    return handler


async def dub_straight(clip: Path, folder: Path, language: str) -> events_pb2.Products:
    """Dubs one clip; what the last stage made."""
    ledger = MemoryLedger()
    context = stage_context("separation", folder, ledger=ledger)
    key = "videos/v1/source/clip.mp4"
    await context.store.put_file(key, clip)
    spec = events_pb2.DubSpec(
        source_key=key, filename=clip.name, source_language="auto", target_languages=[language]
    )
    told = [events.accepted(job_id="straight", video_id="v1", spec=spec)]
    for stage in stages_of(spec):
        context = stage_context(stage.name, folder, ledger=ledger)
        handler = handler_of(stage.name, context.settings, context.store)
        following = []
        for event in told:
            for emission in await handler.handle(event, context):
                following.append(
                    events.completed(
                        event, emission, stage=stage.name, elapsed_s=0, engine_s=0, used=()
                    )
                )
        await handler.aclose()
        told = following
    return told[-1].products
