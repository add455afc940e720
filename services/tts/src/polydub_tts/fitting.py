"""The first steps of the fitting ladder: which candidate to say, and how fast.

What remains after that (stretching, moving) is muxing's. Lengths are measured ones: a prediction
only ever chooses a rate, and what was spoken at it is measured again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MUCH_SHORTER = 0.85
"""Speech that fills less than this of its time is slowed down a little. Chosen, not measured."""
NOTICEABLE = 0.92
"""Speech that takes this much less time is noticeably shorter. Chosen, not measured."""
TOLERANCE_MS = 20
"""An overrun that is not worth speaking a line again; the guard before the next onset covers it."""


@dataclass(frozen=True)
class Slot:
    """The time of a line: its own in the source, and the silence after it that it may borrow."""

    length_ms: int
    borrowable_ms: int = 0

    @property
    def room_ms(self) -> int:
        return self.length_ms + self.borrowable_ms


@dataclass(frozen=True)
class RateLimits:
    """The rates that may be chosen; 1 lies between them."""

    slowest: float
    fastest: float

    def around(self, pace: float) -> RateLimits:
        """The same limits, told from a pace within them instead of 1."""
        return RateLimits(self.slowest / pace, self.fastest / pace)


NATURAL = RateLimits(1.0, 1.0)


@dataclass(frozen=True)
class Choice:
    """A candidate by its index, and the rate at which to say it."""

    candidate: int
    rate: float


def fits(length_ms: int, slot: Slot) -> bool:
    """Whether speech of this length ends before somebody else begins."""
    return length_ms <= slot.room_ms + TOLERANCE_MS


def lacks_shorter(natural_ms: Sequence[int]) -> bool:
    """Whether none of the candidates is noticeably shorter than the first one, by their lengths."""
    return min(natural_ms) > NOTICEABLE * natural_ms[0]


def choose(natural_ms: Sequence[int], slot: Slot, limits: RateLimits) -> Choice:
    """The first candidate that fits at rate 1, else the first that fits faster, else the shortest.

    Args:
        natural_ms: the candidates' measured lengths at rate 1, best candidate first. It is enough
            to give the first alone while that one :func:`fits`.
    """
    for index, length_ms in enumerate(natural_ms):
        if fits(length_ms, slot):
            return Choice(index, _slowed(length_ms, slot, limits))
    for index, length_ms in enumerate(natural_ms):
        if _needed(length_ms, slot) <= limits.fastest:
            return Choice(index, _needed(length_ms, slot))
    shortest = min(range(len(natural_ms)), key=natural_ms.__getitem__)
    return Choice(shortest, limits.fastest)


def corrected(rate: float, measured_ms: int, slot: Slot, limits: RateLimits) -> float:
    """The rate for a second try where speech at ``rate`` still came out too long; else ``rate``."""
    if fits(measured_ms, slot):
        return rate
    return min(limits.fastest, max(rate, _rounded_up(rate * measured_ms / max(1, slot.room_ms))))


def _needed(length_ms: int, slot: Slot) -> float:
    return _rounded_up(length_ms / max(1, slot.room_ms))


def _slowed(length_ms: int, slot: Slot, limits: RateLimits) -> float:
    filled = length_ms / max(1, slot.length_ms)
    if filled >= MUCH_SHORTER:
        return 1.0
    return max(limits.slowest, _rounded_up(filled / MUCH_SHORTER))


def _rounded_up(rate: float) -> float:
    """Rates have two decimals, so that equal lines meet in the store."""
    return math.ceil(rate * 100 - 1e-9) / 100
