"""What every speech engine owes the stage. A module that imports all of this gives ``make``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from polydub.errors import StageError
from polydub_tts.engines.base import MAX_CHARACTERS, EngineVoice, TtsEngine, cloned_voice
from polydub_tts.sound import Sound
from polydub_tts.style import Reference, Style

TEXT = "Mister Miller, say one or two."
LANGUAGES = ("en", "es", "it", "ca")
Make = Callable[[float], TtsEngine]
"""Makes the engine with a limit for each line."""


@pytest.fixture
def engine(make: Make) -> TtsEngine:
    return make(30)


def clip(f0_hz: float) -> Reference:
    """Four seconds of a buzz, for somebody's voice."""
    phase = np.cumsum(np.full(4 * 16_000, f0_hz / 16_000))
    samples = (0.3 * (2 * (phase % 1) - 1)).astype(np.float32)

    async def read() -> Sound:
        return Sound(samples, 16_000)

    return Reference(f"buzz{f0_hz:.0f}", read)


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


async def test_a_voice_is_imitated_only_by_engines_that_say_so(engine: TtsEngine) -> None:
    language = voice_of(engine).language
    assert engine.clones(language) <= engine.capabilities().cloning
    voice = cloned_voice("S1's own", language, clip(120.0))
    if engine.clones(language):
        assert (await engine.speak(TEXT, voice=voice)).duration_ms > 500
    else:
        with pytest.raises(StageError) as caught:
            await engine.speak(TEXT, voice=voice)
        assert caught.value.code == "invalid_request"


async def test_any_style_can_be_asked_of_it(engine: TtsEngine) -> None:
    style = Style(1.1, 2.0, 12.0, 6.0, clip(150.0))
    assert set(style.only(engine.carries).told()) <= engine.carries
    sound = await engine.speak(TEXT, voice=voice_of(engine), style=style)
    assert sound.duration_ms > 500
