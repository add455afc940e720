"""A smooth pace: no line is hurried while the same speaker's next one ambles. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from polydub_muxing.fit.placement import Limits, Line, Placement, Step

JUMP = 1.15
"""By how much the tempos of neighbouring lines may differ, as a ratio. Chosen, not measured."""
NEAR_MS = 1500
"""Over a longer silence nobody compares paces. Chosen, not measured."""


def smoothed(
    lines: Sequence[Line], placements: Sequence[Placement], fixed: Sequence[bool], limits: Limits
) -> list[Placement]:
    """The placements with the neighbours of hurried lines hurried a little, too.

    What is compared is what people hear: the voice's own rate times the tempo. Onsets stay, and
    lines only get shorter: nothing overlaps or runs out that did not before, and no pace rises
    above the highest one there was, nor by this above ``max_tempo``.

    Args:
        lines: one for each placement.
        fixed: lines whose length has to stay; they still pull on their neighbours.
    """
    tempos = [placement.tempo for placement in placements]
    for run in _runs(lines, placements):
        for way in (run, run[::-1]):
            for one, next_ in pairwise(way):
                if not fixed[next_]:
                    rate = lines[next_].rate
                    pulled = tempos[one] * lines[one].rate / JUMP / rate
                    pulled = min(limits.at(rate).max_tempo, pulled)
                    tempos[next_] = max(tempos[next_], pulled)
    return [
        _hurried(line, placement, tempo)
        for line, placement, tempo in zip(lines, placements, tempos, strict=True)
    ]


def _runs(lines: Sequence[Line], placements: Sequence[Placement]) -> list[list[int]]:
    """The positions of lines that one voice says shortly after one another."""
    runs: list[list[int]] = []
    open_runs: dict[str, list[int]] = {}
    for position, line in enumerate(lines):
        if placements[position].step is Step.ORIGINAL_KEPT or not line.duration_ms:
            continue
        run = open_runs.get(line.voice)
        if run and placements[position].start_ms - placements[run[-1]].end_ms <= NEAR_MS:
            run.append(position)
        else:
            run = open_runs[line.voice] = [position]
            runs.append(run)
    return runs


def _hurried(line: Line, placement: Placement, tempo: float) -> Placement:
    placed_ms = max(1, math.ceil(line.duration_ms / tempo))
    if tempo <= placement.tempo or placed_ms >= placement.duration_ms:
        return placement
    mild = placement.step in (Step.AS_SPOKEN, Step.BORROWED)
    return replace(
        placement,
        duration_ms=placed_ms,
        tempo=line.duration_ms / placed_ms,
        step=Step.STRETCHED if mild else placement.step,
    )
