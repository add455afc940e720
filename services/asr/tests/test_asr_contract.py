"""What every recognition engine keeps to, on speech made here."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polydub.errors import EngineUnavailable, StageError
from polydub.google import GoogleSettings
from polydub.pcm import RATE_HZ, Samples
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub_asr.engines import pocketsphinx
from polydub_asr.engines.base import MAX_HOTWORDS, AsrEngine, Recognition
from polydub_asr.engines.google import GoogleEngine
from polydub_asr.engines.registry import open_registry
from polydub_asr.settings import AsrSettings

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
    long_s: int = 0
    """How much it hears in a few seconds; a multiple of what it hears at a time."""


@pytest.fixture(scope="module")
async def google(speak: Speak) -> AsyncIterator[AsrEngine]:
    """Over a server on loopback that takes a little while, as Google does."""
    pytest.importorskip("google.cloud.speech_v2", reason="google-cloud-speech is not installed")
    from asr_google_server import SpeechServer, serving

    settings = AsrSettings(google_languages=("en", "es"), google_at_once=2)
    async with serving(SpeechServer(delay_s=0.05)) as server:
        account = GoogleSettings(endpoint=server.address, project="films")
        yield GoogleEngine(timeout_s=60, account=account, settings=settings)


@pytest.fixture(scope="module", params=["pocketsphinx", "faster-whisper", "google"])
def case(request: pytest.FixtureRequest) -> Case:
    def fixture(name: str) -> Any:
        return request.getfixturevalue(name)

    if request.param == "faster-whisper":
        said = fixture("espeak")("The rocket flies to the moon.", "en")
        return Case(fixture("whisper"), said, "The rocket flies to the moon.", "ase", 120)
    said = fixture("speak")("where is the station")
    if request.param == "google":
        return Case(fixture("google"), said, "Where is the station?", "ase", 240)
    return Case(fixture("engine"), said, "where is the station", "es")


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


async def test_several_clips_in_their_order(case: Case) -> None:
    silence = np.zeros(RATE_HZ // 2, np.float32)
    clips = [case.samples, np.zeros(0, np.float32), silence, case.samples]
    heard = await case.engine.transcribe_many(clips, language="en")
    assert [text_of(each) for each in heard] == [case.text, "", "", case.text]
    length_ms = case.samples.size * 1000 // RATE_HZ
    assert all(0 <= word.start_ms <= word.end_ms <= length_ms for word in heard[3].words)


async def test_no_clips(case: Case) -> None:
    assert await case.engine.transcribe_many([], language="en") == []


def long_talk(case: Case, length_s: int) -> Samples:
    """The sentence every ten seconds in a little noise."""
    noise = np.random.default_rng(0).standard_normal(length_s * RATE_HZ, np.float32)
    talk = noise * np.float32(1e-4)
    for start in range(RATE_HZ, talk.size, 10 * RATE_HZ):
        talk[start : start + case.samples.size] += case.samples
    return talk


@pytest.mark.parametrize("case", ["faster-whisper", "google"], indirect=True)
async def test_memory_does_not_grow_with_the_length(case: Case) -> None:
    """PocketSphinx is too slow for minutes; it is fed in blocks, and its memory is not Python's."""
    peaks = []
    for length_s in (case.long_s, 2 * case.long_s):
        talk = long_talk(case, length_s)
        tracemalloc.start()
        heard = await case.engine.transcribe(talk, language="en")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert heard.words
        assert heard.words[-1].end_ms > (length_s - 60) * 1000
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(heard.words))
    assert peaks[1] < 1.3 * peaks[0] + 1_000_000


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


def without_anything(
    engine_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, str]:
    """The registry of a machine that lacks what an engine needs, and what its remedy names."""
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    registry = open_registry(AsrSettings(), CommonSettings(model_dir=tmp_path), GoogleSettings())
    if engine_id == "pocketsphinx":
        monkeypatch.setattr(pocketsphinx, "_version", lambda: None)
        return registry, "pip install pocketsphinx"
    if engine_id == "google":
        return registry, "POLYDUB_GOOGLE_CREDENTIALS_FILE"
    return registry, "POLYDUB_MODEL_DIR"


def test_what_is_missing_is_named(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, remedy = without_anything(case.engine.id, tmp_path, monkeypatch)
    with pytest.raises(EngineUnavailable) as missing:
        registry.choose(case.engine.id)
    assert remedy in missing.value.hint
