"""The plan: its steps one by one, and what holds for any lines at all."""

from __future__ import annotations

import sys
from itertools import combinations, dropwhile, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxing_talks import modes, spare, talks, timeline_of

from polydub_muxing.fit.placement import (
    HARD_CAP,
    MOVED,
    ORIGINAL_KEPT,
    OVERLAPPED,
    TRUNCATED,
    Limits,
    Line,
    Mode,
    Placement,
    Step,
)
from polydub_muxing.fit.plan import plan
from polydub_muxing.fit.rooms import in_order
from polydub_muxing.fit.slowing import arrange
from polydub_muxing.fit.turns import EARLY_MS, LATE_MS

pytestmark = pytest.mark.unit

LIMITS = Limits()
Talk = list[tuple[Line, Placement]]
"""A plan: the lines by their starts."""


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
        (700, Step.STRETCHED, 823),  # as far as is gentle
        (900, Step.STRETCHED, 950),
        (950, Step.AS_SPOKEN, 950),
        (1000, Step.AS_SPOKEN, 1000),
        (1400, Step.BORROWED, 1400),
        (1450, Step.BORROWED, 1450),
        (1500, Step.STRETCHED, 1450),
        (1812, Step.STRETCHED, 1450),
        (2000, Step.HARD_CAP, 1450),
        (3300, Step.OVERLAPPED, 2200),
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


def test_a_line_twice_too_long_stays_within_the_cap_and_says_so() -> None:
    placement = one(3300)
    assert (placement.tempo, placement.flags) == (LIMITS.hard_tempo, (HARD_CAP, OVERLAPPED))
    assert placement.reason == (
        "stretched to 1.50 times its pace, which is faster than sounds natural; "
        "still 750 ms too long, so it runs on over the next line"
    )


def test_a_short_line_says_why_it_is_drawn_out() -> None:
    assert one(900).reason == (
        "stretched to 0.95 times its pace, which fills more of the time it has in the source"
    )


@pytest.mark.parametrize("duration_ms", [700, 3000])
def test_natural_keeps_its_own_pace(duration_ms: int) -> None:
    assert one(duration_ms, Mode.NATURAL).tempo == 1.0


def test_natural_runs_on() -> None:
    assert one(3000, Mode.NATURAL).step is Step.OVERLAPPED


def test_the_same_speaker_waits_for_itself() -> None:
    lines = [Line("a", "A", 0, 1000, 3000), Line("b", "A", 1500, 4000, 1000)]
    first, second = plan(lines, timeline_ms=10_000)
    assert OVERLAPPED not in first.flags
    assert (second.start_ms, second.step, second.flags) == (first.end_ms, Step.MOVED, (MOVED,))


@pytest.mark.parametrize(
    ("spoken_ms", "placed_ms", "step"),
    [
        (1600, 1600, Step.AS_SPOKEN),  # too short to be drawn out
        (1800, 2000, Step.STRETCHED),
        (2000, 2000, Step.AS_SPOKEN),
        (2500, 2000, Step.STRETCHED),
        (3000, 2400, Step.STRETCHED),  # no faster than is natural: then they share more time
    ],
)
def test_who_is_spoken_over_in_the_source_is_spoken_over_for_as_long(
    spoken_ms: int, placed_ms: int, step: Step
) -> None:
    lines = [Line("a", "A", 0, 2000, spoken_ms), Line("b", "B", 1500, 3000, 1500)]
    first, second = plan(lines, timeline_ms=10_000)
    assert (first.duration_ms, first.step, first.flags) == (placed_ms, step, ())
    assert second.start_ms == 1500


def test_a_word_thrown_in_does_not_bound_the_line_it_is_thrown_into() -> None:
    lines = [Line("a", "A", 0, 4000, 4300), Line("b", "B", 1000, 1300, 300)]
    assert plan(lines, timeline_ms=10_000)[0].step is Step.BORROWED


def test_the_last_line_starts_early_rather_than_being_cut_off() -> None:
    lines = [Line("a", "A", 0, 1000, 900), Line("b", "B", 8000, 9000, 4000)]
    _, last = plan(lines, timeline_ms=10_000)
    assert last.end_ms == 10_000
    assert last.flags == ("hard_cap", MOVED)
    assert last.reason.startswith("starts 667 ms early, in the silence before it: it is too long; ")
    assert plan(lines, timeline_ms=10_000, mode=Mode.STRICT)[1] == last


def test_a_voice_waits_for_itself_in_strict_too() -> None:
    lines = [Line("a", "A", 0, 1000, 2400), Line("b", "A", 1100, 2000, 900)]
    first, second = plan(lines, timeline_ms=10_000, mode=Mode.STRICT)
    assert (first.flags, second.flags) == ((HARD_CAP,), (MOVED,))
    assert second.start_ms == first.end_ms == 1600
    assert second.reason.startswith("starts 500 ms late: the line before it is still spoken")


def test_the_next_speaker_waits_where_there_is_silence_behind() -> None:
    lines = [Line("b", "B", 0, 1000, 2000), Line("c", "A", 1100, 2000, 900)]
    first, second = plan(lines, timeline_ms=20_000)
    assert (first.end_ms, first.flags) == (1334, (HARD_CAP,))
    assert (second.start_ms, second.tempo, second.flags) == (1334, 1.0, (MOVED,))
    first, second = plan(lines, timeline_ms=20_000, mode=Mode.STRICT)
    assert (OVERLAPPED in first.flags, second.start_ms) == (True, 1100)


def test_a_line_starts_in_the_silence_before_it_rather_than_run_on_over_the_next() -> None:
    lines = [
        Line("a", "A", 0, 1000, 950),
        Line("b", "B", 4000, 5000, 2200),
        Line("c", "A", 5100, 6100, 2000),
        Line("d", "B", 6200, 7200, 950),
    ]
    _, second, third, _ = plan(lines, timeline_ms=20_000)
    assert (second.end_ms, second.flags) == (5050, (HARD_CAP, MOVED))
    assert second.start_ms == 5050 - 1467
    assert (third.start_ms, MOVED in third.flags) == (5100, False)


def test_where_one_silence_is_not_enough_both_are_used() -> None:
    lines = [Line("b", "B", 3000, 4000, 3000), Line("c", "A", 4100, 5000, 900)]
    first, second = plan(lines, timeline_ms=20_000)
    assert (first.start_ms, first.end_ms, second.start_ms) == (2500, 4500, 4500)
    assert first.flags == (HARD_CAP, MOVED) and second.flags == (MOVED,)


def test_nobody_moves_where_that_is_not_enough() -> None:
    lines = [Line("b", "B", 3000, 4000, 6000), Line("c", "A", 4100, 5000, 900)]
    first, second = plan(lines, timeline_ms=20_000)
    assert (first.start_ms, first.flags) == (3000, (HARD_CAP, OVERLAPPED))
    assert (second.start_ms, second.flags) == (4100, ())


def test_a_line_that_was_drawn_out_waits_at_its_own_pace() -> None:
    lines = [
        Line("b", "B", 0, 1000, 1900),
        Line("c", "A", 1100, 2100, 800),
        Line("d", "B", 2150, 3150, 950),
    ]
    first, second, third = plan(lines, timeline_ms=20_000)
    assert (second.start_ms, second.end_ms) == (first.end_ms, 2100 - 33)
    assert third.start_ms == 2150


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
def test_what_is_heard_is_never_hurried_beyond_the_cap_nor_beyond_natural_without_a_flag(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    rates = {line.id: line.rate for line in lines}
    for placement in plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode):
        pace = rates[placement.line_id] * placement.tempo
        assert pace <= LIMITS.hard_tempo + 1e-6
        assert placement.tempo <= max(1.0, LIMITS.hard_tempo / rates[placement.line_id]) + 1e-6
        if HARD_CAP not in placement.flags:
            assert pace <= LIMITS.max_tempo + 1e-6


@pytest.mark.parametrize(
    ("rate", "fastest", "hardest"),
    [(1.0, 1.25, 1.5), (1.2, 1.0417, 1.25), (1.35, 1.0, 1.1111), (1.6, 1.0, 1.0), (0.9, 1.25, 1.5)],
)
def test_what_the_voice_has_hurried_already_is_taken_off(
    rate: float, fastest: float, hardest: float
) -> None:
    left = LIMITS.at(rate)
    assert left.max_tempo == pytest.approx(fastest, abs=1e-4)
    assert left.hard_tempo == pytest.approx(hardest, abs=1e-4)


def test_a_voice_that_speaks_too_fast_by_itself_is_flagged_and_not_stretched() -> None:
    [placement] = plan([Line("a", "A", 0, 1000, 960, rate=1.35)], timeline_ms=9000)
    assert (placement.tempo, placement.flags) == (1.0, (HARD_CAP,))
    assert placement.reason == (
        "spoken 1.35 times as fast as the voice does by itself, which is faster than sounds natural"
    )


@given(talks(), spare, modes)
def test_one_speakers_lines_keep_their_order(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    speaker = {line.id: line.speaker_id for line in lines}
    for one_, other in combinations(placements, 2):
        if speaker[one_.line_id] == speaker[other.line_id]:
            assert one_.end_ms <= other.start_ms


@given(talks(), spare, modes)
def test_onsets_stay_unless_the_line_is_flagged(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    by_id = {line.id: line for line in lines}
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    busy_until: dict[str, int] = {}
    for placement in placements:
        line = by_id[placement.line_id]
        late_ms = placement.start_ms - line.start_ms
        assert (late_ms != 0) == (MOVED in placement.flags)
        if late_ms > (0 if mode is Mode.STRICT else LATE_MS):
            assert placement.start_ms == busy_until[line.voice]
        if late_ms < -(0 if mode is Mode.STRICT else EARLY_MS):
            assert placement.end_ms >= timeline_of(lines, spare_ms)
        busy_until[line.voice] = placement.end_ms


@given(talks(), spare, modes)
def test_nobody_takes_anothers_time_unless_silence_is_short(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    end_ms = timeline_of(lines, spare_ms)
    talk = list(zip(in_order(lines), plan(lines, timeline_ms=end_ms, mode=mode), strict=True))
    over = set()
    for (first, one_), (second, other) in combinations(talk, 2):
        if apart(first, second) and one_.end_ms > other.start_ms:
            over.add(first.id)
            if mode is not Mode.STRICT:
                assert_silence_is_short((first, one_), (second, other), talk, end_ms)
    assert over == {placed.line_id for _, placed in talk if OVERLAPPED in placed.flags}


def apart(first: Line, second: Line) -> bool:
    """Whether two speakers say them, one after the other."""
    ends_ms = max(first.end_ms, first.start_ms + 1)
    return first.speaker_id != second.speaker_id and second.start_ms >= ends_ms


def assert_silence_is_short(
    first: tuple[Line, Placement], second: tuple[Line, Placement], talk: Talk, end_ms: int
) -> None:
    """That neither starting earlier nor waiting would keep the first off the second."""
    before = list(takewhile(lambda each: each[0] is not second[0], talk))
    last_end_ms = max(placed.end_ms for line, placed in before if apart(line, second[0]))
    latest_ms = second[0].start_ms + min(LATE_MS, silence_behind(*second, talk, end_ms))
    assert last_end_ms > latest_ms
    next_ = next(line for line, _ in talk if apart(first[0], line))
    if next_ is second[0] and last_end_ms == first[1].end_ms:
        ends_ms = earliest_start(first[0], talk) + first[1].duration_ms
        assert ends_ms > max(next_.start_ms, latest_ms)


def earliest_start(line: Line, talk: Talk) -> int:
    """The earliest start that takes nobody's time, of those that are bearable."""
    before = list(takewhile(lambda each: each[0] is not line, talk))
    sounding = [placed.end_ms + LIMITS.guard_ms for _, placed in before]
    speaking = [each.end_ms for each, _ in before if each.speaker_id != line.speaker_id]
    return max([line.start_ms - EARLY_MS, 0, *sounding, *speaking])


def silence_behind(line: Line, placed: Placement, talk: Talk, end_ms: int) -> int:
    """By how much later than in the source it could start without taking anybody's time."""
    others = [each for each, _ in talk if each is not line]
    behind = [each for each, _ in dropwhile(lambda each: each[0] is not line, talk)][1:]
    own = [each.start_ms for each in behind if each.speaker_id == line.speaker_id]
    next_ms = min([end_ms, *own, *(each.start_ms for each in behind if apart(line, each))])
    slot_end_ms = min(line.end_ms, next_ms)
    shared = any(
        each.speaker_id != line.speaker_id and each.end_ms > line.end_ms and not apart(line, each)
        for each in others
    )
    free_ms = slot_end_ms if shared else max(slot_end_ms, next_ms - LIMITS.guard_ms)
    at_own_pace = line.duration_ms if not LIMITS.hurried(line.rate) else placed.duration_ms
    return free_ms - min(placed.duration_ms, at_own_pace) - line.start_ms


@given(talks(), spare, modes)
def test_what_leaves_the_timeline_is_flagged(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    end_ms = timeline_of(lines, spare_ms)
    for placement in plan(lines, timeline_ms=end_ms, mode=mode):
        assert (placement.end_ms > end_ms) == (TRUNCATED in placement.flags)
        assert placement.start_ms >= 0


@given(talks(), spare, modes)
def test_the_order_of_overlapping_onsets_stays(
    lines: list[Line], spare_ms: int, mode: Mode
) -> None:
    by_id = {line.id: line for line in lines}
    placements = plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode)
    for one_, other in combinations(placements, 2):
        first, second = by_id[one_.line_id], by_id[other.line_id]
        if first.start_ms < second.start_ms < first.end_ms and MOVED not in one_.flags:
            assert one_.start_ms <= other.start_ms or MOVED in other.flags


@given(st.integers(500, 5000), st.integers(1, 99), st.integers(0, 3000), st.floats(0.86, 1.24))
def test_overlaps_stay_as_long_as_they_were(
    length_ms: int, share: int, more_ms: int, ratio: float
) -> None:
    overlap_ms = length_ms * share // 100
    onset_ms = length_ms - overlap_ms
    lines = [
        Line("a", "A", 0, length_ms, round(length_ms * ratio)),
        Line("b", "B", onset_ms, length_ms + 1 + more_ms, 1 + more_ms + overlap_ms),
    ]
    first, second = plan(lines, timeline_ms=20_000)
    assert abs((first.end_ms - second.start_ms) - overlap_ms) <= 1


@given(talks(), spare, modes)
def test_each_reason_tells_what_was_done(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    spoken = {line.id: line.duration_ms for line in lines}
    for placement in plan(lines, timeline_ms=timeline_of(lines, spare_ms), mode=mode):
        changed = placement.duration_ms != spoken[placement.line_id]
        over = placement.end_ms > placement.limit_ms
        for step, flags, words in (
            (Step.AS_SPOKEN, (), "as it was spoken"),
            (Step.BORROWED, (), "too long" if over else "into the time after it"),
            (Step.MOVED, (), "starts"),
            (None, (OVERLAPPED,), "too long" if mode is not Mode.STRICT else ""),
            (None, (HARD_CAP,), "faster than sounds natural" if changed else ""),
            (None, (TRUNCATED,), "cuts off"),
        ):
            if placement.step is step or set(flags) & set(placement.flags):
                assert words in placement.reason
        assert changed == ("times its pace" in placement.reason)


@given(talks(), spare, modes)
def test_the_plan_is_the_same_each_time(lines: list[Line], spare_ms: int, mode: Mode) -> None:
    end_ms = timeline_of(lines, spare_ms)
    assert plan(lines, timeline_ms=end_ms, mode=mode) == plan(lines, timeline_ms=end_ms, mode=mode)


@pytest.mark.parametrize("mode", Mode)
def test_ten_times_the_lines_take_ten_times_the_steps(mode: Mode) -> None:
    few, many = steps_for(200, mode), steps_for(2000, mode)
    assert many <= 10.5 * few


def steps_for(count: int, mode: Mode) -> int:
    """How many lines of code a plan runs; sorting and looking up, in C, count as one."""
    lines = [
        Line(f"u{n}", "ABC"[n % 3 if n % 5 else 0], 1000 * n, 1000 * n + 1100, 300 * (n % 9))
        for n in range(count)
    ]
    steps = 0

    def count_step(*_: object) -> object:
        nonlocal steps
        steps += 1
        return count_step

    before = sys.gettrace()
    sys.settrace(count_step)  # type: ignore[arg-type]
    try:
        arrange(lines, timeline_ms=1000 * count + 500, mode=mode, limits=LIMITS)
    finally:
        sys.settrace(before)
    return steps


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
        Line("c", "A", 4600, 5600, 960),
    ]
    before, kept, behind = plan(lines, timeline_ms=10_000)
    assert (kept.start_ms, kept.end_ms, kept.tempo) == (1500, 2500, 1.0)
    assert (kept.step, kept.flags) == (Step.ORIGINAL_KEPT, (ORIGINAL_KEPT,))
    assert before.end_ms == 2000 and OVERLAPPED in before.flags
    assert (behind.start_ms, behind.step) == (4600, Step.AS_SPOKEN)


def test_a_line_without_a_dub_ends_with_the_timeline() -> None:
    [kept] = plan([Line("a", "A", 500, 2000, 0, keeps_original=True)], timeline_ms=1000)
    assert (kept.start_ms, kept.end_ms, kept.flags) == (500, 1000, (ORIGINAL_KEPT,))
