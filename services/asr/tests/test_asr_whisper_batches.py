"""Whisper's windows in batches: what goes together, and what happens when memory is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polydub.errors import StageError
from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines import faster_whisper, whisper_listening
from polydub_asr.engines.base import Recognition
from polydub_asr.engines.faster_whisper import FasterWhisperEngine
from polydub_asr.engines.whisper_model import LoadedWhisper, open_model

pytestmark = pytest.mark.integration

pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")

import faster_whisper as library  # noqa: E402
from whisper_sentences import SENTENCES  # noqa: E402

Speak = Callable[..., Samples]
MakeWhisper = Callable[..., FasterWhisperEngine]
OUT_OF_MEMORY = "CUDA failed with error out of memory"


def text_of(heard: Recognition) -> str:
    return " ".join(word.text for word in heard.words)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many windows went together, for each call of the library."""
    sizes: list[int] = []
    transcribe = library.BatchedInferencePipeline.transcribe

    def counted(self: Any, tape: Samples, *, batch_size: int, **rest: Any) -> Any:
        sizes.append(batch_size)
        return transcribe(self, tape, batch_size=batch_size, **rest)

    monkeypatch.setattr(library.BatchedInferencePipeline, "transcribe", counted)
    return sizes


@pytest.fixture
def relistened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of what was listened to alone."""
    sizes: list[int] = []
    transcribe = library.WhisperModel.transcribe

    def counted(self: Any, samples: Samples, **rest: Any) -> Any:
        sizes.append(samples.size)
        return transcribe(self, samples, **rest)

    monkeypatch.setattr(library.WhisperModel, "transcribe", counted)
    return sizes


async def test_a_part_is_one_batch(
    whisper: FasterWhisperEngine, espeak: Speak, batches: list[int]
) -> None:
    sentences = SENTENCES["en"]
    clips = [espeak(each, "en") for each in sentences]
    heard = await whisper.transcribe_many(clips, language="en")
    assert batches == [4]
    assert [text_of(each) for each in heard] == list(sentences)
    for each, clip in zip(heard, clips, strict=True):
        times = [time for word in each.words for time in (word.start_ms, word.end_ms)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= clip.size * 1000 // RATE_HZ


async def test_jobs_share_a_batch_and_languages_do_not(
    whisper: FasterWhisperEngine, espeak: Speak, batches: list[int]
) -> None:
    wanted = [("en", SENTENCES["en"][0]), ("es", SENTENCES["es"][0]), ("en", SENTENCES["en"][2])]
    calls = [whisper.transcribe(espeak(text, tag), language=tag) for tag, text in wanted]
    heard = await asyncio.gather(*calls)
    assert [text_of(each) for each in heard] == [text for _, text in wanted]
    assert sorted(batches) == [1, 2]


async def test_more_than_a_batch(
    make_whisper: MakeWhisper, espeak: Speak, batches: list[int]
) -> None:
    clip = espeak(SENTENCES["en"][2], "en")
    heard = await make_whisper(whisper_batch=2).transcribe_many([clip] * 5, language="en")
    assert [text_of(each) for each in heard] == [SENTENCES["en"][2]] * 5
    assert batches == [2, 2, 1]


async def test_a_clip_longer_than_a_window_is_cut_where_it_is_quiet(
    whisper: FasterWhisperEngine, espeak: Speak, batches: list[int]
) -> None:
    """Three windows; a sentence starts 0.3 s behind each place to cut. The toy knows no better
    than in which of them a word is."""
    clip = np.zeros(70 * RATE_HZ, np.float32)
    noise = np.random.default_rng(0).standard_normal(clip.size, np.float32) * np.float32(0.01)
    said = [(0.0, SENTENCES["en"][0]), (25.3, SENTENCES["en"][1]), (50.3, SENTENCES["en"][2])]
    for at_s, text in said:
        sound = espeak(text, "en")
        clip[int(at_s * RATE_HZ) :][: sound.size] = sound
    for quiet_s in (25.0, 50.0):
        noise[int((quiet_s - 0.3) * RATE_HZ) : int((quiet_s + 0.3) * RATE_HZ)] = 0.0
    heard = await whisper.transcribe(clip + noise * np.float32(0.05), language="en")
    assert text_of(heard) == " ".join(text for _, text in said)
    first_words = [word for word in heard.words if word.text in ("Hello", "Today", "The")]
    assert [word.start_ms // 25_000 for word in first_words] == [0, 1, 2]
    assert batches == [3]


async def test_what_is_odd_is_listened_to_alone(
    whisper: FasterWhisperEngine, espeak: Speak, relistened: list[int]
) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * RATE_HZ, np.float32) * np.float32(1e-3)
    said = espeak(SENTENCES["en"][2], "en")
    heard = await whisper.transcribe_many([said, noise, said], language="en")
    assert [text_of(each) for each in heard] == [SENTENCES["en"][2], "", SENTENCES["en"][2]]
    assert relistened == [noise.size]


async def test_what_was_odd_in_the_batch_may_do_alone(
    whisper: FasterWhisperEngine, espeak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgements = iter([False])
    monkeypatch.setattr(whisper_listening, "believable", lambda segment: next(judgements, True))
    heard = await whisper.transcribe(espeak(SENTENCES["en"][1], "en"), language="en")
    assert text_of(heard) == SENTENCES["en"][1]


class SmallGpu:
    """A CTranslate2 model on a device with room for some windows."""

    def __init__(self, model: Any, room: int) -> None:
        self._model = model
        self._room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, features: Any, **options: Any) -> Any:
        if features.shape[0] > self._room:
            raise RuntimeError(OUT_OF_MEMORY)
        return self._model.encode(features, **options)


OnSmallGpu = Callable[[int], FasterWhisperEngine]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices on which models were opened."""
    return []


@pytest.fixture
def on_small_gpu(
    make_whisper: MakeWhisper, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> OnSmallGpu:
    """``on_small_gpu(room)``: an engine on a GPU with room for so many windows."""

    def make(room: int) -> FasterWhisperEngine:
        def open_somewhere(folder: Path, device: str, **options: int) -> LoadedWhisper:
            opened.append(device)
            loaded = open_model(folder, "cpu", **options)
            if device == "cpu":
                return loaded
            loaded.whisper.model = SmallGpu(loaded.whisper.model, room)
            return replace(loaded, device=device)

        monkeypatch.setattr(faster_whisper, "cuda_devices", lambda: 1)
        monkeypatch.setattr(faster_whisper, "open_model", open_somewhere)
        return make_whisper()

    return make


async def test_a_full_gpu_gets_smaller_batches(
    on_small_gpu: OnSmallGpu, opened: list[str], espeak: Speak, batches: list[int]
) -> None:
    engine = on_small_gpu(2)
    clip = espeak(SENTENCES["en"][2], "en")
    heard = await engine.transcribe_many([clip] * 4, language="en")
    assert [text_of(each) for each in heard] == [SENTENCES["en"][2]] * 4
    assert batches == [4, 2, 2]
    await engine.transcribe_many([clip] * 4, language="en")
    assert batches == [4, 2, 2, 2, 2]
    assert opened == ["cuda"]
    assert engine.capabilities().device == "cuda"


async def test_a_gpu_too_small_for_one_window_is_left_for_the_cpu(
    on_small_gpu: OnSmallGpu, opened: list[str], espeak: Speak
) -> None:
    engine = on_small_gpu(0)
    clips = [espeak(each, "en") for each in SENTENCES["en"][:2]]
    heard = await engine.transcribe_many(clips, language="en")
    assert [text_of(each) for each in heard] == list(SENTENCES["en"][:2])
    assert opened == ["cuda", "cpu"]
    assert engine.capabilities().device == "cpu"


async def test_a_full_memory_without_a_gpu_is_an_error(
    make_whisper: MakeWhisper, monkeypatch: pytest.MonkeyPatch, espeak: Speak
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("failed to allocate memory")

    monkeypatch.setattr(library.BatchedInferencePipeline, "transcribe", full)
    with pytest.raises(StageError) as failed:
        await make_whisper().transcribe(espeak(SENTENCES["en"][2], "en"), language="en")
    assert (failed.value.code, failed.value.retryable) == ("engine_failed", True)
    assert "memory" in failed.value.message


@pytest.mark.parametrize(("device", "compute_type"), [("cpu", "int8"), ("cuda", "float16")])
async def test_numbers_by_device(
    make_whisper: MakeWhisper, monkeypatch: pytest.MonkeyPatch, device: str, compute_type: str
) -> None:
    passed: dict[str, Any] = {}
    real = library.WhisperModel

    def model(folder: str, **options: Any) -> Any:
        passed.update(options)
        return real(folder, **options | {"device": "cpu", "compute_type": "int8"})

    monkeypatch.setattr(library, "WhisperModel", model)
    monkeypatch.setattr(faster_whisper, "cuda_devices", lambda: int(device == "cuda"))
    make_whisper().load()
    assert (passed["device"], passed["compute_type"]) == (device, compute_type)
    assert passed["local_files_only"] is True


async def test_closing_ends_it(make_whisper: MakeWhisper, espeak: Speak) -> None:
    engine = make_whisper()
    said = espeak(SENTENCES["en"][2], "en")
    await engine.transcribe(said, language="en")
    engine.close()
    with pytest.raises(StageError) as closed:
        await engine.transcribe(said, language="en")
    assert closed.value.code == "engine_failed"
