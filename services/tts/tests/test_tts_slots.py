"""How much time a line has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.fitting import Slot
from polydub_tts.slots import GUARD_MS, Span, overlapped, slot_of, utterance_of

pytestmark = pytest.mark.unit

LINE = Span("u1", "S1", 1000, 3000)


def test_the_silence_before_the_next_onset_may_be_borrowed_but_for_the_guard() -> None:
    talk = [LINE, Span("u2", "S2", 3600, 5000), Span("u3", "S1", 5200, 6000)]
    assert slot_of(LINE, talk, [LINE], 9000) == Slot(2000, 550)


def test_the_last_line_may_use_the_rest_of_the_talk() -> None:
    assert slot_of(LINE, [LINE], [LINE], 3500) == Slot(2000, 450)


def test_the_next_line_of_the_same_utterance_is_an_onset_too() -> None:
    first, second = Span("u1", "S1", 1000, 1900), Span("u1", "S1", 2100, 3000)
    assert slot_of(first, [LINE], [first, second], 9000) == Slot(900, 150)


def test_nothing_is_borrowed_from_someone_who_speaks_on() -> None:
    talk = [LINE, Span("u2", "S2", 2500, 4000)]
    assert slot_of(LINE, talk, [LINE], 9000) == Slot(2000, 0)


def test_an_interjection_within_the_line_limits_nothing() -> None:
    talk = [LINE, Span("u2", "S2", 1500, 1800), Span("u3", "S1", 4000, 5000)]
    assert slot_of(LINE, talk, [LINE], 9000) == Slot(2000, 950)


def test_overlap_is_somebody_else_during_the_line() -> None:
    assert overlapped(LINE, [LINE, Span("u2", "S2", 2900, 3500)])
    assert not overlapped(LINE, [LINE, Span("u2", "S2", 3000, 3500)])
    assert not overlapped(LINE, [LINE, Span("u2", "S1", 2900, 3500)])


def test_lines_know_their_utterance() -> None:
    assert utterance_of("u0012.3") == utterance_of("u0012") == "u0012"


spans = st.builds(
    lambda name, who, start, length: Span(f"u{name}", f"S{who}", start, start + length),
    st.integers(2, 99),
    st.integers(1, 3),
    st.integers(0, 9000),
    st.integers(1, 3000),
)


@given(st.lists(spans, max_size=8))
def test_what_is_borrowed_is_always_silence(talk: list[Span]) -> None:
    slot = slot_of(LINE, talk, [LINE], 12_000)
    end = LINE.end_ms + slot.borrowable_ms
    for span in talk:
        if slot.borrowable_ms and span.end_ms > LINE.end_ms:
            assert span.start_ms >= end + GUARD_MS
