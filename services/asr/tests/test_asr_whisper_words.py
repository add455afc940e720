"""From Whisper's pieces to words, and from tags to its codes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from polydub_asr.engines.base import Word
from polydub_asr.engines.whisper_languages import MULTILINGUAL, codes_by_tag, script_prompt
from polydub_asr.engines.whisper_words import believable, words_of

pytestmark = pytest.mark.unit


@dataclass
class Piece:
    word: str
    start: float
    end: float
    probability: float = 0.5


@dataclass
class Segment:
    avg_logprob: float = -0.3
    compression_ratio: float = 1.2
    no_speech_prob: float = 0.1
    words: list[Piece] = field(default_factory=list)


def texts(pieces: list[str]) -> list[str]:
    return [
        word.text
        for word in words_of([Piece(text, i, i + 1) for i, text in enumerate(pieces)], 0, 60_000)
    ]


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (Segment(), True),
        (Segment(avg_logprob=-1.01), False),
        (Segment(compression_ratio=2.41), False),
        (Segment(no_speech_prob=0.91), False),
        (Segment(avg_logprob=-1.0, compression_ratio=2.4, no_speech_prob=0.9), True),
    ],
)
def test_only_what_was_heard_is_believed(segment: Segment, expected: bool) -> None:
    assert believable(segment) is expected


def test_times_become_milliseconds_in_order_and_inside() -> None:
    pieces = [Piece(" One", -0.5, 0.2), Piece(" two,", 0.1, 0.304), Piece(" three.", 0.9, 9.0, 1.5)]
    assert list(words_of(pieces, 0, 1_000)) == [
        Word("One", 0, 200, 0.5),
        Word("two,", 200, 304, 0.5),
        Word("three.", 900, 1_000, 1.0),
    ]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([" Hello,", " world."], ["Hello,", "world."]),
        ([" ", " ...", " Yes", " -"], ["Yes"]),
        (["我", "用", "Py", "thon", "写", "。"], ["我", "用", "Python", "写"]),
        (["iPhone", "15", " Pro"], ["iPhone15", "Pro"]),
        (["ก", "ำ", "ล", "ั", "ง"], ["ก", "ำ", "ลั", "ง"]),
    ],
)
def test_pieces_become_words(pieces: list[str], expected: list[str]) -> None:
    assert texts(pieces) == expected


def test_tags_find_whisper_s_codes() -> None:
    codes = codes_by_tag(MULTILINGUAL)
    assert codes["jv"] == "jw"
    assert codes["fil"] == "tl"
    assert codes["nb"] == codes["no"] == "no"
    assert codes["nn"] == "nn"
    assert codes["cmn"] == codes["zh"] == "zh"
    assert "yue" not in codes
    assert codes_by_tag({"en"}) == {"en": "en"}


@pytest.mark.parametrize(
    ("tag", "traditional"),
    [("zh", False), ("zh-CN", False), ("zh-TW", True), ("zh-Hant", True), ("cmn-Hant", True)],
)
def test_mandarin_is_written_in_the_script_asked_for(tag: str, traditional: bool) -> None:
    prompt = script_prompt(tag, "zh")
    assert prompt is not None
    assert ("話" in prompt) is traditional
    assert script_prompt("ja", "ja") is None
