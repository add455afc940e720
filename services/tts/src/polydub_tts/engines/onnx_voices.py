"""Running voices that are ONNX models: few in memory, several lines at once, stopped when asked.

The models run in onnxruntime itself. sherpa-onnx ends the whole process on a model without its own
metadata (as Piper and Kokoro publish them), and has had no phonemes of its own since 2.0.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from polydub.blocking import Tick, run_blocking
from polydub.engines import Availability
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.pcm import Samples
from polydub_tts.engines import phonemes

PAUSE_S = 0.15
"""Silence between two sentences of a line at rate 1, beside what the voice itself leaves."""


def available(folder: Path, found: bool, why: str = "") -> Availability:
    """Whether voices of a folder can be run here.

    Args:
        found: whether there is a voice in it.
        why: what is wrong with those that can't be used.
    """
    if find_spec("onnxruntime") is None:
        return Availability.no("onnxruntime is not installed", "pip install 'polydub-tts[onnx]'")
    if not found:
        return Availability.no(
            why or "no voice is there", f"Put a voice into {folder}/<name> (POLYDUB_MODEL_DIR)."
        )
    return phonemes.available()


class Shelf:
    """The models used last.

    Args:
        room: how many are kept in memory.
        threads: how many one run may use.
    """

    def __init__(self, room: int, threads: int) -> None:
        self._room, self._threads = room, threads
        self._models: OrderedDict[Path, Any] = OrderedDict()
        self._lock = threading.Lock()

    def model(self, path: Path) -> Any:
        """An ``onnxruntime.InferenceSession``; it may run in several threads at once.

        Raises:
            EngineUnavailable: the file is missing or no model.
        """
        with self._lock:
            if path not in self._models:
                while len(self._models) >= self._room:
                    self._models.popitem(last=False)
                self._models[path] = self._read(path)
            self._models.move_to_end(path)
            return self._models[path]

    def clear(self) -> None:
        with self._lock:
            self._models.clear()

    def _read(self, path: Path) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4
        try:
            return onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except _runtime_errors() as error:
            raise EngineUnavailable(
                f"The voice {path.parent.name} can't be read.",
                hint=f"Put the voice {path.parent.name} into the model folder again.",
            ) from error


async def run_stoppable(work: Callable[[Any, Tick], Samples], engine_id: str) -> Samples:
    """Runs ``work(run_options, tick)`` in a thread; cancelling ends the model's run under way.

    Raises:
        EngineFailed: the model broke off.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = 4
    thread = asyncio.ensure_future(run_blocking(lambda tick: work(options, tick)))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        options.terminate = True
        thread.cancel()
        await asyncio.wait([thread])
        raise
    except _runtime_errors() as error:
        raise EngineFailed(f"{engine_id} broke off on a line.", retryable=False) from error


def in_one(spoken: Sequence[Samples], rate_hz: int, rate: float) -> Samples:
    """Sentences one after the other, with pauses that shrink with the rate."""
    pause = np.zeros(round(PAUSE_S / rate * rate_hz), np.float32)
    pieces = [piece for sentence in spoken for piece in (sentence, pause)][:-1]
    return np.concatenate(pieces) if pieces else pause[:0]


def engine_version(files: Iterable[Path]) -> str:
    """onnxruntime's version, and a mark that changes with the files' names and sizes."""
    told = [f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in sorted(files)]
    mark = hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]
    try:
        return f"{version('onnxruntime')}-{mark}"
    except PackageNotFoundError:
        return f"missing-{mark}"


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its exceptions have no common class."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.EPFail,
        state.EngineError,
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoModel,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
    )
