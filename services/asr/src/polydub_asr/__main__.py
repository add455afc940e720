"""Runs the asr stage."""

from __future__ import annotations

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_asr.engines.registry import open_registry
from polydub_asr.handler import AsrHandler
from polydub_asr.rpc import AsrServicer
from polydub_asr.settings import AsrSettings


def build(
    settings: AsrSettings,
    common: CommonSettings,
    store: ObjectStore,
) -> StageApp:
    """Both faces of the stage over one set of engines."""
    registry = open_registry(settings, common)
    return StageApp(
        handler=AsrHandler(registry, low_confidence=settings.low_confidence),
        servicer=AsrServicer(registry, store),
    )


if __name__ == "__main__":
    run_stage("asr", AsrSettings, build)
