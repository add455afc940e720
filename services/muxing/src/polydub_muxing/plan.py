"""Where each line stands and how fast it is spoken: a pure function of lengths and onsets.

The mildest step that serves is taken: as spoken; borrow the silence before the next onset;
stretch; stretch up to the hard cap; and last, because no word is ever cut, run on over the next
speaker or let the same speaker's next line wait. The end of the timeline counts as an onset.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from polydub.v1 import muxing_pb2


class Mode(StrEnum):
    """What matters more where the two conflict: the source's time or the natural pace."""

    BALANCED = "balanced"
    STRICT = "strict"
    """Stretches before it borrows, fills its slot, and never moves an onset."""
    NATURAL = "natural"
    """Never stretches."""


class Step(IntEnum):
    """What was done to a line. Values equal the proto's ``FitStep``."""

    AS_SPOKEN = muxing_pb2.FIT_STEP_AS_SPOKEN
    BORROWED = muxing_pb2.FIT_STEP_BORROWED
    STRETCHED = muxing_pb2.FIT_STEP_STRETCHED
    HARD_CAP = muxing_pb2.FIT_STEP_HARD_CAP
    OVERLAPPED = muxing_pb2.FIT_STEP_OVERLAPPED
    MOVED = muxing_pb2.FIT_STEP_MOVED
    ORIGINAL_KEPT = muxing_pb2.FIT_STEP_ORIGINAL_KEPT

    @property
    def wire_name(self) -> str:
        """Its name in the proto's ``FitStep``."""
        return f"FIT_STEP_{self.name}"


HARD_CAP, OVERLAPPED, MOVED, TRUNCATED = "hard_cap", "overlapped", "moved", "truncated"
ORIGINAL_KEPT = "original_kept"
"""The flags: what a person should hear before publishing."""


@dataclass(frozen=True)
class Limits:
    """How far a line may be bent. Tempo is spoken length over placed length."""

    guard_ms: int = 50
    """Silence that stays before the next onset."""
    min_tempo: float = 0.85
    max_tempo: float = 1.25
    hard_tempo: float = 1.5


@dataclass(frozen=True)
class Line:
    """A line: where the source says it, and how long the dub of it is."""

    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    duration_ms: int
    keeps_original: bool = False
    """It has no dub: the original sound stays where it is."""

    @property
    def voice(self) -> str:
        """What sounds: the speaker's new voice, or the original, which nobody can make wait."""
        return f"original {self.id}" if self.keeps_original else self.speaker_id


@dataclass(frozen=True)
class Placement:
    """Where a line stands in the dub, and why there."""

    line_id: str
    start_ms: int
    duration_ms: int
    tempo: float
    step: Step
    reason: str
    flags: tuple[str, ...]
    limit_ms: int
    """Up to where it may sound: the next onset less the guard, or its own end in the source."""

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.duration_ms


@dataclass(frozen=True)
class _Room:
    """The onsets behind a line that bound it."""

    other_ms: int
    """Of another speaker who does not overlap it in the source; or the timeline's end."""
    own_ms: int
    """Of the same speaker's next line; or the timeline's end."""
    end_ms: int
    """The timeline's end."""

    @property
    def next_ms(self) -> int:
        return min(self.other_ms, self.own_ms)


def plan(
    lines: Iterable[Line],
    *,
    timeline_ms: int,
    mode: Mode = Mode.BALANCED,
    limits: Limits | None = None,
) -> tuple[Placement, ...]:
    """One placement for each line, in the order of the lines' starts. O(n log n).

    Onsets stay where the source has them, except where a line carries the flag ``moved``. No line
    sounds in the time of another speaker unless the two overlapped in the source or the line
    carries the flag ``overlapped``.
    """
    bounds = limits or Limits()
    ordered = sorted(lines, key=lambda line: (line.start_ms, line.end_ms, line.id))
    busy_until: dict[str, int] = {}
    placements: list[Placement] = []
    for line, room in zip(ordered, _rooms(ordered, timeline_ms), strict=True):
        if line.keeps_original:
            placements.append(_kept(line, timeline_ms))
            continue
        start = line.start_ms
        if mode is not Mode.STRICT:
            start = max(start, busy_until.get(line.voice, start))
        placement = _place(line, start, room, mode, bounds)
        busy_until[line.voice] = placement.end_ms
        placements.append(placement)
    if mode is not Mode.STRICT:
        placements = _pull_inside(placements, timeline_ms, bounds.guard_ms)
    return tuple(_mark_truncated(placement, timeline_ms) for placement in placements)


def _rooms(ordered: Sequence[Line], timeline_ms: int) -> list[_Room]:
    starts = [line.start_ms for line in ordered]
    turns = _next_turns(ordered)
    own_next: dict[str, int] = {}
    rooms: list[_Room] = []
    for position in range(len(ordered) - 1, -1, -1):
        line = ordered[position]
        # Whoever starts before this line's end overlaps it in the source and does not bound it.
        behind = bisect_left(starts, max(line.end_ms, line.start_ms + 1), lo=position + 1)
        if behind < len(ordered) and ordered[behind].voice == line.voice:
            behind = turns[behind]
        other = starts[behind] if behind < len(ordered) else timeline_ms
        rooms.append(
            _Room(
                other_ms=min(other, timeline_ms),
                own_ms=min(own_next.get(line.voice, timeline_ms), timeline_ms),
                end_ms=timeline_ms,
            )
        )
        own_next[line.voice] = line.start_ms
    rooms.reverse()
    return rooms


def _next_turns(ordered: Sequence[Line]) -> list[int]:
    """For each position, the first one behind it at which someone else speaks."""
    turns = [len(ordered)] * len(ordered)
    for position in range(len(ordered) - 2, -1, -1):
        same = ordered[position].voice == ordered[position + 1].voice
        turns[position] = turns[position + 1] if same else position + 1
    return turns


def _place(line: Line, start_ms: int, room: _Room, mode: Mode, limits: Limits) -> Placement:
    slot_end = min(line.end_ms, room.next_ms)
    limit = max(slot_end, room.next_ms - limits.guard_ms)
    placed, step = _shape(line.duration_ms, slot_end - start_ms, limit - start_ms, mode, limits)
    end = start_ms + placed
    flags: list[str] = []
    if step is Step.HARD_CAP:
        flags.append(HARD_CAP)
    if start_ms != line.start_ms:
        flags.append(MOVED)
        step = Step.MOVED
    crossed = room.next_ms if mode is Mode.STRICT else room.other_ms
    if end > crossed and crossed < room.end_ms:
        flags.append(OVERLAPPED)
        step = Step.OVERLAPPED
    tempo = line.duration_ms / placed if placed else 1.0
    return Placement(
        line_id=line.id,
        start_ms=start_ms,
        duration_ms=placed,
        tempo=tempo,
        step=step,
        reason=_reason(line, start_ms, placed, slot_end, limit, tempo, OVERLAPPED in flags),
        flags=tuple(flags),
        limit_ms=limit,
    )


def _kept(line: Line, timeline_ms: int) -> Placement:
    end_ms = max(line.start_ms, min(line.end_ms, timeline_ms))
    return Placement(
        line_id=line.id,
        start_ms=line.start_ms,
        duration_ms=end_ms - line.start_ms,
        tempo=1.0,
        step=Step.ORIGINAL_KEPT,
        reason="no voice could say it: the original sound stays",
        flags=(ORIGINAL_KEPT,),
        limit_ms=end_ms,
    )


def _shape(
    duration_ms: int, slot_ms: int, reach_ms: int, mode: Mode, limits: Limits
) -> tuple[int, Step]:
    """The placed length, and the step that led there."""
    if duration_ms <= slot_ms:
        fills = mode is Mode.STRICT and limits.min_tempo * slot_ms <= duration_ms < slot_ms
        return (slot_ms, Step.STRETCHED) if fills else (duration_ms, Step.AS_SPOKEN)
    if mode is Mode.NATURAL or (mode is Mode.BALANCED and duration_ms <= reach_ms):
        return duration_ms, Step.BORROWED
    wanted_ms = slot_ms if mode is Mode.STRICT else reach_ms
    gentle_ms = max(wanted_ms, math.ceil(duration_ms / limits.max_tempo))
    if gentle_ms <= reach_ms:
        return gentle_ms, Step.STRETCHED
    return max(reach_ms, math.ceil(duration_ms / limits.hard_tempo)), Step.HARD_CAP


def _reason(
    line: Line,
    start_ms: int,
    placed_ms: int,
    slot_end_ms: int,
    limit_ms: int,
    tempo: float,
    overlapped: bool,
) -> str:
    """The placement in words."""
    end_ms = start_ms + placed_ms
    said: list[str] = []
    if late_ms := start_ms - line.start_ms:
        said.append(f"starts {late_ms} ms late: the speaker's line before it is still spoken")
    if placed_ms != line.duration_ms:
        said.append(f"spoken at {tempo:.2f} times its pace")
    if end_ms > limit_ms:
        over = f"still {end_ms - limit_ms} ms too long"
        said.append(f"{over}, so it runs on over the next line" if overlapped else over)
    elif end_ms > slot_end_ms:
        said.append(f"runs {end_ms - slot_end_ms} ms into the silence after it")
    elif not said:
        said.append(f"fits its slot of {slot_end_ms - start_ms} ms")
    return "; ".join(said)


def _pull_inside(
    placements: Sequence[Placement], timeline_ms: int, guard_ms: int
) -> list[Placement]:
    """Lets a line that would sound past the timeline's end start in the silence before it."""
    pulled: list[Placement] = []
    silent_from = 0
    for placement in placements:
        if placement.end_ms > timeline_ms:
            start = max(silent_from, timeline_ms - placement.duration_ms)
            if start < placement.start_ms:
                placement = _pulled(placement, start)
        pulled.append(placement)
        silent_from = max(silent_from, placement.end_ms + guard_ms)
    return pulled


def _pulled(placement: Placement, start_ms: int) -> Placement:
    early_ms = placement.start_ms - start_ms
    return replace(
        placement,
        start_ms=start_ms,
        step=Step.MOVED,
        reason=f"{placement.reason}; starts {early_ms} ms early so that the end does not cut it",
        flags=tuple(dict.fromkeys((*placement.flags, MOVED))),
    )


def _mark_truncated(placement: Placement, timeline_ms: int) -> Placement:
    lost_ms = placement.end_ms - timeline_ms
    if lost_ms <= 0:
        return placement
    return replace(
        placement,
        reason=f"{placement.reason}; the end of the sound cuts off {lost_ms} ms",
        flags=(*placement.flags, TRUNCATED),
    )
