"""Where the talk is cut into parts that travel separately through the stages behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from polydub_diarization.spans import Span

_GOOD_PAUSE_MS = 1000
"""A longer pause is no better place for a cut."""
_PAUSE_WEIGHT = 0.5
_TOO_SHORT = 1.0
_TOO_LONG = 10.0


@dataclass(frozen=True)
class PartRule:
    """How much talk a part holds, from the start of its first utterance to the last one's end."""

    target_ms: int = 45_000
    least_ms: int = 30_000
    most_ms: int = 60_000


def cut_parts(utterances: Sequence[Span], duration_ms: int, rule: PartRule) -> list[Span]:
    """Parts that touch each other and cover ``[0, duration_ms]``.

    Every utterance lies wholly inside one part, and every part holds at least one. Cuts lie in
    the middle of silences, longer ones by preference. A part leaves ``[least_ms, most_ms]`` only
    where the utterances leave no choice.

    Args:
        utterances: in order of start, at least one, inside the talk.
    """
    blocks = _blocks(utterances)
    firsts = _best_firsts(blocks, rule)
    cuts = [_between(blocks[first - 1], blocks[first]) for first in firsts[1:]]
    bounds = [0, *cuts, duration_ms]
    return [Span(start, end) for start, end in pairwise(bounds)]


def part_of(parts: Sequence[Span], utterance: Span) -> int:
    """The index of the part that an utterance lies in."""
    return next(i for i, part in enumerate(parts) if utterance.start_ms < part.end_ms)


def _blocks(utterances: Sequence[Span]) -> list[Span]:
    """What can't be cut apart: utterances that overlap become one block."""
    blocks: list[Span] = []
    for span in utterances:
        if blocks and span.start_ms < blocks[-1].end_ms:
            blocks[-1] = Span(blocks[-1].start_ms, max(blocks[-1].end_ms, span.end_ms))
        else:
            blocks.append(span)
    return blocks


def _best_firsts(blocks: Sequence[Span], rule: PartRule) -> list[int]:
    """The index of each part's first block, by the cheapest way through all blocks."""
    costs = [0.0]
    came_from = [0]
    for end in range(1, len(blocks) + 1):
        best, best_first = float("inf"), end - 1
        for first in range(end - 1, -1, -1):
            talk_ms = blocks[end - 1].end_ms - blocks[first].start_ms
            cost = costs[first] + _cost(talk_ms, rule) + _cut_cost(blocks, first)
            if cost < best:
                best, best_first = cost, first
            if talk_ms > rule.most_ms:
                break
        costs.append(best)
        came_from.append(best_first)
    firsts = [came_from[-1]]
    while firsts[-1] > 0:
        firsts.append(came_from[firsts[-1]])
    return firsts[::-1]


def _cost(talk_ms: int, rule: PartRule) -> float:
    away = (talk_ms / rule.target_ms - 1) ** 2
    if talk_ms < rule.least_ms:
        return away + _TOO_SHORT
    return away + (_TOO_LONG if talk_ms > rule.most_ms else 0.0)


def _cut_cost(blocks: Sequence[Span], first: int) -> float:
    """What it costs to cut in front of a block: nothing in a good pause."""
    if first == 0:
        return 0.0
    pause_ms = blocks[first].start_ms - blocks[first - 1].end_ms
    return _PAUSE_WEIGHT * (1 - min(pause_ms, _GOOD_PAUSE_MS) / _GOOD_PAUSE_MS)


def _between(before: Span, after: Span) -> int:
    return (before.end_ms + after.start_ms) // 2
