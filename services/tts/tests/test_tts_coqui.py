"""XTTS and VITS on tiny random models: what holds whatever the weights say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make test-neural")
pytest.importorskip("TTS", reason="coqui-tts is not installed: make test-neural")

from tts_coqui_models import VITS_FRAMES, VITS_HOP, VITS_HZ, small_xtts, vits_model, xtts_model
from tts_engine_contract import clip

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.model_cache import ModelCache
from polydub.testing import poll_until
from polydub_tts.engines import coqui, xtts
from polydub_tts.engines.base import EngineVoice, TtsEngine, cloned_voice
from polydub_tts.engines.vits import VitsEngine
from polydub_tts.engines.xtts import XttsEngine, speaker_names
from polydub_tts.sound import PAUSE_S
from polydub_tts.style import Style

pytestmark = pytest.mark.neural


def cache() -> coqui.Models:
    return ModelCache("tts", 2**30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("coqui")
    with small_xtts():
        xtts_model(place / "xtts")
        vits_model(place / "vits")
        yield place


@pytest.fixture
def speaker(folder: Path) -> XttsEngine:
    return XttsEngine(folder / "xtts", cache(), "cpu")


@pytest.fixture
def vits(folder: Path) -> VitsEngine:
    return VitsEngine(folder / "vits", cache(), "cpu")


async def samples(engine: TtsEngine, text: str, voice: EngineVoice, **given: Any) -> Any:
    return (await engine.speak(text, voice=voice, **given)).samples


def own(f0_hz: float) -> EngineVoice:
    return cloned_voice("S1's own", "es", clip(f0_hz))


# --- XTTS


@pytest.mark.parametrize("rate", [0.8, 1.25])
async def test_xtts_speaks_as_fast_as_asked(speaker: XttsEngine, rate: float) -> None:
    voice = speaker.voices("es")[0]
    natural = await speaker.speak("hola a todos", voice=voice)
    other = await speaker.speak("hola a todos", voice=voice, rate=rate)
    assert other.duration_ms == pytest.approx(natural.duration_ms / rate, rel=0.05)


async def test_xtts_speakers_differ_and_are_the_same_each_time(speaker: XttsEngine) -> None:
    ana, ben = speaker.voices("es-MX")
    assert (ana.name, ben.name) == ("Ana", "Ben")
    once, again = await samples(speaker, "hola", ana), await samples(speaker, "hola", ana)
    assert np.array_equal(once, again)
    other = await samples(speaker, "hola", ben)
    assert len(other) != len(once) or not np.allclose(other, once)


async def test_clones_differ_by_their_clip_and_are_computed_once(
    speaker: XttsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    real = xtts._latents_of

    def counted(model: Any, sound: Any) -> Any:
        computed.append(len(sound.samples))
        return real(model, sound)

    monkeypatch.setattr(xtts, "_latents_of", counted)
    low, high = own(110.0), own(240.0)
    texts = ["hola a todos", "muchas gracias"]
    first, *_ = await asyncio.gather(
        *(samples(speaker, text, voice) for voice in (low, high) for text in texts)
    )
    assert len(computed) == 2
    assert np.array_equal(first, await samples(speaker, texts[0], low))
    other = await samples(speaker, texts[0], high)
    assert len(other) != len(first) or not np.allclose(other, first)
    assert len(computed) == 2


async def test_a_lines_own_sound_changes_how_it_is_said(speaker: XttsEngine) -> None:
    plain = await samples(speaker, "hola", own(110.0))
    styled = await samples(speaker, "hola", own(110.0), style=Style(reference=clip(180.0)))
    assert len(styled) != len(plain) or not np.allclose(styled, plain)
    stock = speaker.voices("es")[0]
    assert np.array_equal(
        await samples(speaker, "hola", stock),
        await samples(speaker, "hola", stock, style=Style(reference=clip(180.0))),
    )


async def test_a_clip_that_is_too_short_fails_the_line_alone(speaker: XttsEngine) -> None:
    async def read() -> Any:
        return type("Short", (), {"samples": np.ones(800, np.float32), "rate_hz": 16_000})()

    short = cloned_voice("S1's own", "es", type(clip(1.0))("short", read))
    with pytest.raises(StageError) as caught:
        await speaker.speak("hola", voice=short)
    assert (caught.value.code, caught.value.retryable) == ("engine_failed", False)
    assert len(await samples(speaker, "hola", own(120.0)))


async def test_text_is_cut_into_what_the_model_takes(
    speaker: XttsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    real = xtts._spoken

    def noted(model: Any, text: str, *given: Any) -> Any:
        said.append(text)
        return real(model, text, *given)

    monkeypatch.setattr(xtts, "_spoken", noted)
    text = "Hola a todos. " + "kwf zxj " * 20  # signs that are a token each
    await speaker.speak(text, voice=speaker.voices("es")[0])
    assert said[0] == "Hola a todos."
    assert " ".join(said).split() == text.split()
    assert len(said) > 3


async def test_cancelling_ends_the_run_at_the_next_token(
    speaker: XttsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[int] = []
    under_way, cancelled, real = threading.Event(), threading.Event(), xtts._spoken

    def waiting(model: Any, text: str, *given: Any) -> Any:
        *others, tick, half = given

        def counted(fraction: float) -> None:
            tokens.append(1)
            if len(tokens) == 5:
                under_way.set()
                assert cancelled.wait(20)
            tick(fraction)

        return real(model, text, *others, counted, half)

    monkeypatch.setattr(xtts, "_spoken", waiting)
    task = asyncio.create_task(speaker.speak("hola", voice=speaker.voices("es")[0]))

    async def spoken() -> bool:
        return under_way.is_set()

    await poll_until(spoken, "some tokens")
    task.cancel()
    for _ in range(5):  # the cancellation passes through the tasks between
        await asyncio.sleep(0)
    cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(tokens) == 5


def test_xtts_needs_the_operators_word(folder: Path) -> None:
    def registry(allowed: bool) -> EngineRegistry[TtsEngine]:
        make = [lambda: XttsEngine(folder / "xtts", cache(), "cpu")]
        return EngineRegistry("tts", make, allow_noncommercial=allowed)

    with pytest.raises(StageError) as caught:
        registry(False).choose("xtts")
    assert "POLYDUB_ALLOW_NONCOMMERCIAL" in caught.value.hint
    assert registry(True).choose("xtts").id == "xtts"


def test_names_of_speakers_are_read_without_running_what_is_in_the_file(tmp_path: Path) -> None:
    assert speaker_names(tmp_path / "none.pth") == ()
    (tmp_path / "bad.pth").write_bytes(b"no archive")
    assert speaker_names(tmp_path / "bad.pth") == ()


# --- VITS


@pytest.mark.parametrize("rate", [0.8, 1.0, 1.25])
async def test_a_vits_line_is_as_long_as_its_signs(vits: VitsEngine, rate: float) -> None:
    sound = await vits.speak("hola", voice=vits.voices("es")[0], rate=rate)
    frames = np.ceil(VITS_FRAMES / rate) * (2 * 4 + 1)
    assert sound.duration_ms == pytest.approx(frames * VITS_HOP / VITS_HZ * 1000, abs=20)


async def test_vits_speakers_differ_and_sentences_have_a_pause(vits: VitsEngine) -> None:
    alice, bob = vits.voices("es")
    assert (alice.id, bob.id) == ("toy:alice", "toy:bob")
    one = await vits.speak("hola.", voice=alice)
    assert not np.allclose((await vits.speak("hola.", voice=bob)).samples, one.samples)
    two = await vits.speak("hola. hola.", voice=alice)
    assert two.duration_ms == pytest.approx(2 * one.duration_ms + PAUSE_S * 1000, abs=40)
    again = await samples(vits, "hola.", alice)
    assert np.array_equal(again, one.samples)


def test_vits_models_speak_only_where_their_licence_is_known(tmp_path: Path) -> None:
    vits_model(tmp_path, "free")
    vits_model(tmp_path, "other", {"language": "pt", "licence": "CC-BY-NC-4.0"})
    careful = VitsEngine(tmp_path, cache(), "cpu", only_commercial=True)
    assert careful.capabilities().languages == {"es"}
    assert careful.capabilities().commercial_use
    assert any("CC-BY-NC-4.0" in limit for limit in careful.capabilities().limits)
    anyway = VitsEngine(tmp_path, cache(), "cpu")
    assert anyway.capabilities().languages == {"es", "pt"}
    assert not anyway.capabilities().commercial_use


def test_a_vits_model_without_a_language_says_where_to_put_it(tmp_path: Path) -> None:
    vits_model(tmp_path, "toy", {})
    here = VitsEngine(tmp_path, cache(), "cpu").available()
    assert not here.ok
    assert "polydub.json" in here.reason


# --- both


@pytest.mark.parametrize("name", ["xtts", "vits"])
@pytest.mark.parametrize("damage", ["cut", "nonsense", "other"])
async def test_broken_weights_are_named(tmp_path: Path, name: str, damage: str) -> None:
    with small_xtts():
        place = (xtts_model if name == "xtts" else vits_model)(tmp_path)
        weights = place / "model.pth"
        if damage == "other":
            import torch

            torch.save({"model": {"none": torch.zeros(1)}}, weights)
        else:
            whole = weights.read_bytes()
            weights.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"nonsense")
        engine = (XttsEngine if name == "xtts" else VitsEngine)(tmp_path, cache(), "cpu")
        with pytest.raises(StageError) as caught:
            await engine.speak("hola", voice=engine.voices("es")[0])
    assert (caught.value.code, caught.value.retryable) == ("engine_unavailable", False)
    assert "toy" in caught.value.message
    assert str(tmp_path) not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("name", ["xtts", "vits"])
def test_missing_weights_name_the_folder(tmp_path: Path, name: str) -> None:
    engine = (XttsEngine if name == "xtts" else VitsEngine)(tmp_path, cache(), "cpu")
    here = engine.available()
    assert not here.ok
    assert str(tmp_path) in here.remedy and "POLYDUB_MODEL_DIR" in here.remedy
    assert engine.voices("es") == ()


async def test_a_full_gpu_is_left_for_the_cpu(vits: VitsEngine) -> None:
    class Model:
        def to(self, device: str) -> Model:
            return self

    tried: list[str] = []

    def work(_: Any, tick: Any) -> Any:
        tried.append(loaded.device)
        if loaded.device == "cuda":
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return np.ones(3, np.float32)

    loaded = coqui.Loaded(Model(), "cuda")
    assert len(vits._done(loaded, work, lambda _: None)) == 3
    assert tried == ["cuda", "cpu"]


async def test_a_gpu_that_is_not_there_is_said(folder: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    engine = VitsEngine(folder / "vits", cache(), "cuda")
    with pytest.raises(StageError) as caught:
        await engine.speak("hola", voice=engine.voices("es")[0])
    assert "POLYDUB_TTS_DEVICE" in caught.value.hint


def test_sentences_are_cut_where_they_end() -> None:
    assert coqui.pieces("Hola. ¿Qué tal? Bien, 3.5 metros…  Sí") == [
        "Hola.",
        "¿Qué tal?",
        "Bien, 3.5 metros…",
        "Sí",
    ]
    assert [len(piece) for piece in coqui.pieces("a" * 400)] == [180, 180, 40]
    assert coqui.pieces("你好。再见！") == ["你好。", "再见！"]
