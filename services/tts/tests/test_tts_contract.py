"""What every speech engine owes the stage, held against each one that this machine can run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tts_speech_server import SECRET, speech_server

from polydub.errors import StageError
from polydub_tts.engines.base import MAX_CHARACTERS, EngineVoice, TtsEngine
from polydub_tts.engines.elevenlabs import ElevenLabsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.engines.kokoro import KokoroEngine
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.engines.openai_speech import OpenAiSpeechEngine, SpeechServer
from polydub_tts.engines.piper import PiperEngine

pytestmark = pytest.mark.integration

TEXT = "Mister Miller, say one or two."
LANGUAGES = ("en", "es", "it", "ca")


def _toy_piper(folder: Path, limit_s: float) -> TtsEngine:
    pytest.importorskip("onnx", reason="onnx is not installed: it makes the toy voices")
    from tts_toy_voices import piper_voice

    if not folder.exists():
        piper_voice(folder)
    return PiperEngine(folder, Shelf(2, 1), limit_s)


def _toy_kokoro(folder: Path, limit_s: float) -> TtsEngine:
    pytest.importorskip("onnx", reason="onnx is not installed: it makes the toy voices")
    from tts_toy_voices import kokoro_voice

    if not folder.exists():
        kokoro_voice(folder, {"af_bella": 210.0, "am_adam": 110.0})
    return KokoroEngine(folder, Shelf(2, 1), limit_s)


MAKERS: dict[str, Callable[[Path, str, float], TtsEngine]] = {
    "elevenlabs": lambda _, url, limit_s: ElevenLabsEngine(SECRET, url=url, timeout_s=limit_s),
    "openai-speech": lambda _, url, limit_s: OpenAiSpeechEngine(
        SpeechServer(f"{url}/v1", SECRET, "toy", {"es": ["nova"]}, speed=True), limit_s
    ),
    "kokoro": lambda folder, _, limit_s: _toy_kokoro(folder / "kokoro", limit_s),
    "piper": lambda folder, _, limit_s: _toy_piper(folder / "piper", limit_s),
    "festival": lambda _, __, limit_s: FestivalEngine(limit_s),
    "flite": lambda _, __, limit_s: FliteEngine(limit_s),
    "espeak": lambda _, __, limit_s: EspeakEngine(limit_s),
}
Make = Callable[[float], TtsEngine]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with speech_server() as running:
        yield running.url


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest, tmp_path: Path, server_url: str) -> Make:
    """Makes the engine with a limit for each line; skips where it can't run."""

    def made(limit_s: float) -> TtsEngine:
        return MAKERS[request.param](tmp_path, server_url, limit_s)

    here = made(30).available()
    if not here.ok:
        pytest.skip(f"{request.param}: {here.reason} ({here.remedy})")
    return made


@pytest.fixture
def engine(make: Make) -> TtsEngine:
    return make(30)


def voice_of(engine: TtsEngine) -> EngineVoice:
    return next(voice for language in LANGUAGES for voice in engine.voices(language))


async def refused(engine: TtsEngine, text: str, rate: float = 1.0, f0_hz: float = 0.0) -> str:
    with pytest.raises(StageError) as caught:
        await engine.speak(text, voice=voice_of(engine), rate=rate, f0_hz=f0_hz)
    return caught.value.code


async def test_a_line_is_spoken_without_silence_at_its_ends(engine: TtsEngine) -> None:
    sound = await engine.speak(TEXT, voice=voice_of(engine))
    assert sound.samples.dtype == np.float32
    assert 500 < sound.duration_ms < 10_000
    edge = sound.rate_hz * 30 // 1000
    power = np.sqrt((sound.samples**2).mean())
    for end in (sound.samples[:edge], sound.samples[-edge:]):
        assert np.abs(end).max() > power / 100


async def test_a_faster_rate_is_shorter(engine: TtsEngine) -> None:
    voice = voice_of(engine)
    natural = await engine.speak(TEXT, voice=voice)
    faster = await engine.speak(TEXT, voice=voice, rate=1.2)
    assert natural.duration_ms / faster.duration_ms == pytest.approx(1.2, rel=0.1)


@pytest.mark.parametrize("text", ["", "   ", "...", "🎉", "a" * (MAX_CHARACTERS + 1)])
async def test_what_cannot_be_said_is_refused(engine: TtsEngine, text: str) -> None:
    assert await refused(engine, text) == "invalid_request"


async def test_rates_and_pitches_out_of_range_are_refused(engine: TtsEngine) -> None:
    assert await refused(engine, TEXT, rate=5.0) == "invalid_request"
    assert await refused(engine, TEXT, f0_hz=2000.0) == "invalid_request"


async def test_a_long_line_is_spoken_whole(engine: TtsEngine) -> None:
    voice = voice_of(engine)
    short = await engine.speak("two men " * 10, voice=voice)
    long = await engine.speak("two men " * 60, voice=voice)
    assert long.duration_ms == pytest.approx(6 * short.duration_ms, rel=0.15)


async def test_lines_at_the_same_time_do_not_mix(engine: TtsEngine) -> None:
    voice = voice_of(engine)
    texts = ["one two three four five six", "no", "mister Miller"]
    alone = [(await engine.speak(text, voice=voice)).duration_ms for text in texts]
    together = await asyncio.gather(*(engine.speak(text, voice=voice) for text in texts))
    assert [sound.duration_ms for sound in together] == pytest.approx(alone, rel=0.02)


async def test_a_limit_that_is_too_short_is_a_timeout(make: Make) -> None:
    voice = voice_of(make(30))
    with pytest.raises(StageError) as caught:
        await make(0.0001).speak(TEXT, voice=voice)
    assert (caught.value.code, caught.value.retryable) == ("engine_timeout", True)


async def test_a_cancelled_line_ends_and_the_next_one_is_spoken(engine: TtsEngine) -> None:
    voice = voice_of(engine)
    task = asyncio.create_task(engine.speak(TEXT * 20, voice=voice))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.speak(TEXT, voice=voice)).duration_ms > 500


def test_a_language_that_it_lacks_has_no_voice(engine: TtsEngine) -> None:
    assert engine.voices("tlh") == ()


def test_voices_have_ids_of_their_own_and_a_pitch_in_their_range(engine: TtsEngine) -> None:
    for language in LANGUAGES:
        voices = engine.voices(language)
        assert len({voice.id for voice in voices}) == len(voices)
        for voice in voices:
            assert voice.f0_low_hz <= voice.f0_hz <= voice.f0_high_hz
            assert engine.rate_range(voice).slowest <= 1 <= engine.rate_range(voice).fastest


def test_it_describes_itself(engine: TtsEngine) -> None:
    can = engine.capabilities()
    assert can.name
    assert can.version
    assert can.licence
    assert can.languages
    assert can.version == engine.capabilities().version


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
