"""Which moments of a video to look at: spread evenly over the time in which someone speaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

PER_SECOND = 2
"""Moments for each second of speech, as long as there are not too many: a face stays for longer."""

Span = tuple[int, int]
"""Start and end in milliseconds."""


def sample_moments(spoken: Iterable[Span], *, duration_ms: int, limit: int) -> tuple[int, ...]:
    """Moments in ascending order, in milliseconds after the picture's first frame.

    Args:
        spoken: when someone speaks; where that is not known, all the time counts.
        duration_ms: of the picture; speech beyond its end is not looked at.
        limit: how many moments there may be.
    """
    spans = _merged(spoken, duration_ms) or [(0, max(1, duration_ms))]
    total_ms = sum(end - start for start, end in spans)
    count = max(1, min(limit, total_ms * PER_SECOND // 1000))
    return tuple(_at(spans, (2 * n + 1) * total_ms // (2 * count)) for n in range(count))


def _merged(spoken: Iterable[Span], duration_ms: int) -> list[Span]:
    """The spans without overlaps, cut to the picture."""
    merged: list[Span] = []
    for start, end in sorted((max(0, start), min(end, duration_ms)) for start, end in spoken):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _at(spans: Sequence[Span], spoken_ms: int) -> int:
    """The moment by which so much has been spoken."""
    for start, end in spans:
        if spoken_ms < end - start:
            return start + spoken_ms
        spoken_ms -= end - start
    return spans[-1][1] - 1
