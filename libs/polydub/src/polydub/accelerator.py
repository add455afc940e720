"""Sharing a device: work of many callers in batches, one at a time, smaller when memory is full."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Generic, TypeVar

from polydub import telemetry
from polydub.blocking import Stopped, Tick

KindT = TypeVar("KindT", bound=Hashable)
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

LINGER_S = 0.01
"""How long a batch that is not full waits for more: less than any model takes for one."""
_FULL = ("out of memory", "cublas_status_alloc_failed", "failed to allocate memory")

log = telemetry.logger(__name__)


class OutOfMemory(Exception):
    """A device has not enough memory for a batch."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch, CTranslate2 or onnxruntime says that a device's memory is full.

    They have no common class, and CTranslate2 none of its own.
    """
    return isinstance(error, RuntimeError | MemoryError) and any(
        each in str(error).lower() for each in _FULL
    )


_GPU_TURN = threading.Lock()


@contextmanager
def turn(device: str) -> Iterator[None]:
    """Waits for a device: a GPU does one model's work at a time, a CPU all that comes."""
    if not device.startswith("cuda"):
        yield
        return
    with _GPU_TURN:
        yield


@dataclass(eq=False)
class _Piece(Generic[KindT, ItemT, ResultT]):
    kind: KindT
    item: ItemT
    weight: int
    future: Future[ResultT] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    wanted: bool = True
    """Whether the caller still waits. The future itself can't be cancelled once it is begun."""


class Batcher(Generic[KindT, ItemT, ResultT]):
    """Does pieces of work of many callers, jobs among them, in batches on a thread of its own.

    Only pieces of one kind (language, options) go together; kinds take turns by who has waited
    longest. When a device's memory is full, the batch is halved and stays that small; when a single
    piece is too much, ``to_cpu`` is called once and the piece tried again.

    Args:
        run: does a batch: ``run(kind, items, tick)`` gives one result for each item, in order. It
            raises :class:`OutOfMemory` when the device is full, and calls ``tick`` now and then,
            which ends it when nobody waits for the batch any more.
        stage, engine: for the metrics.
        limit: how much a batch may weigh; a single piece may weigh more.
        weight: of one piece: its tokens, its samples.
        device: where the model is now; a GPU's batches take turns over all batchers.
        to_cpu: moves the model to the CPU; None where it is there.
    """

    def __init__(
        self,
        run: Callable[[KindT, Sequence[ItemT], Tick], Sequence[ResultT]],
        *,
        stage: str,
        engine: str,
        limit: int,
        weight: Callable[[ItemT], int] = lambda _: 1,
        device: Callable[[], str] = lambda: "cpu",
        to_cpu: Callable[[], None] | None = None,
    ) -> None:
        self._run = run
        self._stage, self._engine = stage, engine
        self._limit = limit
        self._weight = weight
        self._device = device
        self._to_cpu = to_cpu
        self._waiting: deque[_Piece[KindT, ItemT, ResultT]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def limit(self) -> int:
        """How much a batch may weigh now; it shrinks when memory was full."""
        return self._limit

    async def do(self, kind: KindT, items: Sequence[ItemT]) -> list[ResultT]:
        """The results for ``items``, in their order.

        Cancelling takes back what has not begun; a batch under way ends at its next tick when
        nobody else waits for it.

        Raises:
            RuntimeError: when closed; else what ``run`` raises, or the first :class:`OutOfMemory`
                that could not be helped.
        """
        pieces = [_Piece[KindT, ItemT, ResultT](kind, item, self._weight(item)) for item in items]
        self._put(pieces)
        waiting = [asyncio.wrap_future(piece.future) for piece in pieces]
        try:
            return list(await asyncio.gather(*waiting))
        finally:
            # Where one is broken, or the caller gone, the others are not wanted either.
            for piece, future in zip(pieces, waiting, strict=True):
                piece.wanted = False
                future.cancel()

    def close(self) -> None:
        """Ends the thread, its batch at the next tick; what waits is cancelled."""
        with self._changed:
            self._closed = True
            for piece in self._waiting:
                piece.future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _put(self, pieces: Sequence[_Piece[KindT, ItemT, ResultT]]) -> None:
        with self._changed:
            if self._closed:
                raise RuntimeError("the batcher is closed")
            self._waiting.extend(pieces)
            self._tell()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"{self._engine}-batches", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while batch := self._next():
            if begun := [each for each in batch if each.future.set_running_or_notify_cancel()]:
                self._do(begun)

    def _next(self) -> list[_Piece[KindT, ItemT, ResultT]]:
        """The next batch; none when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return []
            kind = self._waiting[0].kind
            self._changed.wait_for(lambda: self._closed or self._is_full(kind), LINGER_S)
            batch = self._fitting(kind)
            self._waiting = deque(piece for piece in self._waiting if piece not in batch)
            self._tell()
            return batch

    def _is_full(self, kind: KindT) -> bool:
        return sum(each.weight for each in self._waiting if each.kind == kind) >= self._limit

    def _fitting(self, kind: KindT) -> list[_Piece[KindT, ItemT, ResultT]]:
        """The first pieces of a kind, as many as weigh no more than the limit, at least one."""
        batch: list[_Piece[KindT, ItemT, ResultT]] = []
        room = self._limit
        for piece in self._waiting:
            if piece.kind == kind and (piece.weight <= room or not batch):
                batch.append(piece)
                room -= piece.weight
        return batch

    def _do(self, batch: Sequence[_Piece[KindT, ItemT, ResultT]]) -> None:
        """Does a batch, in halves where it is too large for the device."""
        try:
            results = self._timed(batch)
        except OutOfMemory as error:
            if len(batch) > 1:
                self._shrink(batch)
                half = len(batch) // 2
                self._do(batch[:half])
                self._do(batch[half:])
            elif self._moved():
                self._do(batch)
            else:
                _fail(batch, error)
        except Exception as error:  # a thread's end: whatever broke is the callers' to know
            _fail(batch, error)
        else:
            for piece, result in zip(batch, results, strict=True):
                piece.future.set_result(result)

    def _timed(self, batch: Sequence[_Piece[KindT, ItemT, ResultT]]) -> Sequence[ResultT]:
        labels = {"stage": self._stage, "engine": self._engine}
        telemetry.BATCH_SIZE.labels(**labels).observe(len(batch))
        now = time.monotonic()
        for piece in batch:
            telemetry.BATCH_WAIT_SECONDS.labels(**labels).observe(now - piece.since)

        def tick(_: float) -> None:
            if self._closed or not any(piece.wanted for piece in batch):
                raise Stopped

        with turn(self._device()):
            return self._run(batch[0].kind, [piece.item for piece in batch], tick)

    def _shrink(self, batch: Sequence[_Piece[KindT, ItemT, ResultT]]) -> None:
        self._limit = max(1, sum(piece.weight for piece in batch) // 2)
        self._count("smaller")
        log.warning("the GPU's memory is full: smaller batches", engine=self._engine)

    def _moved(self) -> bool:
        move, self._to_cpu = self._to_cpu, None
        if move is None:
            return False
        self._count("cpu")
        log.warning("the GPU's memory is full: going on with the CPU", engine=self._engine)
        move()
        return True

    def _count(self, remedy: str) -> None:
        telemetry.OUT_OF_MEMORY.labels(stage=self._stage, engine=self._engine, remedy=remedy).inc()

    def _tell(self) -> None:
        telemetry.BATCH_QUEUE.labels(stage=self._stage, engine=self._engine).set(len(self._waiting))


def watch_gpu_memory() -> None:
    """Makes ``/metrics`` tell how full and how busy the first GPU is, where NVML can be asked."""
    if find_spec("pynvml") is None:
        return
    nvml = import_module("pynvml")
    try:
        nvml.nvmlInit()
        device = nvml.nvmlDeviceGetHandleByIndex(0)
    except nvml.NVMLError:
        return
    memory, busy = nvml.nvmlDeviceGetMemoryInfo, nvml.nvmlDeviceGetUtilizationRates
    telemetry.GPU_BYTES.labels("0").set_function(lambda: float(memory(device).used))
    telemetry.GPU_LIMIT_BYTES.labels("0").set(float(memory(device).total))
    telemetry.GPU_BUSY.labels("0").set_function(lambda: busy(device).gpu / 100)


def _fail(batch: Sequence[_Piece[KindT, ItemT, ResultT]], error: Exception) -> None:
    for piece in batch:
        piece.future.set_exception(error)
