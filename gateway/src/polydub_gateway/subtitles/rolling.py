"""Captions that roll: each cue shows the line before once more and adds to it. Pure.

YouTube writes what it recognises in this way, and so does who copies live captions: a cue lasts
until the next line begins, a cue of 10 ms holds the last line, and each new word has a tag with
its time (``welcome<00:00:02.240><c> to</c>``). Programs that make SubRip of it drop the tags and
keep the rest. Where the captions are saved without the lines that are shown again, what rolls are
the times alone: most cues stand on under the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from polydub_gateway.subtitles.blocks import FRAME_MS, Block
from polydub_gateway.subtitles.wording import TAG

_TIME = r"<(?:(?P<hours>\d+):)?(?P<minutes>\d\d):(?P<seconds>\d\d)\.(?P<fraction>\d{3})>"
_TOKEN = re.compile(rf"(?P<time>{_TIME})|(?P<tag>{TAG.pattern})|(?P<blank>\s+)|[^\s<]+|<", re.I)
_NEXT_WITHIN_MS = 100
"""Cues that roll follow each other without a pause."""
_MOST_LINES = 4
"""Of captions that roll (CEA-608)."""
_LEAST_REPEATING = 0.5
"""Of the cues: people's own subtitles say the same twice in a row now and then."""
_LETTER_MS = 120
_WORD_MS = 300
"""A word that lasts longer than this and its letters is followed by a pause."""
_PAUSE_MS = 300
"""Shorter ones stay inside a cue."""


@dataclass(frozen=True)
class _Word:
    text: str
    start_ms: int | None
    """None: the file does not tell."""
    last_ms: int | None
    """When the last piece of it begins, of which the file tells a time."""


@dataclass(frozen=True)
class _Shown:
    """A cue, word by word."""

    block: Block
    lines: tuple[tuple[_Word, ...], ...]

    @property
    def words(self) -> list[_Word]:
        return [word for line in self.lines for word in line]


def unrolled(blocks: Sequence[Block]) -> list[Block] | None:
    """What each cue adds, when it is said; None where the captions don't roll.

    Each word that is said is in one of them. Where the file tells the times of words, a cue ends
    with its last word, and is cut where its speaker pauses.

    Args:
        blocks: in order of start.
    """
    is_scrolling = _is_scrolling(blocks)
    alone = _each_until_the_next(blocks) if is_scrolling else list(blocks)
    shown = [_Shown(block, _lines(block)) for block in alone]
    shown = [each for each in shown if each.lines]
    earlier = [None, *shown]
    repeated = [_repeated(*each) for each in zip(earlier, shown, strict=False)]
    if not _is_rolling(shown, repeated):
        return alone if is_scrolling else None
    pieces = (
        piece
        for each, count in zip(shown, repeated, strict=True)
        for piece in _pieces(each.block, each.words[count:])
    )
    return sorted(pieces, key=lambda piece: piece.start_ms)


def _is_scrolling(blocks: Sequence[Block]) -> bool:
    """Whether most cues stand on when the next one has begun."""
    over = sum(
        before.start_ms < after.start_ms < before.end_ms - _NEXT_WITHIN_MS
        for before, after in pairwise(blocks)
    )
    return over >= 2 and 2 * over > len(blocks) - 1


def _each_until_the_next(blocks: Sequence[Block]) -> list[Block]:
    followers = [*blocks[1:], None]
    return [
        replace(block, end_ms=min(block.end_ms, after.start_ms))
        if after and after.start_ms > block.start_ms
        else block
        for block, after in zip(blocks, followers, strict=False)
    ]


def _is_rolling(shown: Sequence[_Shown], repeated: Sequence[int]) -> bool:
    """A cue that nobody can read tells, or two that show a line again and add to it."""
    held = grown = 0
    for each, count in zip(shown, repeated, strict=True):
        held += count > 0 and _is_hold(each)
        grown += 0 < count < len(each.words)
    is_told = held > 0 or grown > 1
    return is_told and sum(map(bool, repeated)) >= _LEAST_REPEATING * (len(shown) - 1)


def _repeated(before: _Shown | None, after: _Shown) -> int:
    """How many words at the start of a cue are the end of the one before, from one of its lines'
    starts on."""
    if before is None or after.block.start_ms - before.block.end_ms > _NEXT_WITHIN_MS:
        return 0
    words = [word.text for word in after.words]
    ends = [
        [word.text for line in before.lines[-count:] for word in line]
        for count in range(1, min(len(before.lines), _MOST_LINES) + 1)
    ]
    found = [len(end) for end in ends if words[: len(end)] == end]
    # The shortest, because people do say the same twice. Nothing is said in no time.
    return (max if _is_hold(after) else min)(found, default=0)


def _is_hold(shown: _Shown) -> bool:
    return shown.block.end_ms - shown.block.start_ms < FRAME_MS


def _lines(block: Block) -> tuple[tuple[_Word, ...], ...]:
    lines = (tuple(_words(line.replace("&nbsp;", " "))) for line in block.text)
    return tuple(line for line in lines if line)


def _words(line: str) -> Iterator[_Word]:
    """The words of a line without markup; one may go on behind a tag."""
    text, start_ms, last_ms, told_ms = "", None, None, None
    for token in _TOKEN.finditer(line):
        if token["time"]:
            told_ms = _told_ms(token)
        elif token["blank"]:
            if text:
                yield _Word(text, start_ms, last_ms)
            text = ""
        elif not token["tag"]:
            start_ms, last_ms = start_ms if text else told_ms, told_ms
            text += token[0]
    if text:
        yield _Word(text, start_ms, last_ms)


def _told_ms(time: re.Match[str]) -> int:
    hours, minutes, seconds, fraction = (
        int(time[name] or 0) for name in ("hours", "minutes", "seconds", "fraction")
    )
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction


def _pieces(block: Block, words: Sequence[_Word]) -> Iterator[Block]:
    """What a cue adds, cut where there is a pause between two words."""
    starts = _starts_ms(block, words)
    ends = _ends_ms(block, words, starts)
    first = 0
    for behind in range(1, len(words) + 1):
        if behind == len(words) or starts[behind] - ends[behind - 1] >= _PAUSE_MS:
            text = " ".join(word.text for word in words[first:behind])
            yield replace(block, start_ms=starts[first], end_ms=ends[behind - 1], text=[text])
            first = behind


def _starts_ms(block: Block, words: Sequence[_Word]) -> list[int]:
    """A word without a time of its own begins with the one before: only cues begin with such."""
    told = (block.start_ms if word.start_ms is None else word.start_ms for word in words)
    last_ms = max(block.start_ms, block.end_ms - FRAME_MS)
    return [min(start_ms, last_ms) for start_ms in accumulate(told, max)]


def _ends_ms(block: Block, words: Sequence[_Word], starts_ms: Sequence[int]) -> list[int]:
    latest_ms = [*starts_ms[1:], block.end_ms]
    if all(word.last_ms is None for word in words):
        return latest_ms
    spoken_ms = [
        max(start_ms, word.last_ms or 0) + _WORD_MS + _LETTER_MS * len(word.text)
        for word, start_ms in zip(words, starts_ms, strict=True)
    ]
    return list(map(min, spoken_ms, latest_ms))
