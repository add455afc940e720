"""What every recognition engine keeps to, on speech made here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from polydub.errors import StageError
from polydub.pcm import RATE_HZ, Samples
from polydub.testing import poll_until
from polydub_asr.engines.base import MAX_HOTWORDS, AsrEngine, Recognition

pytestmark = pytest.mark.integration

Speak = Callable[..., Samples]


@dataclass(frozen=True)
class Case:
    """An engine and a sentence that it hears without fault."""

    engine: AsrEngine
    samples: Samples
    text: str
    unheard: str
    """A language that it does not hear."""


@pytest.fixture(scope="module", params=["pocketsphinx", "faster-whisper"])
def case(request: pytest.FixtureRequest) -> Case:
    def fixture(name: str) -> object:
        return request.getfixturevalue(name)

    if request.param == "pocketsphinx":
        said = fixture("speak")("where is the station")
        return Case(fixture("engine"), said, "where is the station", "es")
    said = fixture("espeak")("The rocket flies to the moon.", "en")
    return Case(fixture("whisper"), said, "The rocket flies to the moon.", "ase")


def text_of(heard: Recognition) -> str:
    return " ".join(word.text for word in heard.words)


async def test_the_words_stand_inside_the_sound_in_order(case: Case) -> None:
    heard = await case.engine.transcribe(case.samples, language="en")
    assert text_of(heard) == case.text
    length_ms = case.samples.size * 1000 // RATE_HZ
    assert all(0 <= word.start_ms <= word.end_ms <= length_ms for word in heard.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(heard.words))
    assert all(0.0 <= word.confidence <= 1.0 for word in heard.words)
    assert all(type(word.start_ms) is int and type(word.end_ms) is int for word in heard.words)
    assert all(type(word.confidence) is float for word in heard.words)


@pytest.mark.parametrize("length", [0, 1, 100, 1_599, 3 * RATE_HZ])
async def test_silence_has_no_words(case: Case, length: int) -> None:
    heard = await case.engine.transcribe(np.zeros(length, np.float32), language="en")
    assert heard.words == ()


async def test_regions_of_a_language_are_the_language(case: Case) -> None:
    assert text_of(await case.engine.transcribe(case.samples, language="en-GB")) == case.text


async def test_other_languages_are_refused(case: Case) -> None:
    with pytest.raises(StageError) as refused:
        await case.engine.transcribe(case.samples, language=case.unheard)
    assert refused.value.code == "unsupported_language_pair"
    assert "English" in refused.value.message


async def test_too_many_hotwords_are_refused(case: Case) -> None:
    many = ["word"] * (MAX_HOTWORDS + 1)
    with pytest.raises(StageError) as refused:
        await case.engine.transcribe(case.samples, language="en", hotwords=many)
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    "samples", [np.zeros((2, 100), np.float32), np.zeros(100, np.int16)], ids=["stereo", "integers"]
)
async def test_other_sound_is_refused(case: Case, samples: Samples) -> None:
    with pytest.raises(ValueError, match="float32"):
        await case.engine.transcribe(samples, language="en")


async def test_calls_at_the_same_time(case: Case) -> None:
    calls = (case.engine.transcribe(case.samples, language="en") for _ in range(3))
    assert [text_of(heard) for heard in await asyncio.gather(*calls)] == [case.text] * 3


async def test_a_time_limit_ends_the_work(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case.engine, "_timeout_s", 0.001)
    with pytest.raises(StageError) as late:
        await case.engine.transcribe(np.tile(case.samples, 10), language="en")
    assert late.value.code == "engine_timeout"
    assert late.value.retryable
    monkeypatch.undo()
    assert text_of(await case.engine.transcribe(case.samples, language="en")) == case.text


async def test_cancelling_stops_the_work(case: Case) -> None:
    """Progress is told before the end, and none after the cancellation."""
    seen: list[float] = []

    async def on_progress(fraction: float) -> None:
        seen.append(fraction)

    async def started() -> bool:
        return bool(seen)

    long = np.tile(case.samples, 200)
    call = asyncio.create_task(case.engine.transcribe(long, language="en", on_progress=on_progress))
    await poll_until(started, "the engine to start", interval_s=0.005)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 5)
    assert max(seen) < 0.5
    told = len(seen)
    assert text_of(await case.engine.transcribe(case.samples, language="en")) == case.text
    assert len(seen) == told


async def test_progress_never_goes_back(case: Case) -> None:
    seen: list[float] = []

    async def on_progress(fraction: float) -> None:
        seen.append(fraction)

    await case.engine.transcribe(np.tile(case.samples, 5), language="en", on_progress=on_progress)
    assert seen
    assert seen == sorted(seen)
    assert all(0.0 <= fraction <= 1.0 for fraction in seen)


async def test_a_guess_is_a_language_that_is_heard(case: Case) -> None:
    guess = await case.engine.detect_language(case.samples)
    declared = case.engine.capabilities().languages
    if guess is None:
        assert declared == {"en"}
    else:
        assert guess.language == "en"
        assert 0.9 < guess.confidence <= 1.0


def test_what_it_declares(case: Case) -> None:
    can = case.engine.capabilities()
    assert "en" in can.languages
    assert can.name
    assert can.version
    assert can.licence
    assert case.engine.available().ok
