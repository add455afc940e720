"""Subtitles from placements and text: pure. At most two lines of 42 characters each."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

LINE_CHARACTERS = 42
LINES = 2
"""Both as in the BBC's and Netflix's timed text guides."""


@dataclass(frozen=True)
class Cue:
    """Text and the time it stands on the screen."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def cues(text: str, start_ms: int, end_ms: int) -> tuple[Cue, ...]:
    """The cues for one spoken line; several, in turns by length, where it is too long for one."""
    pages = _pages(" ".join(text.split()))
    if not pages or end_ms <= start_ms:
        return ()
    lengths = [sum(len(line) for line in page) for page in pages]
    edges = [0, *accumulate(lengths)]
    span = end_ms - start_ms
    times = [start_ms + span * edge // edges[-1] for edge in edges]
    return tuple(
        Cue(begin, end, page)
        for page, begin, end in zip(pages, times[:-1], times[1:], strict=True)
        if end > begin
    )


def _pages(text: str) -> list[tuple[str, ...]]:
    wrapped = textwrap.wrap(text, LINE_CHARACTERS)
    count = -(-len(wrapped) // LINES)
    if count == 1 and len(wrapped) == LINES:
        return [_balanced(text) or tuple(wrapped)]
    return [tuple(wrapped[page * LINES : (page + 1) * LINES]) for page in range(count)]


def _balanced(text: str) -> tuple[str, ...]:
    """Two lines of nearly the same length; nothing where no break allows it."""
    breaks = [match.start() for match in re.finditer(" ", text)]
    fitting = [at for at in breaks if max(at, len(text) - at - 1) <= LINE_CHARACTERS]
    if not fitting:
        return ()
    best = min(fitting, key=lambda at: abs(2 * at - len(text)))
    return text[:best], text[best + 1 :]


def srt(shown: Iterable[Cue]) -> str:
    """SubRip. It knows no escapes: an arrow in the text, which ends a cue's head, is changed."""
    return "".join(
        f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n"
        + "".join(f"{line.replace('-->', '→')}\n" for line in cue.lines)
        + "\n"
        for number, cue in enumerate(_in_order(shown), 1)
    )


def vtt(shown: Iterable[Cue]) -> str:
    """WebVTT, with ``&``, ``<`` and ``>`` escaped as the standard asks."""
    return "WEBVTT\n\n" + "".join(
        f"{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n"
        + "".join(f"{html.escape(line, quote=False)}\n" for line in cue.lines)
        + "\n"
        for cue in _in_order(shown)
    )


def _in_order(shown: Iterable[Cue]) -> Sequence[Cue]:
    return sorted(shown, key=lambda cue: (cue.start_ms, cue.end_ms))


def _time(moment_ms: int, mark: str) -> str:
    seconds, ms = divmod(max(0, moment_ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{ms:03d}"
