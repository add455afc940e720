"""Reading the 16 kHz mono files of separation by ranges and blocks, never whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from polydub.errors import MediaError
from polydub.pcm import RATE_HZ, Samples

BLOCK_SAMPLES = 512 * 1000
"""32 s at 16 kHz, a whole number of VAD frames."""


@dataclass(frozen=True)
class Sound:
    """A local 16 kHz mono file. Made by :func:`open_sound`, which checks that it is one."""

    path: Path
    samples: int

    @property
    def duration_ms(self) -> int:
        return self.samples * 1000 // RATE_HZ

    def read(self, start_ms: int, end_ms: int) -> Samples:
        """The samples of ``[start_ms, end_ms)``, shape (n,), float32; fewer at the ends."""
        first = min(self.samples, max(0, start_ms) * RATE_HZ // 1000)
        last = min(self.samples, max(0, end_ms) * RATE_HZ // 1000)
        with soundfile.SoundFile(self.path) as file:
            file.seek(first)
            found: Samples = file.read(max(0, last - first), dtype="float32")
        return found

    def blocks(self) -> Iterator[Samples]:
        """All samples in order, ``BLOCK_SAMPLES`` at a time; the last block may be shorter."""
        with soundfile.SoundFile(self.path) as file:
            while len(block := file.read(BLOCK_SAMPLES, dtype="float32")):
                yield np.asarray(block, np.float32)


def open_sound(path: Path) -> Sound:
    """Looks at a file's header.

    Raises:
        MediaError: ``media_unreadable`` when it is no sound, or not 16 kHz mono.
    """
    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise MediaError("media_unreadable", "The sound to analyse can't be read.") from error
    if (info.samplerate, info.channels) != (RATE_HZ, 1):
        raise MediaError(
            "media_unreadable",
            f"The sound to analyse has {info.channels} channels at {info.samplerate} Hz; "
            f"it must be mono at {RATE_HZ} Hz.",
        )
    return Sound(path, int(info.frames))


@dataclass(frozen=True)
class Talk:
    """What is to be diarized: the talk as it sounds, and the voice alone as separation heard it."""

    sound: Sound
    voice: Sound | None = None
