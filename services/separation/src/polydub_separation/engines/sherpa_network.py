"""sherpa-onnx's source separation: UVR's MDX networks, and Spleeter.

    python -m polydub_separation.engines.sherpa_network FOLDER THREADS

tries a folder's model out. The library ends its process when it meets a network it does not
understand, so this is done in a process of its own before the model is loaded for work.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

MODEL = "model.onnx"
SPLEETER = ("vocals.onnx", "accompaniment.onnx")
_TRIAL_S = 300
_GIVEN_HZ = 44_100
_FEWEST = 4096
"""Shorter pieces are filled up: the library takes arrays of a few samples for a mistake."""
_SPLEETER_WINDOW = 4096
"""With Spleeter's networks the library works without padding: it loses the last, incomplete window
and blows up the first and last samples, where its windows fade; so silence goes around the sound.
And it ends the process where it is given one channel only."""


def model_files(folder: Path) -> list[Path]:
    """The files of the model in a folder: UVR's one, or else Spleeter's two; empty: none."""
    for names in ((MODEL,), SPLEETER):
        paths = [folder / name for name in names]
        if all(path.is_file() for path in paths):
            return paths
    return []


def works(folder: Path, threads: int) -> bool:
    """Whether the model can be loaded and run. Takes as long as loading it."""
    tried = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), str(threads)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=_TRIAL_S,
        check=False,
    )
    return tried.returncode == 0


class SherpaNetwork:
    """A loaded model.

    Attributes:
        rate_hz: its own rate.
        body_s: how much of a piece, apart from half a second on either side, fits what it hears at
            once: UVR's networks 5.78 s (256 frames of 1024 samples at 44.1 kHz, less a window of
            6144), Spleeter's 11.8 s (512 frames), filled up where there is less.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        sherpa: Any = importlib.import_module("sherpa_onnx")
        files = [str(path) for path in model_files(folder)]
        uvr, spleeter = (files, ["", ""]) if len(files) == 1 else ([""], files)
        self._margin = 0 if uvr[0] else _SPLEETER_WINDOW
        self.body_s = 4.7 if uvr[0] else 10.2
        self._separation = sherpa.OfflineSourceSeparation(
            sherpa.OfflineSourceSeparationConfig(
                model=sherpa.OfflineSourceSeparationModelConfig(
                    uvr=sherpa.OfflineSourceSeparationUvrModelConfig(model=uvr[0]),
                    spleeter=sherpa.OfflineSourceSeparationSpleeterModelConfig(
                        vocals=spleeter[0], accompaniment=spleeter[1]
                    ),
                    num_threads=threads,
                )
            )
        )
        tried = self._separation.process(_GIVEN_HZ, np.zeros((2, _GIVEN_HZ), np.float32))
        self.rate_hz: int = tried.sample_rate

    def first_stem(self, sound: Samples) -> Samples:
        """The first of the two stems of a piece at ``rate_hz``.

        Args:
            sound: shape (n, 1 or 2).
        """
        count, channels = sound.shape
        room = max(count, _FEWEST) + 2 * self._margin
        filled = np.zeros((2 if self._margin else channels, room), np.float32)
        filled[:, self._margin : self._margin + count] = sound.T
        stem: Samples = self._separation.process(self.rate_hz, filled).stems[0].data
        return np.ascontiguousarray(stem[:channels, self._margin :][:, :count].T)


if __name__ == "__main__":
    SherpaNetwork(Path(sys.argv[1]), int(sys.argv[2]))
