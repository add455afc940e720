"""Working on a long sound in overlapping pieces so that no seam is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Process = Callable[[Samples], Samples]


@dataclass(frozen=True)
class Pieces:
    """Sizes in samples. A piece gives ``body`` samples; ``edge`` more are heard on either side.

    Of each edge the outer half is only context, because networks do badly where sound begins or
    breaks off; over the inner half one piece fades into the next.
    """

    body: int
    edge: int


class StreamProcessor:
    """Applies ``process`` to a stream piece by piece; what comes out is as long as what went in.

    ``process`` takes and gives shape (n, channels) and works in place of time: sample for sample.
    """

    def __init__(self, process: Process, pieces: Pieces, channels: int) -> None:
        self._process = process
        self._pieces = pieces
        self._waiting = np.zeros((0, channels), np.float32)
        """Sound from ``edge`` before the next body on."""
        self._before = 0
        """How much of the edge before the body there is: none at the start."""
        self._fading = np.zeros((0, channels), np.float32)
        """The end of the last piece, over which the next fades in."""

    def push(self, block: Samples) -> Iterator[Samples]:
        """Takes the next samples; gives the pieces that can be told by now."""
        self._waiting = np.concatenate((self._waiting, block))
        needed = self._pieces.body + self._pieces.edge
        while len(self._waiting) > self._before + needed:
            yield self._piece(self._pieces.body, self._waiting[: self._before + needed])

    def finish(self) -> Samples:
        """The rest."""
        return self._piece(len(self._waiting) - self._before, self._waiting)

    def _piece(self, body: int, heard: Samples) -> Samples:
        """The body, faded in over what the last piece left; keeps what the next one needs."""
        if not body and not len(self._fading):
            return heard
        done = self._process(heard)[self._before :]
        faded = _faded(self._fading, done)
        self._fading = done[body : body + self._pieces.edge // 2]
        start = max(0, self._before + body - self._pieces.edge)
        self._waiting = self._waiting[start:]
        self._before += body - start
        return faded[:body]


def _faded(before: Samples, after: Samples) -> Samples:
    """``after``, over the first samples of which ``before`` fades out linearly."""
    count = min(len(before), len(after))
    if not count:
        return after
    ramp = ((np.arange(count, dtype=np.float32) + 0.5) / count)[:, None]
    head = before[:count] * (1 - ramp) + after[:count] * ramp
    return np.concatenate((head, after[count:]))
