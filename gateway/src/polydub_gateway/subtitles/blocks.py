"""SubRip and WebVTT as blocks of text with their times and the numbers of their lines. Pure.

SubRip has no standard; read is what common programs write, and their slips: missing numbers,
missing or surplus empty lines, points for commas. WebVTT is the W3C's. Libraries that read both do
not tell where in the file something is wrong, which is what a person has to know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from polydub.errors import StageError

_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
"""Behind the times stand a cue's settings, which are about its look."""
_LOOKS_LIKE_TIMES = re.compile(rf"-->|^\s*{_TIME}\W+{_TIME}")
_ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s.*)?")
"""Blocks of WebVTT that nobody reads out."""
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]"
)
"""Control signs, marks of direction and of byte order."""

FRAME_MS = 40
"""A cue that is shorter than a frame of a film is never seen."""
_LOST = "\ufffd"
"""Stands where a decoder could read nothing."""


@dataclass
class Block:
    """One cue as it stands in the file."""

    line: int
    """The line with its times, from 1."""
    start_ms: int
    end_ms: int
    text: list[str] = field(default_factory=list)
    """Its lines, with markup."""


def read_blocks(content: str) -> list[Block]:
    """The cues of a file, in its order.

    Raises:
        StageError: ``invalid_request``, naming the line.
    """
    # Not splitlines(): it also splits at signs that may stand in a text.
    lines = _INVISIBLE.sub("", content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _check_decoded(lines)
    blocks: list[Block] = []
    first = _behind_asides(lines, 0) if lines[0].startswith("WEBVTT") else 0
    at, is_vtt = first, first > 0
    while at < len(lines):
        line = lines[at]
        if is_vtt and _ASIDE.fullmatch(line) and not lines[at - 1].strip():
            at = _behind_asides(lines, at)
            continue
        if _LOOKS_LIKE_TIMES.search(line):
            if blocks:
                _drop_name(blocks[-1].text)
            blocks.append(_block(line, at + 1))
        elif blocks:
            blocks[-1].text.append(line)
        elif line.strip() and not _is_name(lines, at):
            raise invalid(at + 1, "this text has no times above it. Start the file with a cue.")
        at += 1
    if not blocks:
        raise StageError(
            "invalid_request",
            "The subtitles hold no cue: there is no line such as "
            "00:00:01,000 --> 00:00:03,500. Send SRT or WebVTT.",
        )
    return blocks


def invalid(line: int, message: str) -> StageError:
    """What is wrong with a line, and what to do about it."""
    return StageError("invalid_request", f"Line {line}: {message}")


def _check_decoded(lines: Sequence[str]) -> None:
    """What was no text in its encoding must not be spoken."""
    for number, line in enumerate(lines, 1):
        if _LOST in line:
            raise invalid(
                number,
                "letters were lost when the file was read in another encoding than its own. "
                "Save it as UTF-8.",
            )


def _block(line: str, number: int) -> Block:
    found = _TIMES.fullmatch(line)
    if found is None:
        raise invalid(
            number, f"{line.strip()[:60]!r} is no pair of times. "
            "Write it as 00:00:01,000 --> 00:00:03,500.",
        )  # fmt: skip
    start, end = found.groups()[:4], found.groups()[4:]
    return Block(number, _ms(start, number), _ms(end, number))


def _ms(time: Sequence[str | None], line: int) -> int:
    hours, minutes, seconds, fraction = (part or "0" for part in time)
    if int(minutes) > 59 or int(seconds) > 59:
        raise invalid(line, "minutes and seconds end at 59. Correct the time.")
    whole_s = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole_s * 1000 + int(fraction.ljust(3, "0"))


def _behind_asides(lines: list[str], at: int) -> int:
    """Where the block that starts here is over."""
    return next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))


def _is_name(lines: list[str], at: int) -> bool:
    """Whether a line is the number or name of the cue whose times stand below it."""
    return at + 1 < len(lines) and bool(_LOOKS_LIKE_TIMES.search(lines[at + 1]))


def _drop_name(text: list[str]) -> None:
    """Takes the next cue's number or name off the end of a cue's text.

    A number directly above times is one, as is any line between them and an empty line.
    """
    if not text or not text[-1].strip():
        return
    named = len(text) >= 2 and not text[-2].strip()
    if named or text[-1].strip().isdecimal():
        del text[-1]
