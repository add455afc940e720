"""Lines cut into sentences, which is what translation models were trained on."""

from __future__ import annotations

import re

from polydub import languages

MAX_CHARS = 400
"""Of one piece. Models read 512 tokens at most, and scripts without an alphabet need up to one
token per letter."""

_SENTENCE_END = re.compile(r"(?<=[.?!…])[\"'”’»)\]]*\s+(?=[^\W\d_]|[\"'“‘«¿¡(\[\d])|(?<=[。？！])")
_CLAUSE_END = re.compile(r"(?<=[,;:–—])\s+|(?<=[，、；：])")
_WITHOUT_SPACES = frozenset({"zh", "yue", "ja", "th", "lo", "km", "my", "bo"})
_ABBREVIATION = re.compile(r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|Sr|Sra|Jr))\.$")


def split(line: str) -> tuple[str, ...]:
    """The sentences of a line; very long ones again at commas, then between words."""
    return tuple(piece for sentence in _sentences(line) for piece in _short(sentence))


def joiner(target: str) -> str:
    """What stands between two sentences of a language."""
    return "" if languages.base(target) in _WITHOUT_SPACES else " "


def _sentences(line: str) -> list[str]:
    whole: list[str] = []
    for piece in _cut(line, _SENTENCE_END):
        if whole and _ABBREVIATION.search(whole[-1]):
            whole[-1] = f"{whole[-1]} {piece}"
        else:
            whole.append(piece)
    return whole


def _short(sentence: str) -> list[str]:
    if len(sentence) <= MAX_CHARS:
        return [sentence]
    clauses = [piece for clause in _cut(sentence, _CLAUSE_END) for piece in _by_words(clause)]
    packed = [clauses[0]]
    for clause in clauses[1:]:
        together = f"{packed[-1]} {clause}"
        if len(together) <= MAX_CHARS:
            packed[-1] = together
        else:
            packed.append(clause)
    return packed


def _by_words(clause: str) -> list[str]:
    """The clause cut between words, and through words without end."""
    found = re.findall(rf"\S.{{0,{MAX_CHARS - 1}}}(?!\S)|\S{{{MAX_CHARS}}}|\S+", clause)
    return [piece.strip() for piece in found]


def _cut(text: str, boundary: re.Pattern[str]) -> list[str]:
    """The text cut at a boundary; signs that the boundary holds stay with what is before it."""
    pieces, start = list[str](), 0
    for found in boundary.finditer(text):
        pieces.append(text[start : found.end()].strip())
        start = found.end()
    return [piece for piece in (*pieces, text[start:].strip()) if piece]
