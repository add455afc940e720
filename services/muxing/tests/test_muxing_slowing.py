"""Where time is slowed, and what that does to a plan."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxing_talks import spare, talks, timeline_of

from polydub_muxing.fit.placement import Limits, Line, Mode, Step
from polydub_muxing.fit.rooms import in_order, rooms_of
from polydub_muxing.fit.slowing import (
    MAX_SLOWING,
    MIN_SLOWING,
    UNSLOWED,
    Arrangement,
    TimeMap,
    arrange,
)
from polydub_muxing.sound.retiming import picture_filter

pytestmark = pytest.mark.unit

LIMITS = Limits()


def slowed(lines: list[Line], timeline_ms: int) -> Arrangement:
    return arrange(lines, timeline_ms=timeline_ms, mode=Mode.SLOW_PICTURE, limits=LIMITS)


def test_the_picture_waits_for_a_line_that_is_too_long() -> None:
    lines = [
        Line("a", "A", 1000, 2000, 1400),
        Line("b", "B", 2150, 3000, 800),
        Line("c", "A", 4000, 5000, 900),
    ]
    made = slowed(lines, 6000)
    # 1100 ms were there, with the silence: 300 ms are added, and all that comes after is later.
    assert made.time_map.knots == ((0, 0), (1000, 1000), (2100, 2400))
    assert [placed.start_ms for placed in made.placements] == [1000, 2450, 4300]
    assert {placed.tempo for placed in made.placements} == {1.0}
    assert made.time_map.at(6000) == 6300


def test_what_is_beyond_the_limit_is_left_to_the_voice() -> None:
    made = slowed([Line("a", "A", 0, 1000, 1800), Line("b", "B", 1000, 2000, 900)], 3000)
    first = made.placements[0]
    assert made.time_map.added_ms == 500
    assert (first.step, first.duration_ms, first.tempo) == (Step.STRETCHED, 1500, 1.2)


def test_lines_that_fit_leave_the_picture_alone() -> None:
    lines = [Line("a", "A", 0, 1000, 1020), Line("b", "B", 1050, 2000, 900)]
    assert slowed(lines, 3000).time_map == UNSLOWED
    assert arrange(
        [Line("a", "A", 0, 1000, 4000)], timeline_ms=1000, mode=Mode.BALANCED, limits=LIMITS
    ).time_map == UNSLOWED  # fmt: skip


def test_where_two_speak_the_one_that_needs_more_decides() -> None:
    made = slowed([Line("a", "A", 0, 2000, 2400), Line("b", "B", 1000, 3050, 2600)], 3100)
    assert [round(each.factor, 1) for each in made.time_map.slowed()] == [1.2, 1.3, 1.3]
    assert {placed.step for placed in made.placements} <= {Step.AS_SPOKEN, Step.STRETCHED}


def test_an_original_that_is_kept_is_slowed_with_the_picture() -> None:
    lines = [Line("a", "A", 0, 2000, 3000), Line("b", "B", 0, 2000, 0, keeps_original=True)]
    made = slowed(lines, 2050)
    assert made.lines[1].duration_ms == made.time_map.at(2000) == 3000


@given(talks(), spare)
def test_time_rises_and_is_never_slowed_beyond_the_limit(lines: list[Line], spare_ms: int) -> None:
    made = slowed(lines, timeline_of(lines, spare_ms)).time_map
    for (one, slowed_one), (next_, slowed_next) in pairwise(made.knots):
        assert 1 <= Fraction(slowed_next - slowed_one, next_ - one) <= MAX_SLOWING
    moments = [made.at(moment) for moment in range(0, timeline_of(lines, spare_ms), 37)]
    assert all(one < next_ for one, next_ in pairwise(moments))
    assert made.at(10**6) == 10**6 + made.added_ms


@given(talks(), spare)
def test_each_line_gets_the_time_it_needs_as_far_as_the_limit_allows(
    lines: list[Line], spare_ms: int
) -> None:
    time_map = slowed(lines, timeline_of(lines, spare_ms)).time_map
    ordered = in_order(lines)
    for line, room in zip(ordered, rooms_of(ordered, timeline_of(lines, spare_ms)), strict=True):
        until_ms = room.slot_end_ms if room.shared else room.limit_ms(LIMITS)
        room_ms = max(0, until_ms - line.start_ms)
        got_ms = time_map.at(line.start_ms + room_ms) - time_map.at(line.start_ms)
        most_ms = room_ms * MAX_SLOWING - len(time_map.knots)  # each piece is rounded down
        assert got_ms >= min(line.duration_ms / MIN_SLOWING - 1, most_ms)


def picture_moment(filters: str, moment_ms: float, offset_ms: float) -> float:
    """What ffmpeg makes of the expression, in Python's words."""
    found = re.search(r"round\((.+)/1000/TB\)'", filters)
    assert found
    words = found[1].replace("if(", "when(").replace("ld(0)", "x")
    scope = {
        "x": moment_ms - offset_ms,
        "lt": lambda a, b: a < b,
        "when": lambda test, yes, no: yes if test else no,
    }
    return float(eval(words, scope))


@given(talks(), spare, st.integers(0, 2000))
def test_frames_follow_the_map(lines: list[Line], spare_ms: int, offset_ms: int) -> None:
    end_ms = timeline_of(lines, spare_ms)
    made = slowed(lines, end_ms).time_map
    filters = picture_filter(made, offset_ms / 1000)
    for moment in range(0, end_ms + 500, max(1, end_ms // 20)):
        expected = made.at(moment) + offset_ms
        assert abs(picture_moment(filters, moment + offset_ms, offset_ms) - expected) <= 1


def test_an_empty_map_is_the_identity() -> None:
    assert [TimeMap().at(moment) for moment in (-5, 0, 7)] == [-5, 0, 7]
    assert TimeMap(((0, 0), (10, 15))).at(-5) == -5
