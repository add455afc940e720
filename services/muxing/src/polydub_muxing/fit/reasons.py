"""Why a line stands where it stands and is as fast as it is, in words. Pure."""

from __future__ import annotations

from polydub_muxing.fit.placement import HARD_CAP, OVERLAPPED, TRUNCATED, Line, Placement, Step


def reason(
    line: Line, placement: Placement, *, slot_end_ms: int, timeline_ms: int, smoothed: bool
) -> str:
    """The placement in words.

    Args:
        slot_end_ms: where the line's own time ends.
        smoothed: its tempo was raised only because of its neighbours.
    """
    if placement.step is Step.ORIGINAL_KEPT:
        return "no voice could say it: the original sound stays"
    said = [
        *_onset(line, placement),
        *_pace(line, placement, slot_end_ms, smoothed),
        *_end(placement, slot_end_ms),
    ]
    if not said:
        said.append(f"fits its slot of {slot_end_ms - placement.start_ms} ms as it was spoken")
    if TRUNCATED in placement.flags:
        said.append(f"the end of the sound cuts off {placement.end_ms - timeline_ms} ms")
    return "; ".join(said)


def _onset(line: Line, placement: Placement) -> list[str]:
    late_ms = placement.start_ms - line.start_ms
    if late_ms > 0:
        return [f"starts {late_ms} ms late: the line before it is still spoken"]
    if late_ms < 0:
        return [f"starts {-late_ms} ms early, in the silence before it: it is too long"]
    return []


def _pace(line: Line, placement: Placement, slot_end_ms: int, smoothed: bool) -> list[str]:
    hurried = HARD_CAP in placement.flags
    if placement.duration_ms == line.duration_ms:
        pace = f"spoken {line.rate:.2f} times as fast as the voice does by itself"
        return [f"{pace}, which is faster than sounds natural"] if hurried else []
    pace = f"stretched to {placement.tempo:.2f} times its pace"
    if hurried and line.rate > 1:
        pace += f" on top of the voice's {line.rate:.2f}"
    if hurried:
        return [f"{pace}, which is faster than sounds natural"]
    if smoothed:
        return [f"{pace}, so that it is not much slower than the line next to it"]
    if placement.tempo < 1:
        fills = "fills" if placement.end_ms >= slot_end_ms else "fills more of"
        return [f"{pace}, which {fills} the time it has in the source"]
    return [f"{pace} to fit"]


def _end(placement: Placement, slot_end_ms: int) -> list[str]:
    over_ms = placement.end_ms - placement.limit_ms
    if over_ms > 0:
        over = f"still {over_ms} ms too long"
        return [f"{over}, so it runs on over the next line" if _overlaps(placement) else over]
    if placement.end_ms > slot_end_ms:
        return [f"runs {placement.end_ms - slot_end_ms} ms into the time after it"]
    return []


def _overlaps(placement: Placement) -> bool:
    return OVERLAPPED in placement.flags
