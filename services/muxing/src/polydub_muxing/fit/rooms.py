"""How much time each line has: the onsets behind it, and who speaks on over its end. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from polydub_muxing.fit.placement import Limits, Line


@dataclass(frozen=True)
class Room:
    """What bounds a line."""

    line_end_ms: int
    other_ms: int
    """The onset of another speaker who does not overlap it in the source; or the timeline's end."""
    own_ms: int
    """The onset of the same speaker's next line; or the timeline's end."""
    end_ms: int
    """The timeline's end."""
    shared: bool
    """Someone else speaks at its end in the source and goes on: what it borrows is their time."""
    silent_from_ms: int
    """From when on nobody else speaks before it in the source."""
    behind: int
    """The position of the first line that begins when it has ended in the source."""
    other: int
    """The position of the first one of another speaker among those."""

    @property
    def next_ms(self) -> int:
        return min(self.other_ms, self.own_ms)

    @property
    def slot_end_ms(self) -> int:
        """Where its own time ends."""
        return min(self.line_end_ms, self.next_ms)

    def limit_ms(self, limits: Limits) -> int:
        """Up to where it may sound, with the silence behind it."""
        return max(self.slot_end_ms, self.next_ms - limits.guard_ms)

    def free_until_ms(self, limits: Limits) -> int:
        """Up to where it takes nobody's time."""
        return self.slot_end_ms if self.shared else self.limit_ms(limits)


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines by their start."""
    return sorted(lines, key=lambda line: (line.start_ms, line.end_ms, line.id))


def rooms_of(ordered: Sequence[Line], timeline_ms: int) -> list[Room]:
    """The room of each line; ``ordered`` is by start."""
    starts = [line.start_ms for line in ordered]
    turns = _next_turns(ordered)
    latest = _latest_ends(ordered)
    own_next: dict[str, int] = {}
    rooms: list[Room] = []
    for position in range(len(ordered) - 1, -1, -1):
        line = ordered[position]
        # Whoever starts before this line's end overlaps it in the source and does not bound it.
        behind = bisect_left(starts, max(line.end_ms, line.start_ms + 1), lo=position + 1)
        shared = latest[behind - 1].without(line.voice) > line.end_ms
        other = behind
        if behind < len(ordered) and ordered[behind].voice == line.voice:
            other = turns[behind]
        other_ms = starts[other] if other < len(ordered) else timeline_ms
        rooms.append(
            Room(
                line_end_ms=line.end_ms,
                other_ms=min(other_ms, timeline_ms),
                own_ms=min(own_next.get(line.voice, timeline_ms), timeline_ms),
                end_ms=timeline_ms,
                shared=shared,
                silent_from_ms=latest[position - 1].without(line.voice) if position else 0,
                behind=behind,
                other=other,
            )
        )
        own_next[line.voice] = line.start_ms
    rooms.reverse()
    return rooms


@dataclass(frozen=True)
class LatestEnds:
    """The latest end of any line so far, and the latest one of another voice than that one's; -1
    where there is none."""

    voice: str = ""
    end_ms: int = -1
    other_end_ms: int = -1

    def without(self, voice: str) -> int:
        return self.other_end_ms if voice == self.voice else self.end_ms

    def with_end(self, voice: str, end_ms: int) -> LatestEnds:
        if voice == self.voice:
            return LatestEnds(self.voice, max(self.end_ms, end_ms), self.other_end_ms)
        if end_ms > self.end_ms:
            return LatestEnds(voice, end_ms, self.end_ms)
        return LatestEnds(self.voice, self.end_ms, max(self.other_end_ms, end_ms))


def _latest_ends(ordered: Sequence[Line]) -> list[LatestEnds]:
    found: list[LatestEnds] = []
    latest = LatestEnds()
    for line in ordered:
        latest = latest.with_end(line.voice, line.end_ms)
        found.append(latest)
    return found


def _next_turns(ordered: Sequence[Line]) -> list[int]:
    """For each position, the first one behind it at which someone else speaks."""
    turns = [len(ordered)] * len(ordered)
    for position in range(len(ordered) - 2, -1, -1):
        same = ordered[position].voice == ordered[position + 1].voice
        turns[position] = turns[position + 1] if same else position + 1
    return turns
