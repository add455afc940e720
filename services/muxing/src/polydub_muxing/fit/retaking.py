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
    """The flagged lines that are too long themselves, those that are so by most first.

    A line that only waits for the one before it is not among them.
    """
    lines = {line.id: line for line in arranged.lines}
    found = []
    for placement in arranged.placements:
        line = lines[placement.line_id]
        room_ms = max(1, placement.limit_ms - line.start_ms)
        natural_ms = round(line.duration_ms * line.rate)
        if FLAGS & set(placement.flags) and natural_ms > room_ms:
            found.append(Wanted(line.id, room_ms, natural_ms))
    return sorted(found, key=lambda each: each.room_ms - each.natural_ms)


def keep_better(
    lines: Sequence[Line],
    retaken: Mapping[str, Line],
    arrange: Callable[[Sequence[Line]], Arrangement],
    tick: Tick = no_tick,
) -> frozenset[str]:
    """The ids of those new takes, tried one after the other, that make things better.

    Kept is what leaves its line fewer flags or less overflow, and no line more of either.

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
        if _less(after[name], burdens[name]) and not _any_worse(after, burdens):
            now, burdens = changed, after
            kept.add(name)
        tick(done / len(retaken))
    return frozenset(kept)


Burden = tuple[int, int]
"""How many flags a line has, and by how many milliseconds it runs past its room."""


def _burdens(arranged: Arrangement) -> dict[str, Burden]:
    return {placed.line_id: _burden(placed) for placed in arranged.placements}


def _burden(placed: Placement) -> Burden:
    return len(placed.flags), max(0, placed.end_ms - placed.limit_ms)


def _less(after: Burden, before: Burden) -> bool:
    return after != before and not _worse(after, before)


def _any_worse(after: Mapping[str, Burden], before: Mapping[str, Burden]) -> bool:
    return any(_worse(after[name], before[name]) for name in after)


def _worse(after: Burden, before: Burden) -> bool:
    return after[0] > before[0] or after[1] > before[1]
