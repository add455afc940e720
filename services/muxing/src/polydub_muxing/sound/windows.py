"""Windows of a mix and what tells whether they are the same as earlier ones. Pure."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from polydub_muxing.hls.grid import FRAME
from polydub_muxing.sound.loudness import Samples

Digests = npt.NDArray[np.uint64]
"""One for each window, in order."""
WINDOW = 48 * FRAME
"""Samples that are taken for changed or unchanged together: about a second."""


def digest_of(data: bytes) -> int:
    """Eight bytes of BLAKE2b: two of a million windows are alike by chance once in 10^7 times."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


class WindowDigests:
    """Takes sound in blocks of any length and keeps a digest of each window."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._samples = 0
        self._found: list[int] = []

    def seen(self, block: Samples) -> Samples:
        """Takes the next samples, shape (n, channels); gives them back."""
        rest = block
        while self._samples + len(rest) >= WINDOW:
            first, rest = np.split(rest, [WINDOW - self._samples])
            self._pending.append(first.tobytes())
            self._close()
        if len(rest):
            self._pending.append(rest.tobytes())
            self._samples += len(rest)
        return block

    def digests(self) -> Digests:
        """Of all windows, the last one as long as it is."""
        if self._samples:
            self._close()
        return np.array(self._found, np.uint64)

    def _close(self) -> None:
        self._found.append(digest_of(b"".join(self._pending)))
        self._pending, self._samples = [], 0
