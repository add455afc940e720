"""The translation engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from polydub.cloud import Key
from polydub.engines import EngineRegistry
from polydub.google import GoogleSettings
from polydub.model_cache import ModelCache
from polydub.settings import CommonSettings
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.engines.ctranslate2 import (
    CTranslate2Engine,
    MadladEngine,
    MarianEngine,
    Models,
    NllbEngine,
)
from polydub_translation.engines.ctranslate2_model import Device
from polydub_translation.engines.deepl import DeepLEngine
from polydub_translation.engines.google import GoogleEngine
from polydub_translation.engines.llm import LlmEngine
from polydub_translation.settings import TranslationSettings


def open_registry(
    settings: TranslationSettings, common: CommonSettings
) -> EngineRegistry[TranslationEngine]:
    """The engines with these settings."""
    return EngineRegistry(
        "translation",
        (
            lambda: _llm(settings),
            lambda: _deepl(settings),
            lambda: _google(settings),
            *_neural(settings, common),
            lambda: ApertiumEngine(
                modes_dir=settings.apertium_modes_dir,
                children=settings.apertium_children,
                line_timeout_s=settings.line_timeout_s,
                timeout_s=settings.timeout_s,
            ),
        ),
        default=settings.engine,
        allow_noncommercial=common.allow_noncommercial,
    )


def _llm(settings: TranslationSettings) -> LlmEngine:
    return LlmEngine(
        url=settings.llm_url,
        model=settings.llm_model,
        key=Key("POLYDUB_TRANSLATION_LLM_KEY", settings.llm_key, settings.llm_key_file),
        request_timeout_s=settings.request_timeout_s,
        retries=settings.request_retries,
        timeout_s=settings.timeout_s,
    )


def _deepl(settings: TranslationSettings) -> DeepLEngine:
    return DeepLEngine(
        key=Key("POLYDUB_TRANSLATION_DEEPL_KEY", settings.deepl_key, settings.deepl_key_file),
        url=settings.deepl_url,
        request_timeout_s=settings.request_timeout_s,
        retries=settings.request_retries,
        timeout_s=settings.timeout_s,
    )


def _google(settings: TranslationSettings) -> GoogleEngine:
    return GoogleEngine(
        account=GoogleSettings(),
        request_timeout_s=settings.request_timeout_s,
        retries=settings.request_retries,
        timeout_s=settings.timeout_s,
    )


def _neural(
    settings: TranslationSettings, common: CommonSettings
) -> tuple[Callable[[], CTranslate2Engine], ...]:
    """The kinds of local models, over one set of models in memory."""
    device = Device(settings.device, settings.compute_type, settings.threads)
    models: Models = ModelCache("translation", settings.models_mb * 1_000_000)
    return tuple(
        partial(
            engine,
            folder=common.model_dir / "translation" / "ctranslate2",
            models=models,
            device=device,
            batch_tokens=settings.batch_tokens,
            allow_noncommercial=common.allow_noncommercial,
            timeout_s=settings.timeout_s,
        )
        for engine in (MarianEngine, MadladEngine, NllbEngine)
    )
