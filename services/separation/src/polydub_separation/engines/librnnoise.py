"""RNNoise's library through ctypes: voice out of a 48 kHz mono stream, frame by frame.

The library (with its model compiled in) comes out of the ``pyrnnoise`` wheel. That package is
never imported: its own imports would drag in plotting and audio players for a wrapper of ten lines.
"""

from __future__ import annotations

import ctypes
import importlib.util
from importlib import metadata
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_HZ = 48_000
FRAME = 480
"""Samples in one frame, 10 ms; fixed in RNNoise."""
DELAY_FRAMES = 2
"""Voice comes out this many frames (960 samples) late; measured by cross-correlation on speech."""
_FULL_SCALE = 32768.0
"""RNNoise expects samples in the range of 16 bit integers."""


def find_library() -> Path | None:
    """Where the library lies, or None when the wheel is not installed."""
    spec = importlib.util.find_spec("pyrnnoise")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        library = Path(folder) / "librnnoise.so"
        if library.is_file():
            return library
    return None


def installed_version() -> str:
    """The wheel's version, or an empty text when it is not installed."""
    try:
        return metadata.version("pyrnnoise")
    except metadata.PackageNotFoundError:
        return ""


def load_library(path: Path) -> ctypes.CDLL:
    """The library with its functions' types declared.

    Raises:
        OSError: the file is no library for this machine.
    """
    library = ctypes.CDLL(str(path))
    library.rnnoise_create.argtypes = [ctypes.c_void_p]
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    library.rnnoise_destroy.restype = None
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.rnnoise_process_frame.restype = ctypes.c_float
    return library


class Denoiser:
    """One recurrent state over one stream; a context manager that frees it."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._state: int | None = library.rnnoise_create(None)

    def __enter__(self) -> Denoiser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library.rnnoise_destroy(self._state)
        self._state = None

    def process(self, samples: Samples) -> tuple[Samples, Samples]:
        """Voice, and how likely each frame is speech.

        Args:
            samples: shape (k * FRAME,), 48 kHz mono in [-1, 1]; continues the call before.

        Returns:
            Voice of the same shape, late by ``DELAY_FRAMES``; probabilities of shape (k,).
        """
        given = np.ascontiguousarray(samples * _FULL_SCALE, np.float32)
        voice = np.empty_like(given)
        count = len(given) // FRAME
        probability = np.empty(count, np.float32)
        process, state = self._library.rnnoise_process_frame, self._state
        source, target = given.ctypes.data, voice.ctypes.data
        for index in range(count):
            at = index * FRAME * given.itemsize
            probability[index] = process(state, target + at, source + at)
        return voice / np.float32(_FULL_SCALE), probability
