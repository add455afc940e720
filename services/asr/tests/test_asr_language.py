"""Where a talk's language is listened for."""

from __future__ import annotations

import pytest

from polydub_asr.language import telling_spans

pytestmark = pytest.mark.unit


def test_all_of_a_short_talk() -> None:
    assert telling_spans([(5_000, 6_000), (1_000, 2_500)]) == [(1_000, 2_500), (5_000, 6_000)]
    assert telling_spans([]) == []


def test_the_longest_utterances_make_a_minute() -> None:
    coughs = [(n * 1_000, n * 1_000 + 200) for n in range(50)]
    speech = [(100_000 + n * 20_000, 100_000 + n * 20_000 + 14_000) for n in range(8)]
    spans = telling_spans([*coughs, *speech])
    assert sum(end - start for start, end in spans) == 60_000
    assert spans == sorted(spans)
    assert all(start >= 100_000 for start, _ in spans)


def test_no_monologue_takes_it_all() -> None:
    spans = telling_spans([(0, 600_000), (700_000, 704_000)])
    assert spans == [(0, 15_000), (700_000, 704_000)]
