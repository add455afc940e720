"""When things are heard: onsets, overlap, drift, clashes, overflow; spans in ms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

Span = tuple[float, float]

PAUSE_MS = 200.0
"""Speech after at least this much silence begins with an onset that a listener notices."""
REACH_MS = 1000.0
"""An onset farther away than this belongs to something else."""


@dataclass(frozen=True)
class Offset:
    """How much later than its reference an onset is heard."""

    at_ms: float
    late_ms: float


@dataclass(frozen=True)
class Placed:
    """A line where the source has it and where the dub has it."""

    source: Span
    dub: Span


def merged(spans: Iterable[Span], gap_ms: float = 0.0) -> list[Span]:
    """The spans in order, those joined that overlap or lie no farther apart than ``gap_ms``."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= gap_ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def onsets(spans: Iterable[Span], pause_ms: float = PAUSE_MS) -> list[float]:
    """Where speech begins after a pause."""
    return [start for start, _ in merged(spans, pause_ms)]


def offsets(reference: Sequence[float], heard: Sequence[float]) -> list[Offset]:
    """Each reference onset with the nearest heard one, nearest pairs first, each used once.

    Reference onsets with nothing heard within ``REACH_MS`` are missing from the result.
    """
    pairs = sorted(
        (abs(late - onset), onset, late)
        for onset in reference
        for late in heard
        if abs(late - onset) <= REACH_MS
    )
    matched: dict[float, float] = {}
    for _, onset, late in pairs:
        if onset not in matched and late not in matched.values():
            matched[onset] = late
    return [Offset(onset, late - onset) for onset, late in sorted(matched.items())]


def percentile(values: Sequence[float], share: float) -> float | None:
    return float(np.percentile(values, share)) if values else None


def drift(found: Sequence[Offset]) -> tuple[float, float, float] | None:
    """Mean lateness of the first, middle and last third of the onsets; None below three."""
    if len(found) < 3:
        return None
    late = [offset.late_ms for offset in sorted(found, key=lambda offset: offset.at_ms)]
    start, middle, end = (float(np.mean(third)) for third in np.array_split(late, 3))
    return start, middle, end


def overlap_share(source: Iterable[Span], dub: Iterable[Span]) -> float | None:
    """The share of the source's speech time in which the dub speaks; None without speech."""
    said, heard = merged(source), merged(dub)
    total = sum(end - start for start, end in said)
    both = sum(_common(one, other) for one in said for other in heard)
    return both / total if total else None


def clashes(lines: Iterable[Placed]) -> int:
    """Pairs of lines that sound together in the dub and did not in the source."""
    return sum(
        _common(one.dub, other.dub) > 0 and _common(one.source, other.source) <= 0
        for one, other in combinations(lines, 2)
    )


def overflow_ms(lines: Sequence[Placed], timeline_ms: float) -> float:
    """Speech that runs beyond its line and the silence behind it, summed over the lines."""
    return sum(max(0.0, line.dub[1] - _limit(line, lines, timeline_ms)) for line in lines)


def _limit(line: Placed, lines: Sequence[Placed], timeline_ms: float) -> float:
    later = [other.source[0] for other in lines if other.source[0] >= line.source[1]]
    return min(later, default=timeline_ms)


def _common(one: Span, other: Span) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
