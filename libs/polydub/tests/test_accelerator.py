"""Batches over many callers: what goes together, what happens when memory is full."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from polydub.accelerator import Batcher, OutOfMemory, is_out_of_memory
from polydub.blocking import Tick

pytestmark = pytest.mark.unit


class Doubler:
    """Doubles numbers, remembers its batches, and can be held up."""

    def __init__(self, room: int = 1000) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.room = room
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.ticked_away = threading.Event()

    async def begins(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 10)

    def run(self, kind: str, items: Sequence[int], tick: Tick) -> list[int]:
        self.batches.append((kind, list(items)))
        self.begun.set()
        if sum(items) > self.room:
            raise OutOfMemory
        while not self.gate.wait(0.01):
            try:
                tick(0.0)
            except BaseException:
                self.ticked_away.set()
                raise
        return [item * 2 for item in items]


@pytest.fixture
def opened() -> Any:
    made: list[Batcher[str, int, int]] = []

    def make(
        doubler: Doubler, limit: int = 100, to_cpu: Callable[[], None] | None = None
    ) -> Batcher[str, int, int]:
        batcher = Batcher[str, int, int](
            doubler.run,
            stage="asr",
            engine="doubler",
            limit=limit,
            weight=lambda item: item,
            to_cpu=to_cpu,
        )
        made.append(batcher)
        return batcher

    yield make
    for each in made:
        each.close()


async def test_each_caller_gets_its_own_results_in_order(opened: Any) -> None:
    batcher = opened(Doubler())
    answers = await asyncio.gather(*(batcher.do("es", [n, n + 1]) for n in range(20)))
    assert answers == [[n * 2, n * 2 + 2] for n in range(20)]


async def test_callers_share_a_batch(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    doubler.gate.clear()
    first = asyncio.create_task(batcher.do("es", [1]))
    await doubler.begins()
    others = [asyncio.create_task(batcher.do("es", [n])) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await first == [2]
    assert await asyncio.gather(*others) == [[4], [6], [8]]
    assert doubler.batches[1:] == [("es", [2, 3, 4])]


async def test_kinds_do_not_mix_and_the_one_that_waits_longest_is_next(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    await asyncio.gather(batcher.do("es", [1, 2]), batcher.do("fr", [3]), batcher.do("es", [4]))
    assert doubler.batches == [("es", [1, 2, 4]), ("fr", [3])]


async def test_a_batch_weighs_no_more_than_the_limit_unless_it_is_one_piece(opened: Any) -> None:
    doubler = Doubler()
    await opened(doubler, limit=10).do("es", [6, 6, 4, 30])
    assert [items for _, items in doubler.batches] == [[6, 4], [6], [30]]


async def test_full_memory_halves_the_batch_and_later_ones_stay_small(opened: Any) -> None:
    doubler = Doubler(room=10)
    batcher = opened(doubler)
    assert await batcher.do("es", [5, 5, 5, 5]) == [10, 10, 10, 10]
    assert [items for _, items in doubler.batches] == [[5] * 4, [5, 5], [5, 5]]
    assert batcher.limit == 10
    await batcher.do("es", [5, 5, 5])
    assert [items for _, items in doubler.batches[3:]] == [[5, 5], [5]]


async def test_a_piece_too_large_for_the_gpu_goes_to_the_cpu_once(opened: Any) -> None:
    doubler = Doubler(room=10)
    moved: list[bool] = []

    def to_cpu() -> None:
        moved.append(True)
        doubler.room = 50

    batcher = opened(doubler, to_cpu=to_cpu)
    assert await batcher.do("es", [40]) == [80]
    with pytest.raises(OutOfMemory):
        await batcher.do("es", [60])
    assert moved == [True]


async def test_an_error_reaches_every_caller_of_the_batch_and_nobody_else(opened: Any) -> None:
    class Picky(Doubler):
        def run(self, kind: str, items: Sequence[int], tick: Tick) -> list[int]:
            if kind == "bad":
                raise ValueError("no")
            return super().run(kind, items, tick)

    batcher = opened(Picky())
    outcomes = await asyncio.gather(
        batcher.do("bad", [1]), batcher.do("bad", [2]), batcher.do("es", [3]),
        return_exceptions=True,
    )  # fmt: skip
    assert [type(each) for each in outcomes] == [ValueError, ValueError, list]


async def test_cancelling_the_only_caller_stops_the_batch(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    doubler.gate.clear()
    caller = asyncio.create_task(batcher.do("es", [1]))
    await doubler.begins()
    caller.cancel()
    await asyncio.to_thread(doubler.ticked_away.wait, 10)
    assert doubler.ticked_away.is_set()
    doubler.gate.set()
    assert await batcher.do("es", [2]) == [4]


async def test_cancelling_one_of_two_callers_leaves_the_other(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    doubler.gate.clear()
    both = [asyncio.create_task(batcher.do("es", [n])) for n in (1, 2)]
    await doubler.begins()
    both[0].cancel()
    await asyncio.gather(both[0], return_exceptions=True)
    doubler.gate.set()
    assert await both[1] == [4]


async def test_what_has_not_begun_is_taken_back(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    doubler.gate.clear()
    first = asyncio.create_task(batcher.do("es", [1]))
    await doubler.begins()
    second = asyncio.create_task(batcher.do("es", [2]))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    doubler.gate.set()
    await first
    assert await batcher.do("fr", [3]) == [6]
    assert [items for _, items in doubler.batches] == [[1], [3]]


async def test_closing_cancels_what_waits(opened: Any) -> None:
    doubler = Doubler()
    batcher = opened(doubler)
    batcher.close()
    with pytest.raises(RuntimeError):
        await batcher.do("es", [1])


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (RuntimeError("Library libcublas.so.12 is not found"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_out_of_memory_is_told_by_its_words(error: Exception, full: bool) -> None:
    assert is_out_of_memory(error) is full
