"""How loud the talk is from moment to moment: 10 ms levels of the whole timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from polydub.pcm import RATE_HZ, Samples

HOP_MS = 10
FLOOR_DB = -100.0
_HOP_SAMPLES = RATE_HZ * HOP_MS // 1000
_PRE_EMPHASIS = np.float32(0.97)
"""The usual first-order pre-emphasis: consonants count, hum and rumble do not."""

Levels = npt.NDArray[np.float32]


def levels_of(blocks: Iterable[Samples]) -> Iterator[Levels]:
    """RMS levels in dBFS of pre-emphasised sound, one per 10 ms, block by block.

    Args:
        blocks: consecutive sound at 16 kHz; each but the last a whole number of hops.
    """
    last = np.zeros(1, np.float32)
    for block in blocks:
        emphasised = block - _PRE_EMPHASIS * np.concatenate((last, block[:-1]))
        last = block[-1:]
        padded = np.pad(emphasised, (0, -len(emphasised) % _HOP_SAMPLES))
        power = np.square(padded.reshape(-1, _HOP_SAMPLES)).mean(axis=1)
        yield (10 * np.log10(power + 10 ** (FLOOR_DB / 10))).astype(np.float32)


def quietest_ms(levels: Levels, start_ms: int, end_ms: int) -> int:
    """The middle of the quietest tenth of a second within ``[start_ms, end_ms)``."""
    part = levels[start_ms // HOP_MS : end_ms // HOP_MS]
    width = 100 // HOP_MS
    if len(part) <= width:
        return (start_ms + end_ms) // 2
    smooth = np.convolve(part, np.ones(width) / width, mode="valid")
    return start_ms + (int(smooth.argmin()) + width // 2) * HOP_MS
