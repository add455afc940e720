"""What is said in a cue, by whom: without markup, sound descriptions and labels. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_VOICE = re.compile(r"<v(?:\.[^\s<>.]*)*\s+([^<>]+)>", re.IGNORECASE)
"""WebVTT's voice: ``<v.loud Anna>``."""
_RUBY = re.compile(r"<rt\b[^<>]*>[^<>]*</rt>", re.IGNORECASE)
"""How a character is read, above it: it would be said twice."""
TAG = re.compile(r"</?[a-z][^<>]*>|<[\d:.]+>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
r"""Sub Station's, which many programs write into SubRip: ``{\an8}``."""
_BRACKETS = re.compile(r"\[[^\[\]]*\](?!\s*:)|【[^【】]*】|［[^［］]*］")
_PARENTHESES = re.compile(r"\(([^()]*)\)|（([^（）]*)）")
_LABEL = re.compile(r"\s*([^:]{1,40}?)\s*:(?=\s|$)")
_BRACKETED_LABEL = re.compile(r"\s*[\[(]([^\])]{1,40})[\])]\s*:")
_LABEL_WORDS = 4
_SENTENCE_ENDS = ".?!…"
_DASH = re.compile(r"\s*[-‐‑–—―]+\s*(?=[^\s\d])")
_TURN = re.compile("(?:>|&gt;){2,3}")
"""Another speaker, in captions of broadcasters and of YouTube, anywhere in a line."""
_NOTES = re.compile("[♩♪♫♬]+")


@dataclass(frozen=True)
class Said:
    """What one speaker says in a cue."""

    text: str
    """On one line."""
    speaker: str = ""
    """As labelled; empty where nothing says who it is."""


def said_in(lines: Sequence[str]) -> list[Said]:
    """What is said in a cue, one entry for each speaker it tells apart.

    A new speaker is a label (``ANNA:`` in capitals, ``[Anna]:``, ``<v Anna>``), a dash at the
    start of a line, or ``>>``. What stands in square brackets is a description of sounds, as is
    what stands in parentheses in capitals or alone on its line.
    """
    found: list[Said] = []
    for line in _one_voice_each(lines):
        speaker, text, begins = _read(line)
        if begins or not found:
            found.append(Said(text, speaker))
        else:
            found[-1] = Said(f"{found[-1].text} {text}".strip(), found[-1].speaker)
    return [each for each in found if any(map(str.isalnum, each.text))]


def _one_voice_each(lines: Iterable[str]) -> list[str]:
    """The lines, and a line for each voice that WebVTT marks inside one; no lines where the whole
    is a description in parentheses."""
    marked = "\n".join(lines).replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    marked = _BRACKETS.sub(" ", _TURN.sub("\n- ", marked))
    if _PARENTHESES.fullmatch(TAG.sub("", marked).strip()):
        return []
    return _VOICE.sub(lambda voice: "\n" + voice.group(0), marked).split("\n")


def _read(line: str) -> tuple[str, str, bool]:
    """Who speaks, what, and whether somebody begins to speak here."""
    voice = _VOICE.match(line.lstrip())
    text = _OVERRIDE.sub("", TAG.sub("", _RUBY.sub("", line)))
    text = " ".join(_NOTES.sub(" ", html.unescape(text)).split())
    dashed = _DASH.match(text)
    if dashed:
        text = text[dashed.end() :]
    labelled = _BRACKETED_LABEL.match(text)
    if labelled:
        text = text[labelled.end() :]
    text = _without_descriptions(text)
    spelled = None if labelled else _LABEL.match(text)
    if spelled and _is_label(spelled.group(1)):
        labelled, text = spelled, text[spelled.end() :]
    name = labelled.group(1) if labelled else voice.group(1) if voice else ""
    name = _PARENTHESES.sub("", html.unescape(name))
    return " ".join(name.split()), " ".join(text.split()), bool(dashed or name)


def _without_descriptions(text: str) -> str:
    return "" if _PARENTHESES.fullmatch(text.strip()) else _PARENTHESES.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    """Parentheses inside a sentence stay, those in capitals before or behind one do not."""
    before = found.string[: found.start()].rstrip()
    inside = any(map(str.isalpha, before)) and before[-1] not in _SENTENCE_ENDS
    return found.group(0) if inside or not _in_capitals(found.group(0)) else " "


def _is_label(text: str) -> bool:
    return _in_capitals(text) and len(text.split()) <= _LABEL_WORDS


def _in_capitals(text: str) -> bool:
    """Whether there are letters, of a script that has capitals, and only those."""
    return text == text.upper() != text.lower()
