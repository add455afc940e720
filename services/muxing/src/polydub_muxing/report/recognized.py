"""What a recogniser made of a sample of lines, and the figures that follow from it: pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from polydub import languages

NOT_UNDERSTOOD = "not_understood"
"""The flag of a line that a recogniser gets wrong although it understands the others."""
_BAD, _FINE = 0.6, 0.3
"""Of such a line's errors at least, and of the sample's median at most."""
_NOT_MEASURED = -1.0
_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "km", "my", "bo"})
"""Languages written without spaces between words: their errors are counted in characters."""
_APOSTROPHES = "'’ʼ`´"
NEAR_MS = 500
"""How far from its own time a word of the source still counts as that word."""
CONTENT_LETTERS = 4
"""Shorter words are heard everywhere by chance."""


@dataclass(frozen=True)
class TimedWord:
    """A word and when it begins, in the dub's time."""

    text: str
    start_ms: int


@dataclass(frozen=True)
class Mistakes:
    """How many units (words or characters) were said, and how many edits lead to what was heard."""

    said: int
    edits: int

    @property
    def error(self) -> float:
        return self.edits / self.said if self.said else _NOT_MEASURED


@dataclass(frozen=True)
class HeardLine:
    """One line of the sample: in the finished mix, and as it was spoken."""

    heard_text: str
    mix: Mistakes
    raw: Mistakes
    reference: Mistakes
    """Of the recording over the source's own background."""


@dataclass(frozen=True)
class Recognized:
    """What was heard in the target language, and what was heard of the source's words."""

    lines: Mapping[str, HeardLine] = field(default_factory=dict)
    leaked: int = 0
    source_words: int = 0

    @property
    def back_error(self) -> float:
        """Errors over all words of the sample's script; -1: not measured."""
        return _all([line.mix for line in self.lines.values()]).error

    @property
    def raw_error(self) -> float:
        """The same for the recordings of the lines, before they were fitted and mixed."""
        return _all([line.raw for line in self.lines.values()]).error

    @property
    def reference_error(self) -> float:
        """The same for the recordings over the source's own background."""
        return _all([line.reference for line in self.lines.values()]).error

    @property
    def leakage(self) -> float:
        """The share of the source's words that are still heard; -1: not measured."""
        return self.leaked / self.source_words if self.source_words else _NOT_MEASURED

    def not_understood(self) -> frozenset[str]:
        """Lines that are heard badly where most are heard well."""
        errors = {name: line.mix.error for name, line in self.lines.items() if line.mix.said}
        if not errors or median(errors.values()) >= _FINE:
            return frozenset()
        return frozenset(name for name, error in errors.items() if error > _BAD)


NOT_RECOGNIZED = Recognized()


def mistakes(said: str, heard: str, language: str) -> Mistakes:
    """What is wrong with what was heard, without regard to case and punctuation.

    Levenshtein's distance over words, or over characters where a language is written without
    spaces. Numerals are compared as they stand.
    """
    wanted, found = units(said, language), units(heard, language)
    return Mistakes(len(wanted), _edits(wanted, found))


def units(text: str, language: str) -> list[str]:
    """A text's words, or characters, folded so that only what is heard is compared."""
    words = _words(text)
    return list("".join(words)) if languages.base(language) in _UNSPACED else words


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Letters, their marks and numbers stay; an apostrophe leaves no gap.
    spaced = (
        char if unicodedata.category(char)[0] in "LMN" else "" if char in _APOSTROPHES else " "
        for char in folded
    )
    return "".join(spaced).split()


def _edits(said: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for number, unit in enumerate(said, 1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            above = row[at]
            row[at] = min(above + 1, row[at - 1] + 1, diagonal + (unit != other))
            diagonal = above
    return row[-1]


def leaked(source: Sequence[TimedWord], heard: Sequence[TimedWord]) -> tuple[int, int]:
    """How many content words of the source are heard at their own time, and how many there are."""
    wanted = content_words(source)
    offered = content_words(heard)
    found = sum(
        any(word.text == other.text and abs(word.start_ms - other.start_ms) <= NEAR_MS
            for other in offered)
        for word in wanted
    )  # fmt: skip
    return found, len(wanted)


def content_words(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Those of four letters or more, folded."""
    folded = (TimedWord("".join(_words(word.text)), word.start_ms) for word in words)
    return [word for word in folded if sum(map(str.isalpha, word.text)) >= CONTENT_LETTERS]


def _all(found: Sequence[Mistakes]) -> Mistakes:
    return Mistakes(sum(each.said for each in found), sum(each.edits for each in found))
