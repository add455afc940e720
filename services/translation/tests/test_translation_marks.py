"""Apertium's escapes and marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_translation import marks

pytestmark = pytest.mark.unit


def test_marks_are_found_and_removed() -> None:
    found = marks.unmark("El *kubernetes es #segunda-feira y @cluster.")
    assert found.text == "El kubernetes es segunda-feira y cluster."
    assert found.unknown == ("kubernetes", "segunda-feira", "cluster")


def test_marks_inside_of_words_are_removed() -> None:
    assert marks.unmark("16*GB, y'*all, 3.*º").text == "16GB, y'all, 3.º"


def test_a_word_is_reported_once() -> None:
    assert marks.unmark("*bla *bla").unknown == ("bla",)


def test_escaped_characters_are_literal() -> None:
    found = marks.unmark(r"\@home \[x\] \$5 \\ y\/o")
    assert found.text == r"@home [x] $5 \ y/o"
    assert found.unknown == ()


def test_a_mark_without_a_word_vanishes() -> None:
    assert marks.unmark("a * b").text == "a  b"


@given(st.text(st.characters(exclude_characters="*#", exclude_categories=["Cs"])))
def test_what_is_escaped_comes_back(text: str) -> None:
    assert marks.unmark(marks.escape(text)) == marks.Unmarked(text, ())


@given(st.text())
def test_nothing_reserved_stays_unescaped(text: str) -> None:
    bare = marks.escape(text).replace("\\\\", "")
    for character in "[]{}^$/@<>":
        assert bare.replace("\\" + character, "").count(character) == 0


@given(st.text())
def test_clean_text_is_one_encodable_line_without_nul(text: str) -> None:
    cleaned = marks.clean(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert "\n" not in cleaned
    assert cleaned == cleaned.strip()


def test_clean_keeps_words_apart() -> None:
    assert marks.clean("one\0two\r\n\tthree\u200bfour") == "one two three four"
