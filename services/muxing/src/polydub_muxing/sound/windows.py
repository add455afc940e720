"""Windows of a timeline and what tells whether they are the same as earlier ones. Pure.

What is made of a talk is told by what it is made of: each thing that sounds in a stretch of the
timeline names itself, and a window is the same where the same things reach into it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from polydub.artifacts import Parameter
from polydub_muxing.hls.grid import FRAME

Digests = npt.NDArray[np.uint64]
"""One for each window, in order."""
WINDOW = 48 * FRAME
"""Samples that are taken for changed or unchanged together: about a second."""
Thing = TypeVar("Thing")


def digest_of(data: bytes) -> int:
    """Eight bytes of BLAKE2b: two of a million windows are alike by chance once in 10^7 times."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


def made_of(*parts: Parameter) -> int:
    """A digest of all that something is made of."""
    return digest_of(json.dumps(parts, separators=(",", ":")).encode())


@dataclass(frozen=True)
class Ingredient:
    """What sounds, or is done to what sounds, in the samples ``[first, last)`` of a timeline."""

    first: int
    last: int
    digest: int
    """Of all that it depends on, its place among it."""


def recipes(
    ingredients: Iterable[Ingredient], frames: int, *, size: int = WINDOW, reach: int = 0
) -> Digests:
    """What each window of a timeline with so many samples is made of.

    Args:
        size: of a window, in samples.
        reach: how many samples before and after a window it also depends on.
    """
    count = -(-frames // size)
    found: list[list[int]] = [[] for _ in range(count)]
    for each in sorted(ingredients, key=lambda each: (each.first, each.digest)):
        first = max(0, (each.first - reach) // size)
        for window in range(first, min(count, -(-(each.last + reach) // size))):
            found[window].append(each.digest)
    lengths = [min(size, frames - window * size) for window in range(count)]
    return np.array(
        [made_of(length, list(within)) for length, within in zip(lengths, found, strict=True)],
        np.uint64,
    )


class Along(Generic[Thing]):
    """Things that have their places on a timeline."""

    def __init__(self, things: Sequence[Thing], spans: Sequence[tuple[int, int]]) -> None:
        self._things = things
        self._firsts, self._lasts = np.array(spans, np.int64).reshape(-1, 2).T

    def within(self, first: int, last: int) -> list[Thing]:
        """Those that are somewhere in the samples ``[first, last)``, in their order."""
        inside = (self._firsts < last) & (self._lasts > first)
        return [self._things[at] for at in np.flatnonzero(inside).tolist()]
