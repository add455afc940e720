"""A smooth pace from line to line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.fit.placement import Limits, Line, Mode, Placement, Step
from polydub_muxing.fit.plan import plan
from polydub_muxing.fit.tempo import JUMP, NEAR_MS, smoothed

pytestmark = pytest.mark.unit

LIMITS = Limits()


def placed(number: int, start_ms: int, spoken_ms: int, tempo: float) -> tuple[Line, Placement]:
    length_ms = round(spoken_ms / tempo)
    line = Line(f"u{number}", "A", start_ms, start_ms + length_ms, spoken_ms)
    step = Step.AS_SPOKEN if tempo == 1 else Step.STRETCHED
    placement = Placement(
        line.id, start_ms, length_ms, spoken_ms / length_ms, step, "", (), start_ms + length_ms
    )
    return line, placement


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[Line, Placement]]:
    found, moment = [], 0
    for number in range(draw(st.integers(1, 10))):
        moment += draw(st.integers(0, 2 * NEAR_MS))
        tempo = draw(st.floats(LIMITS.min_tempo, LIMITS.hard_tempo))
        found.append(placed(number, moment, draw(st.integers(200, 6000)), tempo))
        moment = found[-1][1].end_ms
    return found


def smooth(run: list[tuple[Line, Placement]], fixed: list[bool] | None = None) -> list[Placement]:
    lines, placements = zip(*run, strict=True)
    return smoothed(lines, placements, fixed or [False] * len(run), LIMITS)


def test_the_lines_around_a_hurried_one_hurry_a_little() -> None:
    run = [placed(n, 3000 * n, 2000, 1.25 if n == 2 else 1.0) for n in range(5)]
    tempos = [round(each.tempo, 2) for each in smooth(run)]
    assert tempos == [1.0, 1.09, 1.25, 1.09, 1.0]
    assert smooth(run)[1].step is Step.STRETCHED


def test_a_pause_sets_the_pace_free() -> None:
    run = [placed(0, 0, 2500, 1.25), placed(1, 2001 + NEAR_MS, 2000, 1.0)]
    assert smooth(run) == [run[0][1], run[1][1]]


def test_each_speaker_has_a_pace_of_their_own() -> None:
    lines = [Line("a", "A", 0, 1000, 1250), Line("b", "B", 1050, 2050, 1000)]
    first, second = plan(lines, timeline_ms=9000)
    assert (first.tempo, second.tempo) == (1.25, 1.0)


def test_the_plan_says_why() -> None:
    lines = [Line("a", "A", 0, 1000, 1250), Line("b", "A", 1050, 2550, 1500)]
    second = plan(lines, timeline_ms=2600)[1]
    assert second.reason == (
        "stretched to 1.09 times its pace, so that it is not much slower than the line next to it"
    )
    assert plan(lines, timeline_ms=2600, mode=Mode.NATURAL)[1].duration_ms == 1500


@given(runs())
def test_no_line_gets_longer_later_or_faster_than_the_fastest_was(
    run: list[tuple[Line, Placement]],
) -> None:
    fastest = max(placement.tempo for _, placement in run)
    for (line, before), after in zip(run, smooth(run), strict=True):
        assert after.start_ms == before.start_ms
        assert after.duration_ms <= before.duration_ms
        assert after.tempo <= fastest
        assert after.tempo <= max(before.tempo, LIMITS.max_tempo)
        assert round(after.duration_ms * after.tempo) == line.duration_ms


@given(runs())
def test_neighbours_differ_by_no_more_than_the_jump(run: list[tuple[Line, Placement]]) -> None:
    after = smooth(run)
    for at, (one, other) in enumerate(pairwise(after)):
        near = run[at + 1][1].start_ms - run[at][1].end_ms <= NEAR_MS
        slower, faster = sorted((one, other), key=lambda each: each.tempo)
        if near and faster.tempo / slower.tempo > JUMP:
            # The slower one is a millisecond off, or as fast as is allowed without a flag.
            exact = min(LIMITS.max_tempo, faster.tempo / JUMP)
            spoken_ms = slower.duration_ms * slower.tempo
            assert slower.duration_ms - spoken_ms / exact <= 1.001


@given(runs(), st.data())
def test_fixed_lines_stay(run: list[tuple[Line, Placement]], data: st.DataObject) -> None:
    fixed = [data.draw(st.booleans()) for _ in run]
    for (_, before), after, stays in zip(run, smooth(run, fixed), fixed, strict=True):
        assert not stays or after == before
