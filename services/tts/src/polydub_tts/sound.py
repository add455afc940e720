"""Mono sound as this service passes it around, and its WAV form."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polydub.pcm import HEADER_BYTES, Samples, to_float, to_pcm, wav_header

PAUSE_S = 0.15
"""Silence between two sentences of a line at rate 1, beside what the voice itself leaves."""
_LENGTH_UNKNOWN = 0xFFFFFFFF - 64
"""Header lengths from here on stand for "not known yet"; some servers subtract header bytes."""


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


def in_one(spoken: Sequence[Samples], rate_hz: int, rate: float) -> Samples:
    """Sentences one after the other, with pauses that shrink with the rate."""
    pause = np.zeros(round(PAUSE_S / rate * rate_hz), np.float32)
    pieces = [piece for sentence in spoken for piece in (sentence, pause)][:-1]
    return np.concatenate(pieces) if pieces else pause[:0]


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


def decode_wav(data: bytes) -> Sound:
    """A WAV file in memory, signed 16 bit or float 32 bit; channels are averaged.

    Servers that stream write a header before they know the length and leave it 0 or at its
    greatest value, which :mod:`wave` does not expect; then everything that follows is sound.

    Raises:
        ValueError: it is no such file, or it ends before its header says.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("no WAV file")
    layout, position = b"", 12
    while position + 8 <= len(data):
        name, size = data[position : position + 4], _little(data[position + 4 : position + 8])
        position += 8
        if name == b"data":
            return _decoded(layout, _content(data, position, size))
        if name == b"fmt ":
            layout = data[position : position + size]
        position += size + size % 2
    raise ValueError("no sound in it")


def _content(data: bytes, start: int, size: int) -> bytes:
    if size == 0 or size >= _LENGTH_UNKNOWN:
        return data[start:]
    if start + size > len(data):
        raise ValueError("it is cut off")
    return data[start : start + size]


def _decoded(layout: bytes, content: bytes) -> Sound:
    if len(layout) < 16:
        raise ValueError("no format in it")
    # WAVE_FORMAT_EXTENSIBLE keeps the real format in the first bytes of its GUID.
    kind = _little(layout[24:26]) if _little(layout[:2]) == 0xFFFE else _little(layout[:2])
    channels, rate_hz = _little(layout[2:4]), _little(layout[4:8])
    width = {(1, 16): 2, (3, 32): 4}.get((kind, _little(layout[14:16])), 0)
    if not width or not channels or not rate_hz:
        raise ValueError("neither 16 bit nor float")
    whole = content[: len(content) // (width * channels) * width * channels]
    samples = to_float(whole) if width == 2 else np.frombuffer(whole, "<f4").astype(np.float32)
    return Sound(samples.reshape(-1, channels).mean(axis=1, dtype=np.float32), rate_hz)


def _little(field: bytes) -> int:
    return int.from_bytes(field, "little")


def duration_of_wav(header: bytes, size_bytes: int) -> int:
    """Milliseconds of a canonical mono 16 bit WAV file, from its header and its size."""
    rate_hz = int.from_bytes(header[24:28], "little")
    return (size_bytes - HEADER_BYTES) // 2 * 1000 // rate_hz
