"""The muxing engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_muxing.engines.base import MuxingEngine
from polydub_muxing.engines.ffmpeg import FfmpegEngine
from polydub_muxing.settings import MuxingSettings


def open_registry(settings: MuxingSettings, _: CommonSettings) -> EngineRegistry[MuxingEngine]:
    """The engines with these settings."""
    return EngineRegistry("muxing", (FfmpegEngine,), settings.engine)
