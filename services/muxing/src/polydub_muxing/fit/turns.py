"""When each line starts, its length being known: one speaker ends before the next begins. Pure.

A line that is too long for its time starts earlier, in the silence before it; for what is left of
it then, the next speaker waits, as far as there is silence behind their own line. Only where both
together are not enough, or it would take more than is bearable, do two sound together who did not
in the source; then nobody moves for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from polydub_muxing.fit.placement import (
    MOVED,
    OVERLAPPED,
    TRUNCATED,
    Limits,
    Line,
    Mode,
    Placement,
    Step,
)
from polydub_muxing.fit.rooms import LatestEnds, Room

EARLY_MS = LATE_MS = 500
"""How far a line may start from its time in the source so that two speakers stay apart.

Half a second is about two syllables. So far words and lips are apart anyway within a line that had
to be hurried; and who answers half a second sooner or later answers neither rashly nor reluctantly
(turns of talk follow each other after 0.2 s on average: Stivers et al., PNAS 106, 2009). It is no
more, and nobody moves unless that ends an overlap, because of a file's onsets 95 % are to be within
150 ms. Chosen, not measured.
"""


def in_turn(
    lines: Sequence[Line],
    rooms: Sequence[Room],
    placements: Sequence[Placement],
    mode: Mode,
    limits: Limits,
) -> list[Placement]:
    """The placements with their final starts, and the flags that follow from these. O(n).

    A speaker's line waits for the one before it as long as that lasts, and what would sound past
    the timeline's end starts as much earlier as there is silence: no voice speaks over itself and
    no word is cut. Nobody else is made to move in the mode ``strict``.

    Args:
        lines: by their starts; one for each room and placement.
        placements: their lengths stay, but for a line that was drawn out and now has to wait.
    """
    apart = mode is not Mode.STRICT
    latest = [
        _latest_start_ms(*each, limits) if apart else each[0].start_ms
        for each in zip(lines, rooms, placements, strict=True)
    ]
    talk = _Talk(apart, limits, latest)
    for position, (line, room, placed) in enumerate(zip(lines, rooms, placements, strict=True)):
        talk.add(position, line, room, placed)
    # Nobody of the same voice is among those who begin before a line's end.
    first_starts = [*accumulate((each.start_ms for each in reversed(talk.placed)), min)][::-1]
    return [
        _flagged(line, room, placed, over=_runs_over(room, placed, first_starts))
        for line, room, placed in zip(lines, rooms, talk.placed, strict=True)
    ]


@dataclass
class _Talk:
    """The lines so far."""

    apart: bool
    """Lines make room for other speakers."""
    limits: Limits
    latest_ms: Sequence[int]
    """Until when each line may wait for other speakers."""
    placed: list[Placement] = field(default_factory=list)
    _silent_from_ms: int = 0
    _busy_until_ms: dict[str, int] = field(default_factory=dict)
    _ending_before: dict[int, list[tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By position: voices that have ended in the source before that line, and their ends now."""
    _ended: LatestEnds = field(default_factory=LatestEnds)

    def add(self, position: int, line: Line, room: Room, placed: Placement) -> None:
        for voice, end_ms in self._ending_before.pop(position, ()):
            self._ended = self._ended.with_end(voice, end_ms)
        if placed.step is not Step.ORIGINAL_KEPT:
            placed = self._later(line, self.latest_ms[position], placed)
            placed = self._earlier(line, room, placed)
        self.placed.append(placed)
        self._busy_until_ms[line.voice] = placed.end_ms
        self._ending_before[room.behind].append((line.voice, placed.end_ms))
        self._silent_from_ms = max(self._silent_from_ms, placed.end_ms + self.limits.guard_ms)

    def _later(self, line: Line, latest_ms: int, placed: Placement) -> Placement:
        """The line behind its own speaker's, and behind others' where it has time for that."""
        start_ms = max(line.start_ms, self._busy_until_ms.get(line.voice, 0))
        others_end_ms = self._ended.without(line.voice)
        if start_ms < others_end_ms <= latest_ms:
            start_ms = others_end_ms
        duration_ms = placed.duration_ms
        if start_ms > placed.start_ms:
            shortest_ms = _shortest_ms(line, placed, self.limits)
            duration_ms = min(duration_ms, max(shortest_ms, placed.end_ms - start_ms))
        tempo = line.duration_ms / duration_ms if duration_ms else 1.0
        return replace(placed, start_ms=start_ms, duration_ms=duration_ms, tempo=tempo)

    def _earlier(self, line: Line, room: Room, placed: Placement) -> Placement:
        """The line in the silence before it, where it is too long for what comes after it."""
        start_ms = placed.start_ms
        if self.apart and room.other_ms < min(placed.end_ms, room.end_ms):
            wanted_ms = room.other_ms - self.limits.guard_ms - placed.duration_ms
            silent_ms = max(self._silent_from_ms, room.silent_from_ms, line.start_ms - EARLY_MS)
            earlier_ms = max(wanted_ms, silent_ms)
            if earlier_ms + placed.duration_ms <= self._waits_until_ms(room):
                start_ms = min(start_ms, earlier_ms)
        if start_ms + placed.duration_ms > room.end_ms:
            wanted_ms = room.end_ms - placed.duration_ms
            start_ms = min(start_ms, max(wanted_ms, self._silent_from_ms))
        return replace(placed, start_ms=start_ms)

    def _waits_until_ms(self, room: Room) -> int:
        """Until when the next speaker can wait."""
        others = room.other < len(self.latest_ms)
        return max(room.other_ms, self.latest_ms[room.other] if others else 0)


def _latest_start_ms(line: Line, room: Room, placed: Placement, limits: Limits) -> int:
    """Until when a line may wait for other speakers without taking anyone's time itself."""
    if placed.step is Step.ORIGINAL_KEPT:
        return line.start_ms
    free_ms = room.free_until_ms(limits) - _shortest_ms(line, placed, limits)
    return min(line.start_ms + LATE_MS, free_ms)


def _shortest_ms(line: Line, placed: Placement, limits: Limits) -> int:
    """What was drawn out may be spoken at its own pace, where that is none to be flagged."""
    if limits.hurried(line.rate):
        return placed.duration_ms
    return min(placed.duration_ms, line.duration_ms)


def _runs_over(room: Room, placed: Placement, first_starts: Sequence[int]) -> bool:
    """Whether it still sounds when someone begins who did not speak with it in the source."""
    return room.other_ms < room.end_ms and placed.end_ms > first_starts[room.behind]


def _flagged(line: Line, room: Room, placed: Placement, *, over: bool) -> Placement:
    flags, step = list(placed.flags), placed.step
    if placed.start_ms != line.start_ms:
        flags.append(MOVED)
        step = Step.MOVED
    if over:
        flags.append(OVERLAPPED)
        step = Step.OVERLAPPED
    if placed.end_ms > room.end_ms:
        flags.append(TRUNCATED)
    return replace(placed, flags=tuple(flags), step=step)
