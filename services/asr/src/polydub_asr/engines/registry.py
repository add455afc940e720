"""The recognition engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.google import GoogleSettings
from polydub.settings import CommonSettings
from polydub_asr.engines.base import AsrEngine
from polydub_asr.engines.faster_whisper import FasterWhisperEngine
from polydub_asr.engines.google import GoogleEngine
from polydub_asr.engines.pocketsphinx import PocketSphinxEngine
from polydub_asr.settings import AsrSettings


def open_registry(
    settings: AsrSettings, common: CommonSettings, account: GoogleSettings | None = None
) -> EngineRegistry[AsrEngine]:
    """The engines with these settings; Google's account is read from the environment."""

    def faster_whisper() -> AsrEngine:
        folder = common.model_dir / "asr" / FasterWhisperEngine.id
        return FasterWhisperEngine(timeout_s=settings.timeout_s, folder=folder, settings=settings)

    def google() -> AsrEngine:
        return GoogleEngine(
            timeout_s=settings.timeout_s, account=account or GoogleSettings(), settings=settings
        )

    def pocketsphinx() -> AsrEngine:
        return PocketSphinxEngine(timeout_s=settings.timeout_s)

    return EngineRegistry(
        "asr",
        (faster_whisper, google, pocketsphinx),
        default=settings.engine,
        allow_noncommercial=common.allow_noncommercial,
    )
