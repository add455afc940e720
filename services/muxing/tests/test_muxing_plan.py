"""The plan: its steps one by one, and what holds for any lines at all."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.plan import (
    MOVED,
    ORIGINAL_KEPT,
    OVERLAPPED,
    TRUNCATED,
    Limits,
    Line,
    Mode,
    Placement,
    Step,
    plan,
)

pytestmark = pytest.mark.unit

LIMITS = Limits()


def one(duration_ms: int, mode: Mode = Mode.BALANCED, *, next_speaker: str = "B") -> Placement:
    """A line with a slot of 1000 ms and the next onset 500 ms behind it."""
    lines = [
        Line("a", "A", 0, 1000, duration_ms),
        Line("b", next_speaker, 1500, 2500, 1000),
    ]
    return plan(lines, timeline_ms=10_000, mode=mode)[0]


@pytest.mark.parametrize(
    ("duration_ms", "step", "placed_ms"),
    [
        (700, Step.AS_SPOKEN, 700),
        (1000, Step.AS_SPOKEN, 1000),
        (1400, Step.BORROWED, 1400),
        (1450, Step.BORROWED, 1450),
        (1500, Step.STRETCHED, 1450),
        (1812, Step.STRETCHED, 1450),
        (2000, Step.HARD_CAP, 1450),
        (3000, Step.OVERLAPPED, 2000),
    ],
)
def test_the_mildest_step_that_serves(duration_ms: int, step: Step, placed_ms: int) -> None:
    placement = one(duration_ms)
    assert (placement.step, placement.duration_ms) == (step, placed_ms)
    assert placement.reason


def test_strict_stretches_before_it_borrows_and_fills_its_slot() -> None:
    assert one(1200, Mode.STRICT).duration_ms == 1000
    assert one(1400, Mode.STRICT).duration_ms == 1120
    assert one(900, Mode.STRICT).duration_ms == 1000
    assert one(800, Mode.STRICT).step is Step.AS_SPOKEN


def test_natural_runs_on_at_its_own_pace() -> None:
    placement = one(3000, Mode.NATURAL)
    assert (placement.tempo, placement.step) == (1.0, Step.OVERLAPPED)


def test_the_same_speaker_waits_for_itself() -> None:
    lines = [Line("a", "A", 0, 1000, 3000), Line("b", "A", 1500, 4000, 1000)]
    first, second = plan(lines, timeline_ms=10_000)
    assert OVERLAPPED not in first.flags
    assert (second.start_ms, second.step, second.flags) == (first.end_ms, Step.MOVED, (MOVED,))


def test_time_shared_in_the_source_may_be_shared_again() -> None:
    lines = [Line("a", "A", 0, 2000, 2500), Line("b", "B", 1500, 3000, 1000)]
    first, _ = plan(lines, timeline_ms=10_000)
    assert (first.step, first.flags) == (Step.BORROWED, ())


def test_the_last_line_starts_early_rather_than_being_cut_off() -> None:
    lines = [Line("a", "A", 0, 1000, 900), Line("b", "B", 8000, 9000, 4000)]
    _, last = plan(lines, timeline_ms=10_000)
    assert last.end_ms == 10_000
    assert last.flags == ("hard_cap", MOVED)
    _, strict = plan(lines, timeline_ms=10_000, mode=Mode.STRICT)
    assert (strict.start_ms, TRUNCATED in strict.flags) == (8000, True)


@st.composite
def talks(draw: st.DrawFn) -> list[Line]:
    count = draw(st.integers(0, 12))
    lines = []
    moment = 0
    for number in range(count):
        moment = max(0, moment + draw(st.integers(-800, 2500)))
        length = draw(st.integers(1, 4000))
        spoken = draw(st.integers(0, 9000))
        speaker = draw(st.sampled_from("ABC"))
        lines.append(Line(f"u{number}", speaker, moment, moment + length, spoken))
        moment += length
    return lines


def timeline_of(lines: list[Line], spare_ms: int) -> int:
    return max((line.end_ms for line in lines), default=0) + spare_ms


modes = st.sampled_from(Mode)
spare = st.integers(0, 3000)


@given(talks(), spare, modes)
def test_every_line_is_placed_once_and_no_word_is_cut(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    spoken = {line.id: line.duration_ms for line in lines}
    assert sorted(p.line_id for p in placements) == sorted(spoken)
    for placement in placements:
        assert placement.duration_ms * LIMITS.hard_tempo >= spoken[placement.line_id]
        assert LIMITS.min_tempo <= placement.tempo <= LIMITS.hard_tempo
        if mode is Mode.NATURAL:
            assert placement.duration_ms == spoken[placement.line_id]
        if "hard_cap" not in placement.flags:
            assert placement.tempo <= LIMITS.max_tempo


@given(talks(), spare, modes)
def test_one_speakers_lines_keep_their_order(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    speaker = {line.id: line.speaker_id for line in lines}
    for one_, other in combinations(placements, 2):
        if speaker[one_.line_id] == speaker[other.line_id]:
            assert one_.start_ms <= other.start_ms
            if mode is not Mode.STRICT:
                assert one_.end_ms <= other.start_ms


@given(talks(), spare, modes)
def test_onsets_stay_unless_the_line_is_flagged(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    starts = {line.id: line.start_ms for line in lines}
    for placement in plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode):
        assert (placement.start_ms != starts[placement.line_id]) == (MOVED in placement.flags)
        assert not (mode is Mode.STRICT and MOVED in placement.flags)


@given(talks(), spare, modes)
def test_nobody_takes_anothers_time_unflagged(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    by_id = {line.id: line for line in lines}
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    for one_, other in combinations(placements, 2):
        first, second = by_id[one_.line_id], by_id[other.line_id]
        met = first.start_ms < second.end_ms and second.start_ms < first.end_ms
        together = one_.start_ms < other.end_ms and other.start_ms < one_.end_ms
        if first.speaker_id != second.speaker_id and together and not met:
            assert OVERLAPPED in one_.flags or OVERLAPPED in other.flags


@given(talks(), spare, modes)
def test_what_leaves_the_timeline_is_flagged(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    end_ms = timeline_of(lines, spare_ms)
    for placement in plan(lines, timeline_ms=end_ms, mode=mode):
        assert (placement.end_ms > end_ms) == (TRUNCATED in placement.flags)
        assert placement.start_ms >= 0


@given(talks(), spare, modes, st.randoms())
def test_the_order_of_the_input_does_not_matter(
    lines: list[Line], spare_ms: int, mode: Mode, random: object
) -> None:
    end_ms = timeline_of(lines, spare_ms)
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, timeline_ms=end_ms, mode=mode) == plan(
        lines, timeline_ms=end_ms, mode=mode
    )


def test_a_line_without_a_dub_stays_where_the_source_has_it_and_bounds_the_others() -> None:
    lines = [
        Line("a", "A", 0, 1000, 3000),
        Line("b", "A", 1500, 2500, 1000, keeps_original=True),
        Line("c", "A", 2600, 3600, 900),
    ]
    before, kept, behind = plan(lines, timeline_ms=10_000)
    assert (kept.start_ms, kept.end_ms, kept.tempo) == (1500, 2500, 1.0)
    assert (kept.step, kept.flags) == (Step.ORIGINAL_KEPT, (ORIGINAL_KEPT,))
    assert before.end_ms == 2000 and OVERLAPPED in before.flags
    assert (behind.start_ms, behind.step) == (2600, Step.AS_SPOKEN)


def test_a_line_without_a_dub_ends_with_the_timeline() -> None:
    [kept] = plan([Line("a", "A", 500, 2000, 0, keeps_original=True)], timeline_ms=1000)
    assert (kept.start_ms, kept.end_ms, kept.flags) == (500, 1000, (ORIGINAL_KEPT,))
