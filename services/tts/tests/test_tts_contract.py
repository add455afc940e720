"""The engines' contract, held against each one that this machine can run without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tts_engine_contract import *  # noqa: F403 - its tests and fixtures
from tts_engine_contract import Make
from tts_speech_server import KEY, speech_server

from polydub.google import GoogleSettings
from polydub.model_cache import ModelCache
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.coqui import CoquiEngine
from polydub_tts.engines.elevenlabs import ElevenLabsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.engines.kokoro import KokoroEngine
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.engines.openai_speech import OpenAiSpeechEngine, SpeechServer
from polydub_tts.engines.piper import PiperEngine
from polydub_tts.engines.vits import VitsEngine
from polydub_tts.engines.xtts import XttsEngine

pytestmark = pytest.mark.integration


def _toy_piper(folder: Path, limit_s: float) -> TtsEngine:
    pytest.importorskip("onnx", reason="onnx is not installed: it makes the toy voices")
    from tts_toy_voices import piper_voice

    if not folder.exists():
        piper_voice(folder)
    return PiperEngine(folder, Shelf(64, 1), limit_s)


def _toy_kokoro(folder: Path, limit_s: float) -> TtsEngine:
    pytest.importorskip("onnx", reason="onnx is not installed: it makes the toy voices")
    from tts_toy_voices import kokoro_voice

    if not folder.exists():
        kokoro_voice(folder, {"af_bella": 210.0, "am_adam": 110.0})
    return KokoroEngine(folder, Shelf(64, 1), limit_s)


def _google(url: str, limit_s: float) -> TtsEngine:
    pytest.importorskip("google.cloud.texttospeech_v1", reason="the extra google is not installed")
    from polydub_tts.engines.google import GoogleSpeechEngine

    return GoogleSpeechEngine(GoogleSettings(endpoint=url), timeout_s=limit_s)


MAKERS: dict[str, Callable[[Path, str, float], TtsEngine]] = {
    "elevenlabs": lambda _, url, limit_s: ElevenLabsEngine(KEY, url=url, timeout_s=limit_s),
    "openai-speech": lambda _, url, limit_s: OpenAiSpeechEngine(
        SpeechServer(
            f"{url}/v1",
            KEY,
            "toy",
            {"es": ["nova"]},
            speed=True,
            cloning=True,
            cloning_languages=frozenset({"es"}),
        ),
        limit_s,
    ),
    "google": lambda _, url, limit_s: _google(url, limit_s),
    "kokoro": lambda folder, _, limit_s: _toy_kokoro(folder / "kokoro", limit_s),
    "piper": lambda folder, _, limit_s: _toy_piper(folder / "piper", limit_s),
    "festival": lambda _, __, limit_s: FestivalEngine(limit_s),
    "flite": lambda _, __, limit_s: FliteEngine(limit_s),
    "espeak": lambda _, __, limit_s: EspeakEngine(limit_s),
}


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with speech_server() as running:
        yield running.url


@pytest.fixture(scope="module")
def google_address() -> Iterator[str]:
    pytest.importorskip("google.cloud.texttospeech_v1", reason="the extra google is not installed")
    from tts_google_server import google_server

    with google_server() as running:
        yield running.settings.endpoint


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest, tmp_path: Path, server_url: str) -> Make:
    """Makes the engine with a limit for each line; skips where it can't run."""

    if request.param == "google":
        server_url = request.getfixturevalue("google_address")

    def made(limit_s: float) -> TtsEngine:
        return MAKERS[request.param](tmp_path, server_url, limit_s)

    here = made(30).available()
    if not here.ok:
        pytest.skip(f"{request.param}: {here.reason} ({here.remedy})")
    return made


@pytest.mark.parametrize("engine", [XttsEngine, VitsEngine])
def test_without_torch_the_extra_is_named(
    engine: type[CoquiEngine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polydub_tts.engines.coqui.find_spec", lambda name: None)
    made = engine(tmp_path, ModelCache("tts", 1), "cpu", 30)
    assert made.available().remedy == "pip install 'polydub-tts[coqui]'"
    assert made.voices("es") == ()
    assert made.capabilities().version.endswith("none")


@pytest.mark.parametrize(
    ("engine_id", "package", "extra"),
    [
        ("elevenlabs", "elevenlabs", "elevenlabs"),
        ("openai-speech", "httpx", "openai"),
        ("kokoro", "onnxruntime", "onnx"),
        ("piper", "onnxruntime", "onnx"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    engine_id: str,
    package: str,
    extra: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = "onnx_voices" if extra == "onnx" else engine_id.replace("-", "_")
    monkeypatch.setattr(
        f"polydub_tts.engines.{module}.find_spec",
        lambda name: None if name == package else find_spec(name),
    )
    here = MAKERS[engine_id](tmp_path, "http://127.0.0.1:9", 30).available()
    assert not here.ok
    assert here.remedy == f"pip install 'polydub-tts[{extra}]'"
