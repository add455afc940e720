"""Where each line stands and how fast it is spoken: a pure function of lengths and onsets.

The mildest step that serves is taken: as spoken, drawn out a little where it is shorter than the
source's line; borrow the silence before the next onset; stretch; stretch up to the hard cap; start
in the silence before it, let the next line wait; and last, because no word is ever cut, run on over
the next speaker. The end of the timeline counts as an onset.
Who is spoken over in the source is spoken over in the dub, for about as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from polydub_muxing.fit.placement import (
    HARD_CAP,
    ORIGINAL_KEPT,
    Limits,
    Line,
    Mode,
    Placement,
    Step,
)
from polydub_muxing.fit.reasons import reason
from polydub_muxing.fit.rooms import Room, in_order, rooms_of
from polydub_muxing.fit.tempo import smoothed
from polydub_muxing.fit.turns import in_turn

FILLED = 0.95
"""The share of its slot that a short line is drawn out to. Chosen: what is left is hardly seen, and
most lines of about the right length are left as they were spoken."""


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
    ordered = in_order(list(lines))
    rooms = rooms_of(ordered, timeline_ms)
    shaped = _shaped(ordered, rooms, mode, bounds)
    even = shaped
    if mode not in (Mode.STRICT, Mode.NATURAL):
        even = smoothed(ordered, shaped, [room.shared for room in rooms], bounds)
    hurried = [now is not before for before, now in zip(shaped, even, strict=True)]
    placed = in_turn(ordered, rooms, even, mode, bounds)
    return tuple(map(_explained, ordered, rooms, placed, hurried))


def _shaped(
    ordered: Sequence[Line], rooms: Sequence[Room], mode: Mode, limits: Limits
) -> list[Placement]:
    """How long each line gets, where only its own speaker's lines make it wait."""
    busy_until: dict[str, int] = {}
    placements: list[Placement] = []
    for line, room in zip(ordered, rooms, strict=True):
        if line.keeps_original:
            placements.append(_kept(line, room.end_ms))
            continue
        start = max(line.start_ms, busy_until.get(line.voice, 0))
        placement = _place(line, start, room, mode, limits)
        busy_until[line.voice] = placement.end_ms
        placements.append(placement)
    return placements


def _place(line: Line, start_ms: int, room: Room, mode: Mode, limits: Limits) -> Placement:
    limit = room.limit_ms(limits)
    held = mode is Mode.STRICT or (room.shared and mode is not Mode.NATURAL)
    placed, step = _shape(
        line.duration_ms,
        room.slot_end_ms - start_ms,
        limit - start_ms,
        held,
        mode,
        limits.at(line.rate),
    )
    tempo = line.duration_ms / placed if placed else 1.0
    flags: list[str] = []
    if step is Step.HARD_CAP or limits.hurried(line.rate * tempo):
        step = Step.HARD_CAP
        flags.append(HARD_CAP)
    return Placement(
        line_id=line.id,
        start_ms=start_ms,
        duration_ms=placed,
        tempo=tempo,
        step=step,
        reason="",
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
        reason="",
        flags=(ORIGINAL_KEPT,),
        limit_ms=end_ms,
    )


def _shape(
    duration_ms: int, slot_ms: int, reach_ms: int, held: bool, mode: Mode, limits: Limits
) -> tuple[int, Step]:
    """The placed length, and the step that led there.

    Args:
        held: it should end where the source's line ends, rather than sound natural.
    """
    if duration_ms <= slot_ms:
        drawn_ms = _drawn_out(duration_ms, slot_ms, held, mode, limits)
        return drawn_ms, Step.STRETCHED if drawn_ms > duration_ms else Step.AS_SPOKEN
    if mode is Mode.NATURAL or (not held and duration_ms <= reach_ms):
        return duration_ms, Step.BORROWED
    wanted_ms = slot_ms if held else reach_ms
    gentle_ms = max(wanted_ms, math.ceil(duration_ms / limits.max_tempo))
    if gentle_ms <= reach_ms:
        return gentle_ms, Step.STRETCHED
    return max(reach_ms, math.ceil(duration_ms / limits.hard_tempo)), Step.HARD_CAP


def _drawn_out(duration_ms: int, slot_ms: int, held: bool, mode: Mode, limits: Limits) -> int:
    """The length of a line that is shorter than its slot, in which a mouth may still move.

    What should end where the source's line ends is drawn out only where it then does; what need
    not is drawn out as far as is gentle, and stops a little before.
    """
    longest_ms = math.floor(duration_ms / limits.min_tempo)
    if held:
        return slot_ms if longest_ms >= slot_ms else duration_ms
    if mode is not Mode.BALANCED:
        return duration_ms
    return max(duration_ms, min(longest_ms, round(FILLED * slot_ms)))


def _explained(line: Line, room: Room, placement: Placement, smoothed: bool) -> Placement:
    words = reason(
        line,
        placement,
        slot_end_ms=room.slot_end_ms,
        timeline_ms=room.end_ms,
        smoothed=smoothed,
    )
    return replace(placement, reason=words)
