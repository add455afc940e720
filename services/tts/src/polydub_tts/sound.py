"""Mono sound as this service passes it around, and its WAV form."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polydub.pcm import HEADER_BYTES, Samples, to_float, to_pcm, wav_header


@dataclass(frozen=True)
class Sound:
    """Mono speech: ``samples`` of shape (n,), float32 in [-1, 1)."""

    samples: Samples
    rate_hz: int

    @property
    def duration_ms(self) -> int:
        return len(self.samples) * 1000 // self.rate_hz

    def to_wav(self) -> bytes:
        """A canonical WAV file, mono, signed 16 bit."""
        return wav_header(len(self.samples), self.rate_hz) + to_pcm(self.samples)


def read_wav(path: Path) -> Sound:
    """A 16 bit WAV file that a child process wrote; channels are averaged.

    Raises:
        wave.Error, EOFError: it is no such file.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise wave.Error("not 16 bit")
        samples = to_float(file.readframes(file.getnframes()))
        channels, rate_hz = file.getnchannels(), file.getframerate()
    return Sound(samples.reshape(-1, channels).mean(axis=1, dtype=np.float32), rate_hz)


def duration_of_wav(header: bytes, size_bytes: int) -> int:
    """Milliseconds of a canonical mono 16 bit WAV file, from its header and its size."""
    rate_hz = int.from_bytes(header[24:28], "little")
    return (size_bytes - HEADER_BYTES) // 2 * 1000 // rate_hz
