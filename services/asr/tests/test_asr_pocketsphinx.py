"""PocketSphinx for real, on speech made here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.errors import StageError
from polydub.pcm import RATE_HZ, Samples
from polydub.testing import poll_until
from polydub_asr.engines.base import Recognition, Word
from polydub_asr.engines.pocketsphinx import PocketSphinxEngine

pytestmark = pytest.mark.integration

Speak = Callable[..., Samples]
SENTENCE = "the committee will discuss the budget next week"


def text_of(heard: Recognition) -> str:
    return " ".join(word.text for word in heard.words)


def check_times(words: tuple[Word, ...], length_ms: int) -> None:
    assert all(0 <= word.start_ms < word.end_ms <= length_ms for word in words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))
    assert all(0.0 <= word.confidence <= 1.0 for word in words)


async def test_clear_speech_is_understood(
    engine: PocketSphinxEngine, speak: Speak, errors: Callable[[str, str], int]
) -> None:
    wrong = 0
    for voice in ("slt", "rms"):
        samples = speak(SENTENCE, voice)
        heard = await engine.transcribe(samples, language="en")
        check_times(heard.words, samples.size * 1000 // RATE_HZ)
        wrong += errors(SENTENCE, text_of(heard))
    assert wrong / (2 * len(SENTENCE.split())) <= 0.15


async def test_words_stand_where_they_are_said(engine: PocketSphinxEngine, speak: Speak) -> None:
    pause = np.zeros(RATE_HZ, np.float32)
    first, second = speak("where is the station"), speak("thank you very much")
    heard = await engine.transcribe(np.concatenate([first, pause, second]), language="en")
    border_ms = (first.size + pause.size // 2) * 1000 // RATE_HZ
    before = [word.text for word in heard.words if word.end_ms < border_ms]
    after = [word.text for word in heard.words if word.start_ms > border_ms]
    assert before == ["where", "is", "the", "station"]
    assert after == ["thank", "you", "very", "much"]


async def test_what_was_heard_before_does_not_matter(
    engine: PocketSphinxEngine, speak: Speak
) -> None:
    samples = speak(SENTENCE)
    first = await engine.transcribe(samples, language="en")
    await engine.transcribe(speak("a much louder line", "rms") * 3, language="en")
    assert await engine.transcribe(samples, language="en") == first


@pytest.mark.parametrize("samples", [0, 1, 100, 1_600])
async def test_almost_nothing_has_no_words(engine: PocketSphinxEngine, samples: int) -> None:
    heard = await engine.transcribe(np.zeros(samples, np.float32), language="en")
    assert heard.words == ()


async def test_silence_has_no_words(engine: PocketSphinxEngine) -> None:
    heard = await engine.transcribe(np.zeros(3 * RATE_HZ, np.float32), language="en")
    assert heard.words == ()


async def test_a_long_stretch_keeps_its_times(engine: PocketSphinxEngine, speak: Speak) -> None:
    line = np.concatenate([speak("thank you very much"), np.zeros(RATE_HZ // 2, np.float32)])
    samples = np.tile(line, 11)
    assert samples.size > 20 * RATE_HZ
    heard = await engine.transcribe(samples, language="en")
    check_times(heard.words, samples.size * 1000 // RATE_HZ)
    thanks = [word.start_ms for word in heard.words if word.text == "thank"]
    assert len(thanks) == 11
    expected = [n * line.size * 1000 // RATE_HZ for n in range(11)]
    assert max(abs(a - b) for a, b in zip(thanks, expected, strict=True)) <= 250


async def test_hotwords_are_heard_and_forgotten(engine: PocketSphinxEngine, speak: Speak) -> None:
    samples = speak("we install kubernetes today")
    plain = await engine.transcribe(samples, language="en")
    helped = await engine.transcribe(samples, language="en", hotwords=["Kubernetes"])
    again = await engine.transcribe(samples, language="en")
    assert "kubernetes" not in text_of(plain)
    assert "kubernetes" in text_of(helped)
    assert again == plain


async def test_cancelling_stops_the_decoder(engine: PocketSphinxEngine, speak: Speak) -> None:
    samples = np.tile(speak(SENTENCE), 20)
    seen: list[float] = []

    async def on_progress(fraction: float) -> None:
        seen.append(fraction)

    async def started() -> bool:
        return bool(seen)

    call = asyncio.create_task(engine.transcribe(samples, language="en", on_progress=on_progress))
    await poll_until(started, "the decoder to start")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 5)
    assert max(seen) < 0.5
    assert (
        text_of(await engine.transcribe(speak("where is the station"), language="en"))
        == "where is the station"
    )


async def test_the_loop_lives_while_it_decodes(engine: PocketSphinxEngine, speak: Speak) -> None:
    """Heartbeats need the interpreter: it must not be held for the length of an utterance."""
    samples = speak(SENTENCE)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    await engine.transcribe(samples, language="en")
    counting.cancel()
    # one block is a quarter of a second; the loop gets a turn after each
    assert turns >= samples.size / RATE_HZ


async def test_calls_at_the_same_time_take_turns(engine: PocketSphinxEngine, speak: Speak) -> None:
    lines = ["where is the station", "thank you very much"]
    heard = await asyncio.gather(*(engine.transcribe(speak(line), language="en") for line in lines))
    assert [text_of(each) for each in heard] == lines


async def test_other_languages_are_refused(engine: PocketSphinxEngine) -> None:
    with pytest.raises(StageError) as refused:
        await engine.transcribe(np.zeros(1_600, np.float32), language="es")
    assert refused.value.code == "unsupported_language_pair"
    assert "English" in refused.value.message


async def test_progress_is_told_in_order(engine: PocketSphinxEngine, speak: Speak) -> None:
    seen: list[float] = []

    async def on_progress(fraction: float) -> None:
        seen.append(fraction)

    await engine.transcribe(np.tile(speak(SENTENCE), 2), language="en", on_progress=on_progress)
    assert seen
    assert seen == sorted(seen)
    assert all(0 <= fraction <= 1 for fraction in seen)


@pytest.mark.skipif(
    not os.environ.get("POLYDUB_TEST_MEDIA"), reason="POLYDUB_TEST_MEDIA is not set"
)
async def test_a_real_reader(engine: PocketSphinxEngine, errors: Callable[[str, str], int]) -> None:
    spoken = {
        "en_librivox_austen-0870.wav": "and mister john dashwood had then leisure to consider how "
        "much there might be prudently in his power to do for them",
        "en_librivox_austen-0890.wav": "unless to be rather cold hearted and rather selfish is to "
        "be ill disposed",
        "en_librivox_austen-0930.wav": "he might even have been made amiable himself",
    }
    wrong = total = 0
    for name, reference in spoken.items():
        path = Path(os.environ["POLYDUB_TEST_MEDIA"]) / "speech" / name
        recorded, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == RATE_HZ
        samples = np.asarray(recorded, np.float32)
        heard = await engine.transcribe(samples, language="en")
        wrong += errors(reference, text_of(heard).replace("mr.", "mister"))
        total += len(reference.split())
    assert wrong / total <= 0.45
