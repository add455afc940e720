"""Sentences out of recognised words."""

from __future__ import annotations

import pytest

from polydub_asr.text import ends_sentence, is_question, joined, sentence

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("hello", "Hello."),
        ("i think i'm late", "I think I'm late."),
        ("then mr. dashwood came on monday", "Then Mr. dashwood came on Monday."),
        ("he went to the u.s.", "He went to the U.S."),
        ("how are you", "How are you?"),
        ("it may rain", "It may rain."),
        ("", ""),
    ],
)
def test_sentence(heard: str, written: str) -> None:
    assert sentence(heard.split(), "en") == written


def test_other_languages_are_left_alone() -> None:
    assert sentence(["hola", "i", "adiós"], "ca") == "hola i adiós"


def test_a_stop_is_not_doubled() -> None:
    assert sentence(["Done."], "en-US") == "Done."


@pytest.mark.parametrize(
    "asked",
    [
        "what is your name",
        "hello how are you",
        "do you know him",
        "can you see the time",
        "isn't it late",
        "where's the station",
        "how many people came",
        "what time is it",
        "is the door open",
        "so why did they leave",
        "it is late isn't it",
        "have you tried the latest version",
    ],
)
def test_questions(asked: str) -> None:
    assert is_question(asked)


@pytest.mark.parametrize(
    "told",
    [
        "when the time reaches forty seconds i will say banana",
        "ask not what your country can do for you",
        "do your best",
        "have a nice day",
        "what a day",
        "whatever is right",
        "do not go",
        "you can see the time",
    ],
)
def test_statements(told: str) -> None:
    assert not is_question(told)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["Hello,", "world."], "Hello, world."),
        (["我", "用", "Python", "写。", "好！"], "我用Python写。好！"),
        (["สวัส", "ดี"], "สวัสดี"),
        (["안녕", "하세요"], "안녕 하세요"),
        ([], ""),
    ],
)
def test_words_are_joined_as_their_script_is_written(words: list[str], written: str) -> None:
    assert joined(words) == written


@pytest.mark.parametrize(
    ("word", "ends"),
    [
        ("moon.", True),
        ("moon.”", True),
        ("us?", True),
        ("好。", True),
        ("moon", False),
        ("moon,", False),
        ("Mrs.", False),
        ("U.S.", False),
        ("3.14", False),
    ],
)
def test_where_a_sentence_ends(word: str, ends: bool) -> None:
    assert ends_sentence(word) is ends
