"""How much time each line of a part has, seen from the whole talk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polydub_tts.fitting import Slot

GUARD_MS = 50
"""Silence that stays before the next onset, so that two voices do not run into each other."""


@dataclass(frozen=True)
class Span:
    """When somebody speaks. ``utterance`` tells lines and the utterance they are of together."""

    utterance: str
    speaker_id: str
    start_ms: int
    end_ms: int


def utterance_of(line_id: str) -> str:
    """The utterance of a line: long ones were split into ``u0001``, ``u0001.2``, ..."""
    return line_id.partition(".")[0]


def slot_of(line: Span, talk: Sequence[Span], lines: Sequence[Span], talk_end_ms: int) -> Slot:
    """The line's own time and the silence up to the next onset of anyone.

    Args:
        talk: all utterances of the talk, so that the next part's first onset counts too.
        lines: the lines of this part.
    """
    others = [
        *(span for span in talk if span.utterance != line.utterance),
        *(span for span in lines if span != line),
    ]
    limits_ms = [talk_end_ms, *(_limit(line, span) for span in others if span.end_ms > line.end_ms)]
    silence_ms = min(limits_ms) - line.end_ms
    return Slot(max(1, line.end_ms - line.start_ms), max(0, silence_ms - GUARD_MS))


def overlapped(line: Span, talk: Iterable[Span]) -> bool:
    """Whether someone else speaks during the line in the source."""
    return any(
        span.speaker_id != line.speaker_id
        and span.start_ms < line.end_ms
        and line.start_ms < span.end_ms
        for span in talk
    )


def _limit(line: Span, other: Span) -> int:
    """Where a span that goes on after the line's end stops it: at its onset, or at once."""
    return max(line.end_ms, other.start_ms)
