"""The engines' contract, held against those that run in torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: make test-neural")
pytest.importorskip("TTS", reason="coqui-tts is not installed: make test-neural")

from tts_coqui_models import small_xtts, vits_model, xtts_model
from tts_engine_contract import *  # noqa: F403 - its tests and fixtures
from tts_engine_contract import Make

from polydub.model_cache import ModelCache
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.coqui import Models
from polydub_tts.engines.vits import VitsEngine
from polydub_tts.engines.xtts import XttsEngine

pytestmark = pytest.mark.neural


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("coqui")
    with small_xtts():
        xtts_model(folder / "xtts")
        vits_model(folder / "vits")
        yield folder


@pytest.fixture(params=["xtts", "vits"])
def make(request: pytest.FixtureRequest, models: Path) -> Make:
    cache: Models = ModelCache("tts", 2**30)

    def made(limit_s: float) -> TtsEngine:
        folder = models / request.param
        if request.param == "xtts":
            return XttsEngine(folder, cache, "cpu", limit_s)
        return VitsEngine(folder, cache, "cpu", limit_s)

    return made
