"""Opening a Whisper model with faster-whisper, and watching it while it works."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from polydub.accelerator import is_out_of_memory
from polydub.blocking import Tick

_COMPUTE_TYPES = {"cpu": "int8", "cuda": "float16"}


class Watched:
    """A CTranslate2 model that ticks whenever it is reached for.

    A window of 30 s is encoded once and decoded up to six times. The moments between those calls
    are the only ones in which the work can be stopped.
    """

    def __init__(self, model: Any, tick: Tick) -> None:
        self._model = model
        self._tick = tick
        self._done = 0.0

    def __getattr__(self, name: str) -> Any:
        self._tick(self._done)
        return getattr(self._model, name)

    def done(self, fraction: float) -> None:
        """Goes on telling this fraction from now on."""
        self._done = min(1.0, max(self._done, fraction))


@dataclass(frozen=True)
class LoadedWhisper:
    """A ``faster_whisper.WhisperModel`` and where it runs."""

    whisper: Any
    device: str

    def watched(self, tick: Tick) -> Any:
        """The same ``WhisperModel`` for one call; its ``model`` is :class:`Watched`."""
        mine = copy.copy(self.whisper)
        mine.model = Watched(self.whisper.model, tick)
        return mine


def open_model(folder: Path, device: str, *, cpu_threads: int, workers: int) -> LoadedWhisper:
    """The model in ``folder`` on ``cpu`` or ``cuda``.

    Args:
        folder: model.bin and its companions.
        device: ``cpu`` computes with 8 bit integers, ``cuda`` with 16 bit floats.
        cpu_threads: of one call; 0 leaves it to CTranslate2.
        workers: how many calls run at the same time.

    Raises:
        RuntimeError: when the weights can't be read, or don't fit into memory.
        ValueError: when the device can't compute so, or the folder's parts don't fit together.
    """
    whisper = import_module("faster_whisper").WhisperModel(
        str(folder),
        device=device,
        compute_type=_COMPUTE_TYPES[device],
        cpu_threads=cpu_threads,
        num_workers=workers,
        local_files_only=True,
    )
    bands = whisper.feature_extractor.mel_filters.shape[0]
    if bands != whisper.model.n_mels:
        raise ValueError(
            f"the model hears {whisper.model.n_mels} mel bands, preprocessor_config.json gives "
            f"{bands}"
        )
    return LoadedWhisper(whisper, device)


def cuda_devices() -> int:
    """How many CUDA devices CTranslate2 sees; 0 without it."""
    try:
        return int(import_module("ctranslate2").get_cuda_device_count())
    except ImportError:
        return 0


def is_gpu_s_fault(error: Exception) -> bool:
    """Whether the CPU would do: the GPU's memory is full, or its libraries are not installed.

    CTranslate2 raises a plain ``RuntimeError`` with the CUDA library's words; it looks for cuBLAS
    only when it first multiplies.
    """
    return is_out_of_memory(error) or (
        isinstance(error, RuntimeError)
        and any(library in str(error).lower() for library in ("libcublas", "libcudnn"))
    )
