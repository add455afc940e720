"""Piper and Kokoro, on voices of one tone whose lengths and pitches are known exactly."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polydub.blocking import Tick
from polydub.errors import StageError
from polydub.pcm import Samples
from polydub.testing import poll_until
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.kokoro import KokoroEngine, as_kokoro
from polydub_tts.engines.onnx_voices import Shelf, run_stoppable
from polydub_tts.engines.phonemes import clauses, sentences
from polydub_tts.engines.piper import PiperEngine, read_model
from polydub_tts.sound import PAUSE_S, Sound

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("onnx", reason="onnx is not installed: it makes the toy voices")

from tts_toy_voices import (
    KOKORO_SIGN_S,
    PIPER_SIGN_S,
    SIGNS,
    endless_model,
    kokoro_voice,
    piper_voice,
    write_card,
)

pytestmark = pytest.mark.integration

TOLERANCE_MS = 12
"""Trimming works in frames of 5 ms."""


def piper(folder: Path) -> PiperEngine:
    return PiperEngine(folder, Shelf(64, threads=1))


def kokoro(folder: Path) -> KokoroEngine:
    return KokoroEngine(folder, Shelf(64, threads=1))


def loudest_hz(sound: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(sound.samples))
    return float(np.argmax(spectrum) * sound.rate_hz / len(sound.samples))


async def said(engine: TtsEngine, text: str, which: int = 0, rate: float = 1.0) -> Sound:
    return await engine.speak(text, voice=engine.voices("es")[which], rate=rate)


async def test_piper_says_each_sign_of_the_phonemes(tmp_path: Path) -> None:
    piper_voice(tmp_path)
    sound = await said(piper(tmp_path), "Hola, amigo.")
    # "ˈola, amˈiɣo.": 13 signs with a pad after each; start and pad before, end after them
    assert sound.duration_ms == pytest.approx((2 * 13 + 3) * PIPER_SIGN_S * 1000, abs=TOLERANCE_MS)
    assert sound.rate_hz == 16_000


async def test_piper_ids_are_those_of_its_own_phonemizer(tmp_path: Path) -> None:
    model = read_model(piper_voice(tmp_path))
    numbers = [SIGNS.index(sign) for sign in "ab!"]
    assert model.encoded("ab!") == [1, 0, numbers[0], 0, numbers[1], 0, numbers[2], 0, 2]
    assert model.encoded("ça€")[2::2][:1] == [SIGNS.index("c")]  # decomposed, unknown left out
    assert model.encoded(" ... ") == []


@pytest.mark.parametrize("rate", [0.8, 1.25, 1.4])
async def test_pipers_rate_is_exactly_linear(tmp_path: Path, rate: float) -> None:
    piper_voice(tmp_path)
    engine = piper(tmp_path)
    natural = await said(engine, "Hola a todos.")
    sound = await said(engine, "Hola a todos.", rate=rate)
    assert sound.duration_ms == pytest.approx(natural.duration_ms / rate, abs=TOLERANCE_MS)


async def test_pipers_speakers_are_voices(tmp_path: Path) -> None:
    write_card(piper_voice(tmp_path), genders={"lola": "female", "pablo": "no such"})
    engine = piper(tmp_path)
    assert [(voice.id, voice.name, voice.gender) for voice in engine.voices("es-MX")] == [
        ("es_ES-toy:0", "es_ES-toy pablo", ""),
        ("es_ES-toy:1", "es_ES-toy lola", "female"),
    ]
    assert loudest_hz(await said(engine, "hola", 0)) == pytest.approx(120, abs=2)
    assert loudest_hz(await said(engine, "hola", 1)) == pytest.approx(220, abs=2)
    assert engine.voices("de") == ()


async def test_sentences_have_a_pause_between_them(tmp_path: Path) -> None:
    piper_voice(tmp_path)
    engine = piper(tmp_path)
    one = await said(engine, "Hola.")
    two = await said(engine, "Hola. Hola.")
    assert two.duration_ms == pytest.approx(2 * one.duration_ms + PAUSE_S * 1000, abs=30)


async def test_many_lines_at_once_do_not_mix(tmp_path: Path) -> None:
    piper_voice(tmp_path)
    piper_voice(tmp_path, "es_ES-other")
    engine = piper(tmp_path)
    texts = ["hola", "buenos días a todos", "adiós", "muchas gracias"] * 3
    alone = [(await said(engine, text, n % 4)).samples for n, text in enumerate(texts)]
    together = await asyncio.gather(*(said(engine, text, n % 4) for n, text in enumerate(texts)))
    assert all(np.array_equal(a, b.samples) for a, b in zip(alone, together, strict=True))


def test_a_model_is_read_once_and_stays_until_the_shelf_is_cleared(tmp_path: Path) -> None:
    path = piper_voice(tmp_path)
    shelf = Shelf(64, threads=1)
    with shelf.model(path) as first, shelf.model(path) as second:
        assert first is second
        shelf.clear()
        with shelf.model(path) as third:
            assert third is first
    shelf.clear()
    with shelf.model(path) as fresh:
        assert fresh is not first


def test_voices_that_are_not_declared_free_are_left_out_where_only_those_may_speak(
    tmp_path: Path,
) -> None:
    write_card(piper_voice(tmp_path, "es_ES-free"))
    piper_voice(tmp_path, "es_ES-other")
    engine = PiperEngine(tmp_path, Shelf(64, 1), only_commercial=True)
    assert {voice.id for voice in engine.voices("es")} == {"es_ES-free:0", "es_ES-free:1"}
    assert engine.capabilities().commercial_use
    assert any("es_ES-other" in limit for limit in engine.capabilities().limits)
    assert len(PiperEngine(tmp_path, Shelf(64, 1)).voices("es")) == 4


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x08\x12\x04toy" * 20])
@pytest.mark.parametrize("name", ["piper", "kokoro"])
async def test_a_broken_model_is_named_and_not_tried_again(
    tmp_path: Path, name: str, content: bytes
) -> None:
    make = {"piper": piper_voice, "kokoro": lambda at: kokoro_voice(at, {"ef_dora": 200.0})}[name]
    make(tmp_path).write_bytes(content)
    engine = {"piper": piper, "kokoro": kokoro}[name](tmp_path)
    with pytest.raises(StageError) as caught:
        await said(engine, "hola")
    assert (caught.value.code, caught.value.retryable) == ("engine_unavailable", False)
    assert "toy" in caught.value.message
    assert str(tmp_path) not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"phoneme_id_map": {"_": [0]}, "audio": {}, "espeak": {}}']
)
def test_a_voice_without_a_whole_description_is_left_out(tmp_path: Path, content: str) -> None:
    piper_voice(tmp_path, "es_ES-good")
    bad = piper_voice(tmp_path, "es_ES-bad")
    bad.with_name(f"{bad.name}.json").write_text(content)
    engine = piper(tmp_path)
    assert {voice.id for voice in engine.voices("es")} == {"es_ES-good:0", "es_ES-good:1"}
    assert any("es_ES-bad" in limit for limit in engine.capabilities().limits)


def test_without_a_voice_the_folder_is_named(tmp_path: Path) -> None:
    for engine in (piper(tmp_path / "piper"), kokoro(tmp_path / "kokoro")):
        here = engine.available()
        assert not here.ok
        assert f"{tmp_path}/{engine.id}" in here.remedy
        assert "POLYDUB_MODEL_DIR" in here.remedy


def test_pipers_licence_is_the_cards(tmp_path: Path) -> None:
    model = piper_voice(tmp_path)
    assert "unknown" in piper(tmp_path).capabilities().licence
    assert not piper(tmp_path).capabilities().commercial_use
    (model.parent / "MODEL_CARD").write_text("# Card\n\n* Language: es\n* License: CC0 1.0\n")
    assert "CC0 1.0" in piper(tmp_path).capabilities().licence
    assert not piper(tmp_path).capabilities().commercial_use
    write_card(model)
    assert piper(tmp_path).capabilities().commercial_use


def test_a_changed_voice_changes_the_version(tmp_path: Path) -> None:
    piper_voice(tmp_path)
    before = piper(tmp_path).version
    assert piper(tmp_path).version == before
    piper_voice(tmp_path, "es_ES-more")
    assert piper(tmp_path).version != before


async def test_cancelling_ends_the_models_run(tmp_path: Path) -> None:
    shelf, path = Shelf(64, threads=1), endless_model(tmp_path / "endless.onnx")
    started = threading.Event()

    def work(options: Any, tick: Tick) -> Samples:
        with shelf.model(path) as model:
            started.set()
            return model.run(None, {}, options)[0]

    async def running() -> bool:
        return started.is_set()

    task = asyncio.create_task(run_stoppable(work, "toy"))
    await poll_until(running, "the run to start")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_voice_trained_on_letters_gets_letters(tmp_path: Path) -> None:
    piper_voice(tmp_path, phoneme_type="text")
    sound = await said(piper(tmp_path), "HOLA")
    assert sound.duration_ms == pytest.approx((2 * 4 + 3) * PIPER_SIGN_S * 1000, abs=TOLERANCE_MS)


# --- Kokoro


@pytest.fixture
def kokoro_folder(tmp_path: Path) -> Path:
    kokoro_voice(
        tmp_path, {"af_bella": 210.0, "am_adam": 110.0, "ef_dora": 200.0, "zf_xiaobei": 220.0}
    )
    return tmp_path


async def test_kokoro_voices_tell_language_and_gender_by_their_name(kokoro_folder: Path) -> None:
    engine = kokoro(kokoro_folder)
    assert engine.capabilities().languages == {"en-US", "es"}
    assert [(v.id, v.name, v.gender) for v in engine.voices("en")] == [
        ("af_bella", "Bella", "female"),
        ("am_adam", "Adam", "male"),
    ]
    assert engine.voices("zh") == ()


async def test_kokoro_speaks_in_the_voice_at_the_rate(kokoro_folder: Path) -> None:
    engine = kokoro(kokoro_folder)
    natural = await said(engine, "Hola, amigo.")
    assert natural.rate_hz == 24_000
    # "ˈola, amˈiɣo." and a pad at each end
    assert natural.duration_ms == pytest.approx((13 + 2) * KOKORO_SIGN_S * 1000, abs=TOLERANCE_MS)
    assert loudest_hz(natural) == pytest.approx(200, abs=3)
    faster = await said(engine, "Hola, amigo.", rate=1.25)
    assert faster.duration_ms == pytest.approx(natural.duration_ms / 1.25, abs=TOLERANCE_MS)


async def test_kokoro_says_a_long_line_whole(kokoro_folder: Path) -> None:
    engine = kokoro(kokoro_folder)
    short = await said(engine, "una palabra más " * 10)
    long = await said(engine, "una palabra más " * 100)
    assert long.duration_ms == pytest.approx(10 * short.duration_ms, rel=0.05)


async def test_kokoro_reads_one_file_for_each_voice(kokoro_folder: Path) -> None:
    (kokoro_folder / "toy" / "voices-v1.0.bin").unlink()
    voices = kokoro_folder / "toy" / "voices"
    voices.mkdir()
    np.full((510, 256), 300.0, "<f4").tofile(voices / "ef_dora.bin")
    assert loudest_hz(await said(kokoro(kokoro_folder), "hola")) == pytest.approx(300, abs=3)


def test_a_kokoro_folder_that_is_not_whole_is_named(kokoro_folder: Path) -> None:
    (kokoro_folder / "toy" / "config.json").unlink()
    here = kokoro(kokoro_folder).available()
    assert not here.ok
    assert "toy" in here.reason


@pytest.mark.parametrize(
    ("ipa", "voice", "expected"),
    [
        ("sˈe^ɪ nˈe^ɪt^ʃɚ", "en-us", "sˈA nˈAʧəɹ"),
        ("t^ʃˈiːz ma^ɪ ˈo^ʊn bˈɔ^ɪ", "en-us", "ʧˈiz mI ˈOn bˈY"),
        ("ˈə^ʊn bˈɜːd", "en-gb", "ˈQn bˈɜːd"),
        ("lˈet^ʃe rˈo", "es", "lˈeʧe rˈo"),
    ],
)
def test_ipa_becomes_kokoros_signs(ipa: str, voice: str, expected: str) -> None:
    assert as_kokoro(ipa, voice) == expected


# --- phonemes


async def test_punctuation_stays_and_language_marks_go(tmp_path: Path) -> None:
    run = piper(tmp_path)._run
    parts = await clauses("Hola, ¿qué tal? Un weekend.", "es", run)
    assert [part.mark for part in parts] == [",", "?", "."]
    assert parts[0].ipa == "ˈola"
    assert not any("(" in part.ipa for part in parts)
    assert len(sentences(parts, 400)) == 2
    assert all(len(each) <= 10 for each in sentences(parts, 10))


async def test_numbers_are_not_cut_at_their_points(tmp_path: Path) -> None:
    parts = await clauses("Son 3.5 metros.", "es", piper(tmp_path)._run)
    assert len(parts) == 1


def test_the_toy_description_is_pipers_own_format(tmp_path: Path) -> None:
    path = piper_voice(tmp_path)
    told = json.loads(path.with_name(f"{path.name}.json").read_text())
    assert {"audio", "espeak", "inference", "phoneme_id_map", "num_speakers"} <= told.keys()
