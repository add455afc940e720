"""Stretches of the timeline, in whole milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Span:
    """``[start_ms, end_ms)``."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms

    def shared_ms(self, other: Span) -> int:
        """How long both last at once; 0 where they only touch."""
        return max(0, min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms))


def split_evenly(span: Span, longest_ms: int) -> Iterator[Span]:
    """The span in as few equal pieces as keep each within ``longest_ms``."""
    pieces = -(-span.length_ms // longest_ms)
    for index in range(pieces):
        yield Span(
            span.start_ms + span.length_ms * index // pieces,
            span.start_ms + span.length_ms * (index + 1) // pieces,
        )


def total_ms(spans: Sequence[Span]) -> int:
    return sum(span.length_ms for span in spans)
