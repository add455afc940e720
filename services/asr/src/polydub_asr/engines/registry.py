"""The recognition engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_asr.engines.base import AsrEngine
from polydub_asr.engines.pocketsphinx import PocketSphinxEngine
from polydub_asr.settings import AsrSettings


def open_registry(settings: AsrSettings, _: CommonSettings) -> EngineRegistry[AsrEngine]:
    """The engines with these settings."""
    return EngineRegistry(
        "asr",
        (lambda: PocketSphinxEngine(timeout_s=settings.timeout_s),),
        default=settings.engine,
    )
