"""Sentences of several jobs in one batch, and a device whose memory is full."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ctranslate2", reason="polydub-translation[neural] is not installed")

import ctranslate2
from translation_subjects import SENTENCES, local

from polydub.errors import EngineFailed
from polydub.testing import poll_until
from polydub_translation.engines.ctranslate2 import CTranslate2Engine
from polydub_translation.engines.ctranslate2_model import Device

pytestmark = pytest.mark.integration

FULL = "CUDA failed with error out of memory"
RealTranslator = ctranslate2.Translator


class Gpu:
    """CTranslate2's translator on a GPU that takes so many sentences at once; ``cpu`` takes all."""

    room = 1_000
    room_to_load = True
    batches: list[tuple[str, int]]
    hold: threading.Event | None

    def __init__(self, path: str, *, device: str, **options: Any) -> None:
        if device == "cuda" and not self.room_to_load:
            raise RuntimeError(FULL)
        self._device = device
        self._real = RealTranslator(path, device="cpu", compute_type="int8")

    def translate_batch(self, sources: Sequence[list[str]], **options: Any) -> Any:
        if self.hold is not None:
            self.hold.wait(30)
        type(self).batches.append((self._device, len(sources)))
        if self._device == "cuda" and len(sources) > self.room:
            raise RuntimeError(FULL)
        return self._real.translate_batch(sources, **options)

    def unload_model(self) -> None:
        self._real.unload_model()


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> type[Gpu]:
    class Fresh(Gpu):
        batches = []  # noqa: RUF012
        hold = None

    monkeypatch.setattr(ctranslate2, "Translator", Fresh)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _: {"int8"})
    return Fresh


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[CTranslate2Engine]:
    made = local("marian", tmp_path)
    made._device = Device("cuda")
    yield made
    made.close()


async def say(engine: CTranslate2Engine, *lines: str) -> list[str]:
    found = await engine.translate(lines, source="en", target="es")
    return [each.candidates[0].text for each in found]


def right(said: Sequence[str], rows: Sequence[dict[str, str]]) -> bool:
    return all(text in (row["es"], row["es_short"]) for text, row in zip(said, rows, strict=True))


async def test_what_waits_goes_together(engine: CTranslate2Engine, gpu: type[Gpu]) -> None:
    gpu.hold = threading.Event()
    rows = SENTENCES[:9]
    calls = [asyncio.create_task(say(engine, rows[0]["en"]))]

    async def waiting(count: int) -> bool:
        return len(engine._batcher._waiting) == count

    async def begun() -> bool:
        return engine._batcher._thread is not None and await waiting(0)

    await poll_until(begun, "the first batch to begin")
    calls += [asyncio.create_task(say(engine, row["en"])) for row in rows[1:]]
    await poll_until(lambda: waiting(8), "the others to queue")
    gpu.hold.set()
    said = [text for (text,) in await asyncio.gather(*calls)]
    assert right(said, rows)
    assert gpu.batches == [("cuda", 1), ("cuda", 8)]


async def test_a_call_that_is_cancelled_takes_its_sentences_back(
    engine: CTranslate2Engine, gpu: type[Gpu]
) -> None:
    gpu.hold = threading.Event()
    first = asyncio.create_task(say(engine, "Good night."))

    async def begun() -> bool:
        return engine._batcher._thread is not None and not engine._batcher._waiting

    await poll_until(begun, "the first batch to begin")
    given_up = asyncio.create_task(say(engine, "The car is blue.", "I am tired."))

    async def queued() -> bool:
        return len(engine._batcher._waiting) == 2

    await poll_until(queued, "the other call to queue")
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    gpu.hold.set()
    assert await first == ["Buenas noches."]
    assert await say(engine, "Good morning.") == ["Buenos días."]
    assert gpu.batches == [("cuda", 1), ("cuda", 1)]


async def test_a_full_gpu_gets_smaller_batches(engine: CTranslate2Engine, gpu: type[Gpu]) -> None:
    gpu.room = 5
    assert right(await say(engine, *(row["en"] for row in SENTENCES)), SENTENCES)
    worked = [size for device, size in gpu.batches if size <= 5]
    assert sum(worked) == len(SENTENCES)
    assert {device for device, _ in gpu.batches} == {"cuda"}


async def test_a_gpu_that_can_do_nothing_is_left_for_the_cpu(
    engine: CTranslate2Engine, gpu: type[Gpu]
) -> None:
    gpu.room = 0
    assert right(await say(engine, *(row["en"] for row in SENTENCES[:4])), SENTENCES[:4])
    assert gpu.batches[-1][0] == "cpu"
    assert engine._device.place() == "cpu"
    gpu.batches.clear()
    assert await say(engine, "Good night.") == ["Buenas noches."]
    assert gpu.batches == [("cpu", 1)]


async def test_a_model_that_is_too_large_for_the_gpu_goes_to_the_cpu(
    engine: CTranslate2Engine, gpu: type[Gpu]
) -> None:
    gpu.room_to_load = False
    assert await say(engine, "Good night.") == ["Buenas noches."]
    assert gpu.batches == [("cpu", 1)]


async def test_another_fault_of_the_library_is_told(
    engine: CTranslate2Engine, gpu: type[Gpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Gpu, *args: Any, **options: Any) -> Any:
        raise RuntimeError("cuBLAS failed with status 14")

    monkeypatch.setattr(gpu, "translate_batch", broken)
    with pytest.raises(EngineFailed):
        await say(engine, "Good night.")
