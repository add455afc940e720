"""The figures that follow from what a recogniser heard, and the sample that it hears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.report.recognized import (
    NEAR_MS,
    NOT_RECOGNIZED,
    HeardLine,
    Mistakes,
    Recognized,
    TimedWord,
    leaked,
    mistakes,
    units,
)
from polydub_muxing.report.sample import Choice, sample

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "heard", "language", "found"),
    [
        ("Hello, world!", "hello world", "en", (2, 0)),
        ("We don't know.", "we dont no", "en", (3, 1)),
        ("It is twenty-one.", "it is twenty one", "en", (4, 0)),
        ("In 1999 it rained", "in 1999 it rained a lot", "en", (4, 2)),
        ("Straße", "STRASSE", "de", (1, 0)),
        ("हिन्दी में", "हिन्दी में", "hi", (2, 0)),
        ("今日は、雨です。", "今日 は 雨 だ", "ja", (6, 2)),
        ("one two three", "", "en", (3, 3)),
        ("", "anything", "en", (0, 1)),
    ],
)
def test_mistakes(said: str, heard: str, language: str, found: tuple[int, int]) -> None:
    assert mistakes(said, heard, language) == Mistakes(*found)


words = st.text(alphabet="ab ", max_size=12)


@given(words, words)
def test_mistakes_are_a_distance(one: str, other: str) -> None:
    there, back = mistakes(one, other, "en"), mistakes(other, one, "en")
    assert there.edits == back.edits
    assert (there.edits == 0) == (units(one, "en") == units(other, "en"))
    assert there.edits <= max(there.said, back.said)


def heard(error: float) -> HeardLine:
    return HeardLine("", Mistakes(10, round(10 * error)), Mistakes(10, 0), Mistakes(10, 2))


def test_figures_are_of_all_words_together() -> None:
    found = Recognized(
        {"a": HeardLine("", *(Mistakes(9, n) for n in range(3))), "b": heard(1.0)}, 3, 12
    )
    assert found.back_error == pytest.approx(10 / 19)
    assert found.raw_error == pytest.approx(1 / 19)
    assert found.reference_error == pytest.approx(4 / 19)
    assert found.leakage == 0.25
    assert (NOT_RECOGNIZED.back_error, NOT_RECOGNIZED.raw_error, NOT_RECOGNIZED.leakage) == (
        -1, -1, -1,
    )  # fmt: skip


def test_a_line_stands_out_only_where_most_are_understood() -> None:
    clear = {f"u{n}": heard(0.1) for n in range(3)}
    assert Recognized({**clear, "x": heard(0.7)}).not_understood() == {"x"}
    assert Recognized({**clear, "x": heard(0.6)}).not_understood() == frozenset()
    murky = {name: heard(0.3) for name in clear}
    assert Recognized({**murky, "x": heard(0.9)}).not_understood() == frozenset()
    assert NOT_RECOGNIZED.not_understood() == frozenset()


def test_words_of_the_source_count_at_their_own_time_only() -> None:
    source = [TimedWord("Morning,", 1000), TimedWord("all", 1500), TimedWord("together", 2000)]
    at_once = [TimedWord("morning", 1000 + NEAR_MS), TimedWord("together", 2001 + NEAR_MS)]
    assert leaked(source, at_once) == (1, 2)
    assert leaked(source, [TimedWord("all", 1500)]) == (0, 2)
    assert leaked([], at_once) == (0, 0)


lengths = st.lists(st.integers(1, 20_000), max_size=40)


@given(lengths, st.integers(0, 120_000), st.data())
def test_a_sample_stays_within_its_time_and_order(
    durations: list[int], longest_ms: int, data: st.DataObject
) -> None:
    lines = [Choice(f"u{number}", each) for number, each in enumerate(durations)]
    flagged = {line.line_id for line in lines if data.draw(st.booleans())}
    chosen = sample(lines, flagged, longest_ms)
    assert sum(line.duration_ms for line in chosen) <= longest_ms
    assert list(chosen) == [line for line in lines if line in chosen]
    assert chosen == sample(lines, flagged, longest_ms)
    if sum(durations) <= longest_ms and not flagged:
        assert list(chosen) == lines


def test_flagged_lines_come_first_and_the_others_from_all_over() -> None:
    lines = [Choice(f"u{number}", 1000) for number in range(100)]
    flagged = {f"u{number}" for number in range(40, 60)}
    chosen = [int(line.line_id[1:]) for line in sample(lines, flagged, 20_000)]
    assert sum(40 <= number < 60 for number in chosen) == 10
    assert {number // 20 for number in chosen} == {0, 1, 2, 3, 4}
