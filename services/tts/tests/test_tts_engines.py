"""Every engine speaks: real programs, measured sound."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub_tts.engines.base import EngineVoice, TtsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.engines.registry import open_registry
from polydub_tts.settings import TtsSettings
from polydub_tts.sound import Sound

pytestmark = pytest.mark.integration

SENTENCES = {
    "an": "O mio pai ha plegau a la estación antes que o tren.",
    "ca": "El meu pare va arribar a l'estació abans que el tren.",
    "en": "My father arrived at the station before the train.",
    "eo": "Mia patro alvenis al la stacidomo antaŭ la trajno.",
    "es": "Mi padre llegó a la estación antes que el tren.",
    "fr": "Mon père est arrivé à la gare avant le train.",
    "it": "Mio padre è arrivato alla stazione prima del treno.",
    "pt": "O meu pai chegou à estação antes do comboio.",
}
ENGLISH = [
    "welcome to this new video about science and technology",
    "my father arrived at the station before the train",
    "she opened the window and looked at the garden",
]
ENGINES: dict[str, Callable[[], TtsEngine]] = {
    "espeak": EspeakEngine,
    "festival": FestivalEngine,
    "flite": FliteEngine,
}


def voices() -> Iterator[tuple[TtsEngine, EngineVoice]]:
    """Every voice of every engine that is available here, in the languages above."""
    for make in ENGINES.values():
        engine = make()
        if engine.available().ok:
            for language in SENTENCES:
                for voice in engine.voices(language):
                    yield engine, voice


VOICES = [pytest.param(*pair, id=f"{pair[0].id}-{pair[1].id}") for pair in voices()]


@pytest.fixture(params=["espeak", "flite", "festival"])
def engine(request: pytest.FixtureRequest) -> TtsEngine:
    made = ENGINES[request.param]()
    here = made.available()
    if not here.ok:
        pytest.skip(f"{made.id}: {here.reason} ({here.remedy})")
    return made


def first_voice(engine: TtsEngine) -> EngineVoice:
    return next(voice for language in SENTENCES for voice in engine.voices(language))


def sentence(voice: EngineVoice) -> str:
    return SENTENCES[voice.language[:2]]


def assert_speech(sound: Sound) -> None:
    assert sound.samples.dtype == np.float32
    assert sound.duration_ms > 100
    assert np.sqrt((sound.samples**2).mean()) > 0.01


@pytest.mark.parametrize(("engine", "voice"), VOICES)
async def test_each_voice_speaks_at_its_stated_pitch(
    engine: TtsEngine, voice: EngineVoice, median_f0_hz: Callable[[Sound], float]
) -> None:
    sound = await engine.speak(sentence(voice), voice=voice)
    assert_speech(sound)
    assert 1200 < sound.duration_ms < 6000
    assert median_f0_hz(sound) == pytest.approx(voice.f0_hz, rel=0.10)


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_every_language_has_a_voice(language: str) -> None:
    assert EspeakEngine().voices(language)


@pytest.mark.parametrize("language", ["gl", "oc"])
def test_languages_that_nobody_speaks_are_not_claimed(language: str) -> None:
    assert not any(make().voices(language) for make in ENGINES.values())


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("es-MX", "es-419"), ("fr", "fr-FR"), ("pt-BR", "pt-BR"), ("en", "en-US"), ("en-GB", "en-GB")],
)
def test_the_nearest_regional_voice_is_taken(wanted: str, spoken: str) -> None:
    assert EspeakEngine().voices(wanted)[0].language == spoken


async def test_the_rate_changes_the_length_in_proportion(engine: TtsEngine) -> None:
    # Festival's statistical voice slows down mostly by a longer pause before the sentence, which is
    # trimmed.
    tolerance = 0.15 if engine.id == "festival" else 0.08
    voice = first_voice(engine)
    allowed = engine.rate_range(voice)
    natural = await engine.speak(sentence(voice), voice=voice)
    for rate in (allowed.slowest, 1.2, allowed.fastest):
        sound = await engine.speak(sentence(voice), voice=voice, rate=rate)
        assert natural.duration_ms / sound.duration_ms == pytest.approx(rate, rel=tolerance)


async def test_the_pitch_asked_for_is_reached_and_the_length_kept(
    engine: TtsEngine, median_f0_hz: Callable[[Sound], float]
) -> None:
    voice = first_voice(engine)
    natural = await engine.speak(sentence(voice), voice=voice)
    for f0_hz in (90.0, 120.0, 180.0, 240.0):
        if voice.f0_low_hz <= f0_hz <= voice.f0_high_hz:
            sound = await engine.speak(sentence(voice), voice=voice, f0_hz=f0_hz)
            assert median_f0_hz(sound) == pytest.approx(f0_hz, rel=0.08)
            assert sound.duration_ms == pytest.approx(natural.duration_ms, rel=0.05)


@pytest.mark.parametrize(
    ("engine_id", "voice_id", "f0_hz", "limit"),
    [
        ("flite", "slt", 200.0, 0.25),
        ("espeak", "en-us+edward", 101.5, 0.30),
        ("espeak", "en-us+edward", 200.0, 0.35),
    ],
)
async def test_a_recogniser_understands_the_english_voices(
    engine_id: str,
    voice_id: str,
    f0_hz: float,
    limit: float,
    word_error_rate: Callable[[list[str], list[Sound]], float],
) -> None:
    engine = ENGINES[engine_id]()
    voice = next(each for each in engine.voices("en") if each.id == voice_id)
    sounds = [await engine.speak(text, voice=voice, f0_hz=f0_hz) for text in ENGLISH]
    assert word_error_rate(ENGLISH, sounds) < limit


@pytest.mark.parametrize(
    "text",
    [
        "--help",
        "-w /tmp/x",
        "/etc/hostname",
        "she said \"no\" and 'yes'",
        "hello 🎉 there",
        '(system "touch /nonexistent") said he',
        "[[h@'loU]] there",
        "one\ntwo\r\n\x00three",
        "<speak>five</speak> & more",
        "naïve café — “déjà vu”…",
    ],
)
async def test_odd_text_is_read_aloud(engine: TtsEngine, text: str) -> None:
    assert_speech(await engine.speak(text, voice=first_voice(engine)))


async def test_text_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for make in ENGINES.values():
        if (engine := make()).available().ok:
            text = f'hello (system "touch {mark}") $(touch {mark}) `touch {mark}`'
            await engine.speak(text, voice=first_voice(engine))
    assert not mark.exists()


async def test_phonemes_in_brackets_are_text_to_espeak() -> None:
    engine = EspeakEngine()
    voice = engine.voices("en")[0]
    bracketed = await engine.speak("[[one two three four five]]", voice=voice)
    plain = await engine.speak("one two three four five", voice=voice)
    assert bracketed.duration_ms == pytest.approx(plain.duration_ms, rel=0.25)


async def test_a_long_text_is_spoken_whole() -> None:
    engine = FliteEngine()
    voice = engine.voices("en")[3]
    long = await engine.speak("a word " * 250, voice=voice)
    short = await engine.speak("a word " * 25, voice=voice)
    assert long.duration_ms == pytest.approx(10 * short.duration_ms, rel=0.1)


async def test_what_cannot_be_said_is_refused(engine: TtsEngine) -> None:
    voice = first_voice(engine)
    refused = [
        engine.speak("🎉 …", voice=voice),
        engine.speak("a" * 20_000, voice=voice),
        engine.speak("hello", voice=voice, rate=3.0),
        engine.speak("hello", voice=voice, f0_hz=600.0),
    ]
    for attempt in refused:
        with pytest.raises(StageError) as caught:
            await attempt
        assert caught.value.code == "invalid_request"


async def test_text_without_a_latin_letter_fails_in_flite_rather_than_being_silent() -> None:
    engine = FliteEngine()
    with pytest.raises(StageError) as caught:
        await engine.speak("你好", voice=engine.voices("en")[0])
    assert caught.value.code == "engine_failed"


def _slow_program(folder: Path, name: str) -> Path:
    """A program of this name that says its process id and then hangs."""
    script = folder / name
    script.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\nexec sleep 60\n")
    script.chmod(0o755)
    return folder / "pid"


async def _gone(pid_file: Path) -> bool:
    return not Path(f"/proc/{pid_file.read_text().strip()}").exists()


async def test_cancelling_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EspeakEngine()
    voice = engine.voices("es")[0]
    pid_file = _slow_program(tmp_path, "espeak-ng")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    task = asyncio.create_task(engine.speak("hola", voice=voice))

    async def started() -> bool:
        return pid_file.exists() and bool(pid_file.read_text().strip())

    await poll_until(started, "the child to start")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _gone(pid_file)


async def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EspeakEngine(timeout_s=0.5)
    voice = engine.voices("es")[0]
    pid_file = _slow_program(tmp_path, "espeak-ng")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(StageError) as caught:
        await engine.speak("hola", voice=voice)
    assert caught.value.code == "engine_timeout"
    assert await _gone(pid_file)


@pytest.mark.parametrize(
    ("name", "program"), [("espeak", "espeak-ng"), ("flite", "flite"), ("festival", "festival")]
)
def test_a_missing_program_is_named_with_its_mend(
    name: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    here = ENGINES[name]().available()
    assert not here.ok
    assert program in here.reason
    assert here.remedy == f"apt install {program}"


def test_missing_festival_voices_are_named_by_their_packages(tmp_path: Path) -> None:
    here = FestivalEngine(voices_folder=tmp_path).available()
    assert not here.ok
    assert "festvox-ca-ona-hts" in here.remedy


def test_auto_prefers_the_best_sounding_engine() -> None:
    registry = open_registry(TtsSettings(), CommonSettings())
    english = registry.choose("auto", able=lambda each: bool(each.voices("en")))
    spanish = registry.choose("auto", able=lambda each: bool(each.voices("es")))
    assert (english.id, spanish.id) == ("flite", "espeak")


def test_every_engine_describes_itself() -> None:
    for info in open_registry(TtsSettings(), CommonSettings()).infos():
        assert info.version
        assert info.languages or not info.available
        assert info.licence
        assert info.available or info.remedy
