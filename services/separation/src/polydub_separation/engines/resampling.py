"""Changing the rate of a stream block by block, with the result of doing it in one piece."""

from __future__ import annotations

from math import ceil, gcd

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

Samples = npt.NDArray[np.float32]


class StreamResampler:
    """``scipy.signal.resample_poly`` over a mono stream.

    Its filter reaches ``10 * max(up, down)`` samples at the upsampled rate to either side. So a
    block is resampled together with that much of its neighbours, and the neighbours' part of the
    result dropped: what comes out is what the whole stream at once would give.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        reach = ceil((10 * max(self._up, self._down) + 1) / self._up)
        self._margin = ceil(reach / self._down) * self._down
        self._kept = np.zeros(0, np.float32)
        self._context = 0
        """How much at the start of ``_kept`` has been resampled and is kept as context."""

    def push(self, block: Samples) -> Samples:
        """Takes the next samples; gives what can be told by now, maybe nothing."""
        if self._up == self._down:
            return block
        self._kept = np.concatenate((self._kept, block))
        ready = (len(self._kept) - self._context - self._margin) // self._down * self._down
        return self._advance(ready) if ready > 0 else np.zeros(0, np.float32)

    def finish(self) -> Samples:
        """The rest. Altogether ``ceil(n * up / down)`` samples have come out."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        return self._advance(len(self._kept) - self._context)

    def _advance(self, count: int) -> Samples:
        if count == 0:
            return np.zeros(0, np.float32)
        whole: Samples = resample_poly(self._kept, self._up, self._down)
        first = self._context // self._down * self._up
        out = whole[first : first + ceil(count * self._up / self._down)]
        done = self._context + count
        start = max(0, done - self._margin)
        self._kept, self._context = self._kept[start:], done - start
        return out
