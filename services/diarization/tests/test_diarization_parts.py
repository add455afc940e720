"""Parts: whatever the talk is like, they cover it and never cut a word."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_diarization.parts import PartRule, cut_parts, part_of
from polydub_diarization.spans import Span

pytestmark = pytest.mark.unit

RULE = PartRule()


@st.composite
def talks(
    draw: st.DrawFn, shortest_gap_ms: int = -3000, longest_gap_ms: int = 90_000
) -> tuple[list[Span], int]:
    """Utterances in order of start, and the talk's length."""
    steps = st.tuples(
        st.integers(shortest_gap_ms, longest_gap_ms), st.integers(min_value=100, max_value=15_000)
    )
    spans: list[Span] = []
    for gap_ms, length_ms in draw(st.lists(steps, min_size=1, max_size=80)):
        last = spans[-1] if spans else Span(0, 0)
        start_ms = max(last.start_ms, last.end_ms + gap_ms)
        spans.append(Span(start_ms, start_ms + length_ms))
    end_ms = max(span.end_ms for span in spans)
    return spans, end_ms + draw(st.integers(0, 60_000))


@given(talks())
def test_parts_touch_and_cover_the_talk(talk: tuple[list[Span], int]) -> None:
    spans, duration_ms = talk
    parts = cut_parts(spans, duration_ms, RULE)
    assert parts[0].start_ms == 0 and parts[-1].end_ms == duration_ms
    assert all(before.end_ms == after.start_ms for before, after in pairwise(parts))


@given(talks())
def test_every_utterance_lies_in_one_part_and_every_part_has_one(
    talk: tuple[list[Span], int],
) -> None:
    spans, duration_ms = talk
    parts = cut_parts(spans, duration_ms, RULE)
    used = set()
    for span in spans:
        index = part_of(parts, span)
        assert parts[index].start_ms <= span.start_ms and span.end_ms <= parts[index].end_ms
        used.add(index)
    assert used == set(range(len(parts)))


@given(talks(shortest_gap_ms=0, longest_gap_ms=2000))
def test_parts_of_steady_talk_are_of_the_wanted_length(talk: tuple[list[Span], int]) -> None:
    spans, duration_ms = talk
    parts = cut_parts(spans, duration_ms, RULE)
    for part in parts:
        inside = [s for s in spans if part.start_ms <= s.start_ms < part.end_ms]
        talk_ms = inside[-1].end_ms - inside[0].start_ms
        assert talk_ms <= RULE.most_ms
        assert len(parts) == 1 or talk_ms >= RULE.least_ms - 15_000


@given(talks())
def test_the_same_talk_is_always_cut_alike(talk: tuple[list[Span], int]) -> None:
    assert cut_parts(*talk, RULE) == cut_parts(*talk, RULE)


def test_long_silences_are_preferred() -> None:
    spans = [Span(start, start + 4900) for start in range(0, 90_000, 5000)]
    moved = [
        span if span.start_ms < 50_000 else Span(span.start_ms + 3000, span.end_ms + 3000)
        for span in spans
    ]
    parts = cut_parts(moved, 95_000, RULE)
    assert [part.end_ms for part in parts] == [(49_900 + 53_000) // 2, 95_000]


def test_ten_hours_of_talk() -> None:
    spans = [Span(start, start + 3500) for start in range(0, 36_000_000, 4000)]
    parts = cut_parts(spans, 36_000_000, RULE)
    assert 600 <= len(parts) <= 1200


def test_a_short_talk_is_one_part() -> None:
    assert cut_parts([Span(1000, 4000)], 10_000, RULE) == [Span(0, 10_000)]
