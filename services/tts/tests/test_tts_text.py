"""What reaches an engine of a line's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.text import clean, speakable, to_ascii

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", ["", "  ", "…", "?!", "🎉🎉", "- -", "\u200b"])
def test_nothing_to_say(text: str) -> None:
    assert not speakable(text)


@pytest.mark.parametrize("text", ["a", "7", "¿Qué?", "你好", "🎉 sí"])
def test_something_to_say(text: str) -> None:
    assert speakable(text)


def test_emoji_and_controls_go_and_words_stay() -> None:
    assert clean("Hola 🎉\n¿qué\x00 tal?\t20 °C 👩‍👩‍👧") == "Hola ¿qué tal? 20 °C"


def test_ascii_keeps_the_letters() -> None:
    assert to_ascii("café – “naïve”…") == 'cafe ,  "naive"...'


@given(st.text())
def test_clean_text_is_one_line_and_stays_clean(text: str) -> None:
    once = clean(text)
    assert len(once.splitlines()) <= 1
    assert "\x00" not in once
    assert clean(once) == once
