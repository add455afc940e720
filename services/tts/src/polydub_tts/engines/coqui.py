"""What the engines that run in Coqui TTS (torch) have in common: folders, devices, stopping."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import textwrap
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from polydub import telemetry
from polydub.accelerator import is_out_of_memory, turn
from polydub.blocking import Tick, run_blocking
from polydub.engines import Availability
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.fingerprint import fingerprint
from polydub.model_cache import ModelCache
from polydub.pcm import Samples
from polydub_tts.engines.base import TtsEngine

PIECE_CHARACTERS = 180
"""Longer sentences are cut: models were trained on short ones, and can be stopped between two."""
WAIT_S = 0.2
_END_OF_SENTENCE = re.compile(r"(?<=[.!?…;])\s+|(?<=[。！？])")
_BROKEN_FILE = (
    OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError,
    pickle.UnpicklingError,
)  # fmt: skip
_BROKEN_RUN = (RuntimeError, ValueError, KeyError, IndexError, AssertionError)
_SPEAKING = threading.Lock()
"""One line at a time: a run takes all cores by itself, and torch has one random seed for all."""

log = telemetry.logger(__name__)


@dataclass(eq=False)
class Loaded:
    """A model on its device."""

    model: Any
    device: str

    def unload(self) -> None:
        self.model = None
        if self.device != "cpu":
            import_module("torch").cuda.empty_cache()

    def to_cpu(self) -> None:
        """Moves it where there is more memory."""
        self.model = self.model.to("cpu")
        import_module("torch").cuda.empty_cache()
        self.device = "cpu"


Models = ModelCache[Path, Loaded]


class CoquiEngine(TtsEngine):
    """An engine whose models are folders with ``model.pth`` and ``config.json``.

    Args:
        folder: with a folder for each model.
        models: where they are kept when loaded.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    def __init__(self, folder: Path, models: Models, device: str, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._folder, self._models, self._device = folder, models, device

    @abstractmethod
    def _read(self, folder: Path) -> Any:
        """The model of a folder, on the CPU, ready to speak."""

    def close(self) -> None:
        self._models.clear()

    def _folders(self, *files: str) -> list[Path]:
        """The folders that hold all these files beside the usual ones."""
        wanted = ("model.pth", "config.json", *files)
        return [
            each
            for each in sorted(self._folder.glob("*/"))
            if all((each / name).is_file() for name in wanted)
        ]

    def _available(self, found: bool, why: str = "") -> Availability:
        if not _installed("torch") or not _installed("TTS"):
            return Availability.no("coqui-tts is not installed", "pip install 'polydub-tts[coqui]'")
        if not found:
            return Availability.no(
                why or "no model is there",
                "Run `polydub models pull`, or put "
                f"a model into {self._folder}/<name> (POLYDUB_MODEL_DIR).",
            )
        return Availability.yes()

    async def _with_model(self, folder: Path, work: Callable[[Any, Tick], Samples]) -> Samples:
        """What ``work(model, tick)`` makes, in a thread of its own, when the device is free.

        Raises:
            EngineUnavailable: the model can't be read.
            EngineFailed: it broke off.
        """

        def speaking(tick: Tick) -> Samples:
            size_bytes = sum(path.stat().st_size for path in folder.glob("*.pth"))
            with (
                self._models.lease(folder, size_bytes, lambda: self._loaded_from(folder)) as loaded,
                _alone(tick),
                turn(loaded.device),
            ):
                return self._done(loaded, work, tick)

        try:
            samples = await run_blocking(speaking)
        except _BROKEN_RUN as error:
            raise EngineFailed(f"{self.id} broke off on a line.", retryable=False) from error
        if not np.isfinite(samples).all():
            raise EngineFailed(f"{self.id} gave no sound for a line.", retryable=False)
        return samples

    def _done(self, loaded: Loaded, work: Callable[[Any, Tick], Samples], tick: Tick) -> Samples:
        """Tries again on the CPU where the GPU's memory is full, and stays there."""
        try:
            return work(loaded.model, tick)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or loaded.device == "cpu":
                raise
        telemetry.OUT_OF_MEMORY.labels(stage=self.stage, engine=self.id, remedy="cpu").inc()
        log.warning("the GPU's memory is full: going on with the CPU", engine=self.id)
        loaded.to_cpu()
        return work(loaded.model, tick)

    def _loaded_from(self, folder: Path) -> Loaded:
        # Nothing is fetched: transformers would otherwise ask its hub about what it does not know.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            model = self._read(folder)
        except _BROKEN_FILE as error:
            raise EngineUnavailable(
                f"The model {folder.name} of {self.id} can't be read.",
                hint=f"Put the model {folder.name} into the model folder again.",
            ) from error
        device = self._chosen_device()
        return Loaded(model.to(device), device)

    def _chosen_device(self) -> str:
        there = import_module("torch").cuda.is_available()
        if self._device == "cuda" and not there:
            raise EngineUnavailable(
                "There is no GPU for torch.", hint="Set POLYDUB_TTS_DEVICE to auto or cpu."
            )
        return "cuda" if there and self._device != "cpu" else "cpu"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        OSError, ValueError: there is none.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(told, dict):
        raise ValueError("it is no JSON object")
    return told


def pieces(text: str, most: int = PIECE_CHARACTERS) -> list[str]:
    """A text in sentences, and those in stretches of at most ``most`` characters."""
    sentences = [each for each in _END_OF_SENTENCE.split(text) if each.strip()]
    return [piece for each in sentences for piece in textwrap.wrap(each, most)]


def seed(text: str, voice_id: str) -> None:
    """Makes the next run's chance that of its words, so that the same line is said the same."""
    number = hashlib.sha256(f"{voice_id}\n{text}".encode()).digest()[:8]
    import_module("torch").manual_seed(int.from_bytes(number, "little") >> 1)


def engine_version(folders: list[Path]) -> str:
    """Coqui TTS's version, and a mark of the models' content."""
    try:
        package = version("coqui-tts")
    except PackageNotFoundError:
        package = "missing"
    return f"{package}-{fingerprint(each / 'model.pth' for each in folders)}"


@contextmanager
def _alone(tick: Tick) -> Iterator[None]:
    """Waits for its turn, and for the caller's change of mind."""
    while not _SPEAKING.acquire(timeout=WAIT_S):
        tick(0.0)
    try:
        yield
    finally:
        _SPEAKING.release()


def _installed(module: str) -> bool:
    return find_spec(module) is not None
