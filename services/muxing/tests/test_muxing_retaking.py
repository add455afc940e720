"""Which lines are worth saying again, and which new takes are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxing_talks import modes, spare, talks, timeline_of

from polydub_muxing.fit.placement import HARD_CAP, MOVED, OVERLAPPED, Limits, Line, Mode, Placement
from polydub_muxing.fit.retaking import keep_better, wanted
from polydub_muxing.fit.slowing import Arrangement, arrange

pytestmark = pytest.mark.unit

LIMITS = Limits()


def arranged(lines: Sequence[Line], mode: Mode = Mode.BALANCED, end_ms: int = 9000) -> Arrangement:
    return arrange(lines, timeline_ms=end_ms, mode=mode, limits=LIMITS)


def test_lines_that_are_too_long_are_wanted_again_the_worst_first() -> None:
    lines = [
        Line("fits", "A", 0, 1000, 900),
        Line("hurried", "B", 1000, 2000, 1400),
        Line("long", "A", 2050, 3000, 2600, rate=1.2),
        Line("late", "A", 3050, 5000, 900),
        Line("kept", "B", 5000, 6000, 1000, keeps_original=True),
    ]
    found = wanted(arranged(lines))
    assert [each.line_id for each in found] == ["long", "hurried"]
    assert (found[0].room_ms, found[0].natural_ms) == (950, 3120)
    assert found[0].ratio == pytest.approx(950 / 3120)


def test_a_take_that_helps_is_kept_and_one_that_does_not_is_not() -> None:
    lines = [Line("a", "A", 0, 1000, 3000), Line("b", "B", 1500, 2500, 2000)]
    takes = {"a": replace(lines[0], duration_ms=1400), "b": replace(lines[1], duration_ms=2600)}
    assert keep_better(lines, takes, arranged) == {"a"}


def test_a_take_with_less_overflow_is_kept_even_if_it_is_still_too_long() -> None:
    lines = [Line("a", "A", 0, 1000, 6000), Line("b", "B", 1500, 2500, 900)]
    assert keep_better(lines, {"a": replace(lines[0], duration_ms=3000)}, arranged) == {"a"}


def test_who_was_spoken_over_may_wait_for_a_shorter_take_instead() -> None:
    lines = [Line("a", "A", 0, 1000, 6000), Line("b", "B", 1500, 2500, 900)]
    shorter = [replace(lines[0], duration_ms=2700), lines[1]]
    assert [placed.flags for placed in arranged(shorter).placements] == [(HARD_CAP,), (MOVED,)]
    assert keep_better(lines, {"a": shorter[0]}, arranged) == {"a"}


def test_a_line_that_others_make_room_for_is_wanted_again() -> None:
    lines = [Line("a", "A", 0, 1000, 1900), Line("b", "B", 1500, 2500, 900)]
    made = arranged(lines, Mode.NATURAL)
    assert [placed.flags for placed in made.placements] == [(), (MOVED,)]
    assert [each.line_id for each in wanted(made)] == ["a"]


def burdens(arrangement: Arrangement) -> dict[str, tuple[int, int, bool]]:
    def burden(placed: Placement) -> tuple[int, int, bool]:
        over_ms = max(0, placed.end_ms - placed.limit_ms)
        return len(set(placed.flags) - {MOVED}), over_ms, MOVED in placed.flags

    return {placed.line_id: burden(placed) for placed in arrangement.placements}


@given(talks(), spare, modes, st.data())
def test_with_what_is_kept_no_line_is_worse_off(
    lines: list[Line], spare_ms: int, mode: Mode, data: st.DataObject
) -> None:
    end_ms = timeline_of(lines, spare_ms)
    takes = {
        line.id: replace(line, duration_ms=data.draw(st.integers(1, 6000)), rate=1.0)
        for line in lines
        if data.draw(st.booleans())
    }
    kept = keep_better(lines, takes, lambda some: arranged(some, mode, end_ms))
    chosen = [takes[line.id] if line.id in kept else line for line in lines]
    before, after = burdens(arranged(lines, mode, end_ms)), burdens(arranged(chosen, mode, end_ms))
    assert kept <= set(takes)
    for name, (flags, over_ms, _) in after.items():
        assert flags <= before[name][0] and over_ms <= before[name][1]
    for name in kept if len(takes) == 1 else ():
        assert after[name] != before[name]


def test_twice_as_long_as_its_slot_and_nothing_shorter_stays_within_the_cap() -> None:
    lines = [Line("a", "A", 0, 1000, 2000, rate=1.35), Line("b", "B", 1050, 2500, 900)]
    first = arranged(lines).placements[0]
    assert first.tempo * 1.35 <= LIMITS.hard_tempo + 1e-9
    assert first.flags == (HARD_CAP, OVERLAPPED)
    assert "on top of the voice's 1.35" in first.reason and "runs on" in first.reason
