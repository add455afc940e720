"""Sentences apart, and their translations together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_translation import sentences
from polydub_translation.hypotheses import Hypothesis, join, plausible, varied

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("One. Two? Three!", ("One.", "Two?", "Three!")),
        ("It costs 3.5 euros.", ("It costs 3.5 euros.",)),
        ("Ask Dr. Smith. He knows.", ("Ask Dr. Smith.", "He knows.")),
        ('He said "no." Then he left.', ('He said "no."', "Then he left.")),
        ("Wait... what?", ("Wait...", "what?")),
        ("你好。再见！", ("你好。", "再见！")),
        ("no stop at all", ("no stop at all",)),
        ("", ()),
    ],
)
def test_sentences(line: str, cut: tuple[str, ...]) -> None:
    assert sentences.split(line) == cut


@given(st.text(st.sampled_from("ab,. ?é字。"), max_size=1500))
def test_nothing_is_lost_and_no_piece_is_too_long(line: str) -> None:
    pieces = sentences.split(line)
    assert "".join("".join(pieces).split()) == "".join(line.split())
    assert all(0 < len(piece) <= sentences.MAX_CHARS for piece in pieces)


def test_scripts_without_spaces_are_joined_without() -> None:
    assert (sentences.joiner("zh-Hant"), sentences.joiner("ja"), sentences.joiner("es")) == (
        "", "", " ",
    )  # fmt: skip


def test_what_is_far_behind_or_said_already_is_left_out() -> None:
    offered = [
        Hypothesis("El cohete vuela.", -0.07), Hypothesis("El cohete va.", -0.06),
        Hypothesis("el cohete va.", -0.1), Hypothesis("", -0.01), Hypothesis("El coete.", -0.6),
    ]  # fmt: skip
    assert [each.text for each in plausible(offered)] == ["El cohete va.", "El cohete vuela."]


def test_joining_keeps_the_best_ways_first() -> None:
    first = (Hypothesis("a", -0.1), Hypothesis("b", -0.2))
    second = (Hypothesis("c", -0.1), Hypothesis("d", -0.15))
    assert [each.text for each in join([first, second], " ", 3)] == ["a c", "a d", "b c"]
    assert join([], " ", 3) == ()


def test_variety_is_the_best_then_shorter_then_longer() -> None:
    offered = [
        Hypothesis("x" * 20, -0.1), Hypothesis("y" * 20, -0.11), Hypothesis("z" * 30, -0.2),
        Hypothesis("s" * 12, -0.3),
    ]  # fmt: skip
    assert [len(each.text) for each in varied(offered, 1)] == [20]
    assert [len(each.text) for each in varied(offered, 2)] == [20, 12]
    assert [len(each.text) for each in varied(offered, 3)] == [20, 30, 12]
    assert varied(offered, 4) == tuple(offered)
    assert varied([], 2) == ()
