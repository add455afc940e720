"""The translation engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.settings import TranslationSettings


def open_registry(
    settings: TranslationSettings, _: CommonSettings
) -> EngineRegistry[TranslationEngine]:
    """The engines with these settings."""
    return EngineRegistry(
        "translation",
        (
            lambda: ApertiumEngine(
                modes_dir=settings.apertium_modes_dir,
                children=settings.apertium_children,
                line_timeout_s=settings.line_timeout_s,
                timeout_s=settings.timeout_s,
            ),
        ),
        default=settings.engine,
    )
