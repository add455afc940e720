"""Which lines are worth saying again, and which of the new takes are kept: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from polydub.blocking import Tick, no_tick
from polydub_muxing.fit.placement import (
    HARD_CAP,
    MOVED,
    OVERLAPPED,
    TRUNCATED,
    Line,
    Placement,
)
from polydub_muxing.fit.slowing import Arrangement

FLAGS = frozenset({HARD_CAP, OVERLAPPED, MOVED, TRUNCATED})
"""What a shorter take may mend."""


@dataclass(frozen=True)
class Wanted:
    """A line that is too long for its room at the voice's own pace."""

    line_id: str
    room_ms: int
    natural_ms: int
    """As long as it is at the voice's own pace."""

    @property
    def ratio(self) -> float:
        """The wanted length over that which it has."""
        return self.room_ms / self.natural_ms


def wanted(arranged: Arrangement) -> list[Wanted]:
    """The lines that are too long themselves, those that are so by most first: flagged ones, and
    those that others make room for.

    A line that only waits for the one before it is not among them.
    """
    lines = {line.id: line for line in arranged.lines}
    found = []
    for placement in arranged.placements:
        line = lines[placement.line_id]
        room_ms = max(1, placement.limit_ms - line.start_ms)
        natural_ms = round(line.duration_ms * line.rate)
        over = placement.end_ms > placement.limit_ms
        if (over or FLAGS & set(placement.flags)) and natural_ms > room_ms:
            found.append(Wanted(line.id, room_ms, natural_ms))
    return sorted(found, key=lambda each: each.room_ms - each.natural_ms)


def keep_better(
    lines: Sequence[Line],
    retaken: Mapping[str, Line],
    arrange: Callable[[Sequence[Line]], Arrangement],
    tick: Tick = no_tick,
) -> frozenset[str]:
    """The ids of those new takes, tried one after the other, that make things better.

    Kept is what leaves its line fewer flags or less overflow, and no line more of either; another
    one may have to wait, where it was spoken over.

    Args:
        retaken: the lines as they are in their new takes, in the order in which they are tried.
        arrange: the plan of such lines.
    """
    now = list(lines)
    places = {line.id: at for at, line in enumerate(now)}
    burdens = _burdens(arrange(now))
    kept = set()
    for done, (name, take) in enumerate(retaken.items(), 1):
        changed = [*now]
        changed[places[name]] = take
        after = _burdens(arrange(changed))
        if _helps(name, after, burdens):
            now, burdens = changed, after
            kept.add(name)
        tick(done / len(retaken))
    return frozenset(kept)


@dataclass(frozen=True)
class _Burden:
    """What is to be mended of a line."""

    flags: int
    unmoved_flags: int
    """Those beside ``moved``."""
    over_ms: int
    """By how much it runs past its room."""


_Burdens = Mapping[str, _Burden]


def _burdens(arranged: Arrangement) -> _Burdens:
    return {placed.line_id: _burden(placed) for placed in arranged.placements}


def _burden(placed: Placement) -> _Burden:
    flags = set(placed.flags)
    over_ms = max(0, placed.end_ms - placed.limit_ms)
    return _Burden(len(flags), len(flags - {MOVED}), over_ms)


def _helps(name: str, after: _Burdens, before: _Burdens) -> bool:
    mine, mine_before = after[name], before[name]
    return (
        (mine.flags, mine.over_ms) != (mine_before.flags, mine_before.over_ms)
        and mine.flags <= mine_before.flags
        and not any(_worse(after[each], before[each]) for each in after)
    )


def _worse(after: _Burden, before: _Burden) -> bool:
    return after.unmoved_flags > before.unmoved_flags or after.over_ms > before.over_ms
