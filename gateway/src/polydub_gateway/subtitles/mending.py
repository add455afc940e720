"""Slips in the times of subtitles, mended where that can't change what is said when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from polydub_gateway.subtitles.blocks import FRAME_MS, Block
from polydub_gateway.subtitles.rolling import unrolled
from polydub_gateway.subtitles.wording import said_in

_HAIR_MS = 120
"""Three frames of a film: cues overlap by so little where one was cut after the other."""
_LETTER_MS = 70
"""Of a cue without a length: that of common speech (14 letters a second)."""
_LINES_NAMED = 5


@dataclass(frozen=True)
class Mended:
    """Cues that can be spoken, in order of start."""

    blocks: tuple[Block, ...]
    notes: tuple[str, ...]
    """What was done to them that a person should know: a sentence each."""


def mended(blocks: Sequence[Block], duration_ms: int | None) -> Mended:
    """The cues sorted, what rolls unrolled, and every cue with a length.

    A cue that ends when it starts, or before, gets the time of its words as far as nothing else
    starts; where there is none, it is left out. A cue that ends within three frames of another's
    start ends there.

    Args:
        duration_ms: of the video; None where it is not known.
    """
    notes = [_note("Sorted, because they start before the one above them", _unsorted(blocks))]
    ordered = sorted(blocks, key=lambda block: block.start_ms)
    if rolling := unrolled(ordered):
        notes.append("The captions roll: each line is said once, when it is new.")
        ordered = rolling
    followers = [*ordered[1:], None]
    given = [
        _with_length(block, after.start_ms if after else duration_ms)
        for block, after in zip(ordered, followers, strict=True)
    ]
    whole = [block for block in given if _has_length(block)]
    longer = [new for old, new in zip(ordered, given, strict=True) if new is not old]
    gone = [block for block in longer if not _has_length(block)]
    notes += [
        _note("Given the time of their words", list(filter(_has_length, longer))),
        _note("Left out, because there is no time for their words", gone),
    ]
    return Mended(tuple(_trimmed(whole)), tuple(filter(None, notes)))


def _unsorted(blocks: Sequence[Block]) -> list[Block]:
    return [after for before, after in pairwise(blocks) if after.start_ms < before.start_ms]


def _with_length(block: Block, until_ms: int | None) -> Block:
    """The cue itself where it has a length."""
    if _has_length(block):
        return block
    end_ms = block.start_ms + _LETTER_MS * sum(map(len, block.text))
    return replace(block, end_ms=end_ms if until_ms is None else min(end_ms, until_ms))


def _trimmed(blocks: Sequence[Block]) -> list[Block]:
    return [
        replace(block, end_ms=after.start_ms) if after and _is_hair(block, after) else block
        for block, after in zip(blocks, [*blocks[1:], None], strict=False)
    ]


def _is_hair(block: Block, after: Block) -> bool:
    over_ms = block.end_ms - after.start_ms
    return 0 < over_ms <= _HAIR_MS and after.start_ms - block.start_ms >= FRAME_MS


def _has_length(block: Block) -> bool:
    return block.end_ms - block.start_ms >= FRAME_MS


def _note(done: str, blocks: Sequence[Block]) -> str:
    """What was done to some cues; nothing where nothing is said in them."""
    lines = [block.line for block in blocks if said_in(block.text)]
    if not lines:
        return ""
    named = ", ".join(map(str, lines[:_LINES_NAMED]))
    rest = f" and {len(lines) - _LINES_NAMED} more" if len(lines) > _LINES_NAMED else ""
    return f"{done}: the cues in line {named}{rest}."
