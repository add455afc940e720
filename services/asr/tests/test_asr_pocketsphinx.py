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

from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines import pronunciation
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


async def test_without_flite_hotwords_are_left_out(
    engine: PocketSphinxEngine, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = speak("where is the station")
    monkeypatch.setattr(pronunciation.shutil, "which", lambda _: None)
    heard = await engine.transcribe(samples, language="en", hotwords=["Kubernetes"])
    assert text_of(heard) == "where is the station"


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
