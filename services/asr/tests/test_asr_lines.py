"""Lines out of the words of an utterance."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_asr.engines.base import Word
from polydub_asr.lines import MAX_MS, MAX_WORDS, lines_of

pytestmark = pytest.mark.unit


def row(*spans: tuple[int, int]) -> list[Word]:
    return [Word(f"w{n}", start, end, 0.5) for n, (start, end) in enumerate(spans)]


def test_a_short_utterance_is_one_line_with_the_utterance_s_times() -> None:
    (line,) = lines_of("u0007", "S2", 1_000, 4_000, row((1_200, 1_500), (1_500, 3_000)))
    assert (line.id, line.speaker_id, line.start_ms, line.end_ms) == ("u0007", "S2", 1_000, 4_000)
    assert [word.text for word in line.words] == ["w0", "w1"]


def test_no_words_no_line() -> None:
    assert lines_of("u0001", "S1", 0, 5_000, []) == ()


def test_a_long_utterance_is_cut_at_its_widest_gap() -> None:
    spans = [
        (n * 500 + (600 if n >= 12 else 0), n * 500 + 480 + (600 if n >= 12 else 0))
        for n in range(20)
    ]
    first, second = lines_of("u0007", "S1", 0, 11_000, row(*spans))
    assert (first.id, second.id) == ("u0007", "u0007.2")
    assert len(first.words) == 12
    assert (first.start_ms, first.end_ms) == (0, 5_980)
    assert (second.start_ms, second.end_ms) == (6_600, 11_000)


def test_many_words_are_cut_even_when_quick() -> None:
    lines = lines_of("u1", "S1", 0, 6_000, row(*((n * 200, n * 200 + 200) for n in range(30))))
    assert [len(line.words) for line in lines] == [15, 15]


def test_a_sentence_s_end_goes_before_a_gap() -> None:
    words = row(*((n * 500 + (400 if n >= 14 else 0), n * 500 + 480) for n in range(20)))
    words[8] = replace(words[8], text="home.")
    first, _ = lines_of("u1", "S1", 0, 11_000, words)
    assert first.words[-1].text == "home."


def test_characters_without_spaces_are_no_words() -> None:
    words = [Word("字", n * 200, n * 200 + 200, 0.5) for n in range(35)]
    assert len(lines_of("u1", "S1", 0, 7_000, words)) == 1


def test_no_word_is_left_alone_for_a_gap_at_the_edge() -> None:
    spans = [(0, 300), *((n * 400 + 1_500, n * 400 + 1_900) for n in range(21))]
    lines = lines_of("u1", "S1", 0, 10_000, row(*spans))
    assert min(len(line.words) for line in lines) >= 3


def test_words_are_kept_inside_the_utterance() -> None:
    (line,) = lines_of("u1", "S1", 1_000, 2_000, row((900, 1_100), (1_900, 2_100)))
    assert [(word.start_ms, word.end_ms) for word in line.words] == [(1_000, 1_100), (1_900, 2_000)]


def test_confidence_is_the_mean() -> None:
    words = [Word("a", 0, 10, 0.2), Word("b", 10, 20, 1.0)]
    (line,) = lines_of("u1", "S1", 0, 20, words)
    assert line.confidence == pytest.approx(0.6)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)), min_size=1, max_size=80))
def test_every_word_once_in_order_and_lines_apart(steps: list[tuple[int, int]]) -> None:
    words, at = [], 0
    for number, (gap, length) in enumerate(steps):
        words.append(Word(str(number), at + gap, at + gap + length, 1.0))
        at += gap + length
    lines = lines_of("u1", "S1", 0, at, words)
    assert [word.text for line in lines for word in line.words] == [word.text for word in words]
    assert lines[0].start_ms == 0
    assert lines[-1].end_ms == at
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(lines))
    assert len({line.id for line in lines}) == len(lines)
    for line in lines:
        assert len(line.words) <= MAX_WORDS
        assert line.end_ms - line.start_ms <= MAX_MS or len(line.words) == 1
