"""Reading ranges of the 16 kHz mono WAV files that recognition works on, from the store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from polydub.errors import StageError
from polydub.store import ObjectStore

RATE_HZ = 16_000
HEADER_BYTES = 44
"""A canonical WAV header: RIFF, one 16 byte ``fmt`` chunk, ``data``. Separation writes no other."""

Samples = npt.NDArray[np.float32]


def wav_header(samples: int, rate_hz: int = RATE_HZ) -> bytes:
    """The canonical header of a mono signed 16 bit WAV file."""
    data_bytes = samples * 2
    return b"".join(
        (
            b"RIFF", (36 + data_bytes).to_bytes(4, "little"), b"WAVE",
            b"fmt ", (16).to_bytes(4, "little"), (1).to_bytes(2, "little"),
            (1).to_bytes(2, "little"), rate_hz.to_bytes(4, "little"),
            (rate_hz * 2).to_bytes(4, "little"), (2).to_bytes(2, "little"),
            (16).to_bytes(2, "little"), b"data", data_bytes.to_bytes(4, "little"),
        )
    )  # fmt: skip


def to_float(pcm: bytes) -> Samples:
    """Signed 16 bit little-endian samples as float32 in [-1, 1)."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0


def to_pcm(samples: Samples) -> bytes:
    """Float samples as signed 16 bit, clipped."""
    return (np.clip(samples, -1.0, 1.0 - 2**-15) * 32768.0).astype("<i2").tobytes()


@dataclass(frozen=True)
class PcmReader:
    """One canonical 16 kHz mono WAV file in the store."""

    store: ObjectStore
    key: str

    async def duration_ms(self) -> int:
        info = await self.store.stat(self.key)
        if info is None:
            raise StageError("artifact_missing", f"The store has no {self.key}.")
        return (info.size_bytes - HEADER_BYTES) // 2 * 1000 // RATE_HZ

    async def read(self, start_ms: int, end_ms: int) -> Samples:
        """The samples of ``[start_ms, end_ms)``, shape (n,), float32; fewer at the file's end."""
        first = max(0, start_ms) * RATE_HZ // 1000
        last = max(0, end_ms) * RATE_HZ // 1000
        if last <= first:
            return np.zeros(0, np.float32)
        pcm = await self.store.get_bytes(
            self.key, HEADER_BYTES + 2 * first, HEADER_BYTES + 2 * last
        )
        return to_float(pcm[: len(pcm) // 2 * 2])
