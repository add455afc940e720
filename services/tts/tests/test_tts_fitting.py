"""The first steps of the fitting ladder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.fitting import (
    NATURAL,
    TOLERANCE_MS,
    Choice,
    RateLimits,
    Slot,
    choose,
    corrected,
    fits,
    lacks_shorter,
)

pytestmark = pytest.mark.unit

LIMITS = RateLimits(0.9, 1.35)
lengths = st.lists(st.integers(1, 60_000), min_size=1, max_size=5)
slots = st.builds(Slot, st.integers(1, 30_000), st.integers(0, 5_000))


def test_the_first_candidate_that_fits_is_said_as_it_is() -> None:
    assert choose([1900, 1800], Slot(2000), LIMITS) == Choice(0, 1.0)


def test_the_following_silence_is_used_before_anything_else() -> None:
    assert choose([2400, 1900], Slot(2000, borrowable_ms=450), LIMITS) == Choice(0, 1.0)


def test_a_later_candidate_that_fits_goes_before_a_faster_first_one() -> None:
    assert choose([2300, 2200, 1950], Slot(2000), LIMITS) == Choice(2, 1.0)


def test_the_first_candidate_that_a_comfortable_rate_makes_fit_is_said_faster() -> None:
    assert choose([3000, 2500, 2400], Slot(2000), LIMITS) == Choice(1, 1.25)


def test_when_nothing_fits_the_shortest_is_said_as_fast_as_is_comfortable() -> None:
    assert choose([5000, 4000], Slot(2000), LIMITS) == Choice(1, 1.35)


def test_a_much_shorter_line_is_slowed_down_a_little() -> None:
    assert choose([800], Slot(2000), LIMITS) == Choice(0, 0.9)
    assert choose([1600], Slot(2000), LIMITS).rate == pytest.approx(0.95, abs=0.01)
    assert choose([1750], Slot(2000), LIMITS) == Choice(0, 1.0)


def test_speech_that_came_out_too_long_is_hurried_once_more() -> None:
    assert corrected(1.2, 2100, Slot(2000), LIMITS) == 1.26
    assert corrected(1.2, 2010, Slot(2000), LIMITS) == 1.2
    assert corrected(1.35, 2500, Slot(2000), LIMITS) == 1.35


def test_a_candidate_a_little_shorter_is_no_shorter_candidate() -> None:
    assert lacks_shorter([2000])
    assert lacks_shorter([2000, 1900])
    assert not lacks_shorter([2000, 2300, 1800])


@given(lengths, slots)
def test_of_what_fits_at_its_own_pace_the_first_is_chosen(
    natural_ms: list[int], slot: Slot
) -> None:
    fitting = [index for index, length_ms in enumerate(natural_ms) if fits(length_ms, slot)]
    if fitting:
        assert choose(natural_ms, slot, LIMITS).candidate == fitting[0]


@given(lengths, slots)
def test_the_rate_stays_within_the_limits(natural_ms: list[int], slot: Slot) -> None:
    assert LIMITS.slowest <= choose(natural_ms, slot, LIMITS).rate <= LIMITS.fastest


@given(lengths, slots)
def test_naturally_spoken_lines_keep_their_rate(natural_ms: list[int], slot: Slot) -> None:
    assert choose(natural_ms, slot, NATURAL).rate == 1.0


@given(lengths, slots)
def test_what_is_chosen_fits_if_anything_can(natural_ms: list[int], slot: Slot) -> None:
    choice = choose(natural_ms, slot, LIMITS)
    possible = any(length / LIMITS.fastest <= slot.room_ms - 1 for length in natural_ms)
    assert fits(int(natural_ms[choice.candidate] / choice.rate), slot) or not possible


@given(lengths, slots)
def test_slowing_down_never_makes_a_line_overflow(natural_ms: list[int], slot: Slot) -> None:
    choice = choose(natural_ms, slot, LIMITS)
    if choice.rate < 1.0:
        assert natural_ms[choice.candidate] / choice.rate <= slot.room_ms + TOLERANCE_MS
