"""Which moments are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_lipsync.moments import sample_moments

pytestmark = pytest.mark.unit


def test_moments_lie_within_speech_evenly() -> None:
    assert sample_moments([(1000, 2000), (8000, 9000)], duration_ms=10_000, limit=4) == (
        1250, 1750, 8250, 8750,
    )  # fmt: skip


def test_without_lines_all_the_time_counts() -> None:
    assert sample_moments([], duration_ms=4000, limit=2) == (1000, 3000)


def test_lines_at_once_count_once_and_lines_beyond_the_picture_do_not() -> None:
    overlapping = [(0, 1000), (500, 1000), (-50, 200), (5000, 9000)]
    assert sample_moments(overlapping, duration_ms=2000, limit=40) == (250, 750)


SPANS = st.lists(
    st.tuples(st.integers(-500, 60_000), st.integers(0, 5_000)).map(lambda s: (s[0], s[0] + s[1]))
)


@given(spoken=SPANS, duration_ms=st.integers(1, 60_000), limit=st.integers(1, 60))
def test_moments_are_few_ascending_and_in_the_picture(
    spoken: list[tuple[int, int]], duration_ms: int, limit: int
) -> None:
    moments = sample_moments(spoken, duration_ms=duration_ms, limit=limit)
    assert 1 <= len(moments) <= limit
    assert list(moments) == sorted(moments)
    assert all(0 <= moment < duration_ms for moment in moments)
