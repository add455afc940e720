"""Running voices that are ONNX models: few in memory, several lines at once, stopped when asked.

The models run in onnxruntime itself. sherpa-onnx ends the whole process on a model without its own
metadata (as Piper and Kokoro publish them), and has had no phonemes of its own since 2.0.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from polydub.blocking import Tick, run_blocking
from polydub.engines import Availability
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.model_cache import ModelCache
from polydub.pcm import Samples
from polydub_tts.engines import phonemes
from polydub_tts.sound import Sound, in_one


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
            why or "no voice is there",
            f"Run `polydub models pull`, or put a voice into {folder}/<name> (POLYDUB_MODEL_DIR).",
        )
    return phonemes.available()


@dataclass(frozen=True)
class _Session:
    """An ``onnxruntime.InferenceSession``, which may run in several threads at once."""

    runtime: Any

    def unload(self) -> None:
        """Freed with its last user."""


class Shelf:
    """The models used last.

    Args:
        models_mb: how large they may be together.
        threads: how many one run may use.
    """

    def __init__(self, models_mb: int, threads: int) -> None:
        self._threads = threads
        self._models: ModelCache[Path, _Session] = ModelCache("tts", models_mb * 2**20)

    @contextmanager
    def model(self, path: Path) -> Iterator[Any]:
        """An ``onnxruntime.InferenceSession`` that stays in memory within the context.

        Raises:
            EngineUnavailable: the file is missing or no model.
        """
        size_bytes = path.stat().st_size if path.is_file() else 0
        with self._models.lease(path, size_bytes, lambda: self._read(path)) as session:
            yield session.runtime

    def clear(self) -> None:
        self._models.clear()

    def _read(self, path: Path) -> _Session:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4
        try:
            runtime = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except _runtime_errors() as error:
            raise EngineUnavailable(
                f"The voice {path.parent.name} can't be read.",
                hint=f"Put the voice {path.parent.name} into the model folder again.",
            ) from error
        return _Session(runtime)


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


async def say(
    shelf: Shelf,
    path: Path,
    encoded: Sequence[Sequence[int]],
    run: Callable[[Any, Sequence[int], Any], Samples],
    *,
    rate_hz: int,
    rate: float,
    engine_id: str,
) -> Sound:
    """Sentences spoken by one model, one after the other.

    Args:
        encoded: the sentences' ids.
        run: ``run(session, ids, run_options)`` speaks one of them.
        rate: 1 is the voice's own pace; the pauses between the sentences follow it.

    Raises:
        EngineFailed: the model broke off.
    """

    def work(options: Any, tick: Tick) -> Samples:
        spoken = []
        with shelf.model(path) as session:
            for done, ids in enumerate(encoded):
                tick(done / len(encoded))
                spoken.append(run(session, ids, options))
        return in_one(spoken, rate_hz, rate)

    return Sound(await run_stoppable(work, engine_id), rate_hz)


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
