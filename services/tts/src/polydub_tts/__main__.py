"""Runs the tts stage."""

from __future__ import annotations

import asyncio

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_tts.engines.registry import open_registry
from polydub_tts.handler import TtsHandler
from polydub_tts.rpc import TtsServicer
from polydub_tts.settings import TtsSettings


def build(settings: TtsSettings, common: CommonSettings, store: ObjectStore) -> StageApp:
    """Both faces of the stage over one set of engines, speaking so many lines together."""
    registry = open_registry(settings, common)
    gate = asyncio.Semaphore(settings.lines_at_once)
    return StageApp(
        handler=TtsHandler(registry, settings, gate),
        servicer=TtsServicer(registry, store, settings, gate),
    )


if __name__ == "__main__":
    run_stage("tts", TtsSettings, build)
