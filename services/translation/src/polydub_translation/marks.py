"""Apertium's stream: the escapes on the way in, the marks on the way out.

Reserved characters and marks: https://wiki.apertium.org/wiki/Apertium_stream_format
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RESERVED = re.compile(r"([\[\]{}^$/\\@<>])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
"""Control and invisible characters. NUL would end a request early; the others split words."""

_MARKED = re.compile(r"\\.|[*@#](?P<word>(?:\w+(?:['’·-]\w+)*)?)", re.DOTALL)
"""An escaped character, which is literal, or a mark with the word it stands before."""


@dataclass(frozen=True)
class Unmarked:
    """A translation without marks or escapes, and the words that had one."""

    text: str
    unknown: tuple[str, ...]


def clean(text: str) -> str:
    """The text on one line, without characters that no one can say."""
    encodable = text.encode("utf-8", errors="ignore").decode()
    return " ".join(_NOT_TEXT.sub(" ", encodable).split())


def escape(text: str) -> str:
    """The text with the stream's reserved characters escaped."""
    return _RESERVED.sub(r"\\\1", text)


def unmark(stream: str) -> Unmarked:
    """Takes marks and escapes out of an answer given with ``-g``.

    ``*`` stands before words that the analyser does not know, ``@`` before those missing in the
    bilingual dictionary, ``#`` before those that can't be inflected. All three are left as they
    are in the answer. An unescaped mark is never literal as long as the caller kept ``*`` and
    ``#`` out of the request (see ``text.protect``).
    """
    unknown: list[str] = []

    def replace(found: re.Match[str]) -> str:
        word = found["word"]
        if word is None:
            return found[0]
        if word:
            unknown.append(word)
        return word

    text = _ESCAPED.sub(r"\1", _MARKED.sub(replace, stream))
    return Unmarked(text, tuple(dict.fromkeys(unknown)))
