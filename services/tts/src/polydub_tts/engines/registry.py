"""The speech engines in the order in which ``auto`` tries them: best sounding first."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.settings import TtsSettings


def open_registry(settings: TtsSettings, _: CommonSettings) -> EngineRegistry[TtsEngine]:
    """All engines with this deployment's settings."""
    limit_s = settings.line_timeout_s
    return EngineRegistry(
        "tts",
        (
            lambda: FestivalEngine(limit_s),
            lambda: FliteEngine(limit_s),
            lambda: EspeakEngine(limit_s),
        ),
        settings.engine,
    )
