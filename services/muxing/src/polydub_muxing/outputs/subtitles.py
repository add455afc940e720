"""Subtitles as files: SubRip and WebVTT. Pure."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence

from polydub_muxing.outputs.subtitle_layout import Cue

_RIGHT_TO_LEFT, _END = "\u202b", "\u202c"
"""Players take each line for left-to-right; embedded (UAX 9), full stops stay at its end."""


def srt(shown: Sequence[Cue]) -> str:
    """SubRip. It knows no escapes: an arrow in the text, which ends a cue's head, is changed."""
    return "".join(
        f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n"
        + "".join(f"{line.replace('-->', '→')}\n" for line in directed(cue.lines))
        + "\n"
        for number, cue in enumerate(shown, 1)
    )


def vtt(shown: Sequence[Cue]) -> str:
    """WebVTT, with ``&``, ``<`` and ``>`` escaped as the standard asks."""
    return "WEBVTT\n\n" + "".join(
        f"{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n"
        + "".join(f"{html.escape(line, quote=False)}\n" for line in directed(cue.lines))
        + "\n"
        for cue in shown
    )


def directed(lines: Sequence[str]) -> list[str]:
    """The lines, those of a text that is mostly right-to-left embedded as such."""
    if not _is_right_to_left("".join(lines)):
        return list(lines)
    return [f"{_RIGHT_TO_LEFT}{line}{_END}" for line in lines]


def _is_right_to_left(text: str) -> bool:
    directions = [unicodedata.bidirectional(character) for character in text]
    rightward = sum(direction in ("R", "AL") for direction in directions)
    return rightward > directions.count("L")


def _time(moment_ms: int, mark: str) -> str:
    seconds, ms = divmod(moment_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{ms:03d}"
