"""Letting the picture wait for lines that are too long: where time is slowed, and by how much.

Pure. The lines are carried over to the slowed time and planned there like any others, so that all
that comes after sees one timeline only.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from polydub_muxing.fit.placement import Limits, Line, Mode, Placement
from polydub_muxing.fit.plan import plan
from polydub_muxing.fit.rooms import in_order, rooms_of

MAX_SLOWING = 1.5
"""How many times longer a stretch may get: beyond it people move as if under water, and music
drags. Chosen, not measured."""
MIN_SLOWING = 1.03
"""Less is left to the line's own tempo: nobody hears it, and the picture need not be touched."""


@dataclass(frozen=True)
class Stretch:
    """A piece of the source's time and the piece of the slowed time that stands for it."""

    start_ms: int
    end_ms: int
    slowed_start_ms: int
    slowed_end_ms: int

    @property
    def factor(self) -> float:
        return (self.slowed_end_ms - self.slowed_start_ms) / (self.end_ms - self.start_ms)


@dataclass(frozen=True)
class TimeMap:
    """From the source's time to the slowed one: piecewise linear, rising, never faster than 1:1.

    Before the first of the ascending knots (source, slowed) and behind the last, time runs 1:1.
    """

    knots: tuple[tuple[int, int], ...] = ((0, 0),)

    @property
    def added_ms(self) -> int:
        """How much longer the whole gets."""
        source_ms, slowed_ms = self.knots[-1]
        return slowed_ms - source_ms

    def at(self, source_ms: int) -> int:
        """The slowed moment of a moment of the source."""
        behind = bisect_right(self.knots, source_ms, key=lambda knot: knot[0])
        first, slowed_first = self.knots[max(0, behind - 1)]
        if behind in (0, len(self.knots)):
            return slowed_first + source_ms - first
        last, slowed_last = self.knots[behind]
        return slowed_first + (source_ms - first) * (slowed_last - slowed_first) // (last - first)

    def slowed(self) -> list[Stretch]:
        """The stretches in which time runs slower, in order."""
        return [
            Stretch(first, last, slowed_first, slowed_last)
            for (first, slowed_first), (last, slowed_last) in pairwise(self.knots)
            if slowed_last - slowed_first > last - first
        ]

    def line(self, line: Line) -> Line:
        """A line in the slowed time; what was spoken for it stays as long as it is."""
        start_ms, end_ms = self.at(line.start_ms), self.at(line.end_ms)
        duration_ms = end_ms - start_ms if line.keeps_original else line.duration_ms
        return replace(line, start_ms=start_ms, end_ms=end_ms, duration_ms=duration_ms)


UNSLOWED = TimeMap()


@dataclass(frozen=True)
class Arrangement:
    """A plan and the time in which it is made."""

    lines: tuple[Line, ...]
    """As they were given, in the slowed time."""
    placements: tuple[Placement, ...]
    time_map: TimeMap


def arrange(lines: Iterable[Line], *, timeline_ms: int, mode: Mode, limits: Limits) -> Arrangement:
    """The plan of these lines; in the mode ``slow_picture`` in a time that waits for them."""
    given = list(lines)
    time_map = UNSLOWED
    if mode is Mode.SLOW_PICTURE:
        time_map = time_map_for(given, timeline_ms=timeline_ms, limits=limits)
    slowed = tuple(map(time_map.line, given))
    placements = plan(slowed, timeline_ms=time_map.at(timeline_ms), mode=mode, limits=limits)
    return Arrangement(slowed, placements, time_map)


def time_map_for(lines: Sequence[Line], *, timeline_ms: int, limits: Limits) -> TimeMap:
    """The time in which every line has room at its own pace, as far as ``MAX_SLOWING`` allows.

    Slowed are the lines' own times with the silences that they may borrow; where several lines
    sound together, the one that needs most decides.
    """
    wishes = []
    ordered = in_order(lines)
    for line, room in zip(ordered, rooms_of(ordered, timeline_ms), strict=True):
        until_ms = room.free_until_ms(limits)
        room_ms = until_ms - line.start_ms
        if line.keeps_original or room_ms <= 0:
            continue
        needed = line.duration_ms / room_ms
        if needed >= MIN_SLOWING:
            wishes.append((line.start_ms, until_ms, min(needed, MAX_SLOWING)))
    return TimeMap(tuple(_knots(wishes)))


def _knots(wishes: Sequence[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """The knots of the map that grants at each moment the largest wish for it.

    Args:
        wishes: start, end and factor, by their starts.
    """
    edges = sorted({edge for start, end, _ in wishes for edge in (start, end)})
    knots = [(0, 0)]
    active: list[tuple[float, int]] = []
    waiting = 0
    for first, last in pairwise(edges):
        while waiting < len(wishes) and wishes[waiting][0] <= first:
            heapq.heappush(active, (-wishes[waiting][2], wishes[waiting][1]))
            waiting += 1
        while active and active[0][1] <= first:
            heapq.heappop(active)
        if not active:
            continue
        slowed_ms = _longer(last - first, -active[0][0])
        before_ms, before_slowed_ms = knots[-1]
        slowed_first = before_slowed_ms + first - before_ms
        if first > before_ms:
            knots.append((first, slowed_first))
        knots.append((last, slowed_first + slowed_ms))
    return knots


def _longer(length_ms: int, factor: float) -> int:
    """Rounded up, so that what needs the factor fits; but not beyond ``MAX_SLOWING``."""
    return min(math.ceil(length_ms * factor - 1e-6), math.floor(length_ms * MAX_SLOWING))
