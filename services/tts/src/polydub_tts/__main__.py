"""Runs the tts stage."""

from __future__ import annotations

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_tts.engines.registry import open_registry
from polydub_tts.handler import TtsHandler
from polydub_tts.rpc import TtsServicer
from polydub_tts.settings import TtsSettings


def build(settings: TtsSettings, common: CommonSettings, _: ObjectStore) -> StageApp:
    """Both faces of the stage over one set of engines."""
    registry = open_registry(settings, common)
    return StageApp(handler=TtsHandler(registry, settings), servicer=TtsServicer(registry))


if __name__ == "__main__":
    run_stage("tts", TtsSettings, build)
