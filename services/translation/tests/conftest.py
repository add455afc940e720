"""The real engine, where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.engines.registry import open_registry
from polydub_translation.settings import TranslationSettings

sys.path.append(str(Path(__file__).parent))  # for the server beside this file


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services that are busy are asked again at once, unless they name a pause."""
    monkeypatch.setattr("polydub.cloud.FIRST_PAUSE_S", 0.0)


@pytest.fixture(scope="module")
def registry() -> Iterator[EngineRegistry[TranslationEngine]]:
    opened = open_registry(TranslationSettings(), CommonSettings())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def apertium(registry: EngineRegistry[TranslationEngine]) -> ApertiumEngine:
    engine = registry.all()[-1]
    assert isinstance(engine, ApertiumEngine)
    if not engine.available().ok:
        pytest.skip(engine.available().reason)
    return engine
