"""Which words stand on the screen together, in which lines, and when: pure.

The limits are those of Netflix's Timed Text Style Guide ("General Requirements", "Subtitle Timing
Guidelines", and the language guides: 42 characters, 16 full-width ones, two lines, one line where
one will do, lines broken after punctuation, 17 characters a second, 7 seconds, two frames between
events) and of the BBC's Subtitle Guidelines (a sentence of its own where possible, breaks at
natural points). Netflix asks for 5/6 s at least; a whole second is kept here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

LINES = 2
NARROW, WIDE = 8, 21
"""Widths, such that 42 narrow characters and 16 full-width ones fill a line alike."""
LINE_WIDTH = 42 * NARROW
READ_PER_S = 17 * NARROW
MIN_MS, MAX_MS = 1000, 7000
GAP_MS = 80
"""Two frames at 25 a second."""
CLOSE_MS = 500
"""A shorter gap than this only flickers: the cue before it stays until the next one."""

# What a break costs, from the best place to the worst.
_AFTER_SENTENCE, _AFTER_CLAUSE, _AFTER_WORD, _INSIDE_WORD = 0, 8, 30, 400
_PAGE_BREAK_WEIGHT = 2
_SENTENCE = re.compile(r"[.!?…。！？؟۔।]['\"”’»)\]」』）]*$")
_CLAUSE = re.compile(r"[,;:،؛、，；：—–]['\"”’»)\]」』）]*$")
# Line breaking rules for Japanese and Chinese (JIS X 4051, Unicode UAX 14 classes CL, NS, OP).
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕〉》”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…"
)
_NOT_LAST = frozenset("（「『【〔〈《“‘")


@dataclass(frozen=True)
class Cue:
    """Text and the time it stands on the screen."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """One spoken line: its words, when it sounds, and who says it."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str = ""


_Layouts = dict[int, tuple[float, int]]


@dataclass(frozen=True)
class _Atom:
    """What no line break divides: a word, or one character of a script without spaces."""

    text: str
    spaced: bool
    """Whether a space stands before it."""
    break_cost: int
    """Of a break right behind it."""


def lay_out(said: Iterable[Said], end_ms: int) -> tuple[Cue, ...]:
    """The cues of a whole talk, in order, none on the screen together with another.

    Every word of every line is shown once. A line that is long for one cue is shown in several,
    each for its share of the time; two short ones close together share a cue. Cues stay as long as
    reading takes, where the next one leaves the time; none stays beyond ``end_ms``.
    """
    spoken = sorted(said, key=lambda line: (line.start_ms, line.end_ms))
    shown = [cue for each in _utterances(spoken) for cue in _in_turns(each)]
    return _timed(sorted(shown, key=lambda cue: cue.start_ms), end_ms)


def width(text: str) -> int:
    """How much of a line a text takes: 8 for a character, 21 for a full-width one, 0 for marks."""
    return sum(map(_character_width, text))


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW


def pages(text: str, count: int = 1) -> list[tuple[str, ...]]:
    """The text in ``count`` pages of one or two lines, broken where it reads best.

    Fewer where it has not so many words; more where they don't fit.
    """
    atoms = list(_atoms(text))
    return _Paging(atoms).best(count) if atoms else []


def _atoms(text: str) -> Iterator[_Atom]:
    for word in _clean(text).split():
        pieces = [piece for run in _runs(word) for piece in _fitting(run)]
        for number, piece in enumerate(pieces):
            following = pieces[number + 1] if number + 1 < len(pieces) else ""
            yield _Atom(piece, spaced=number == 0, break_cost=_break_cost(piece, following))


def _clean(text: str) -> str:
    """Without what does not print. Marks that steer direction stay only where letters need them."""
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs", "Co", "Cn") else c for c in text
    )


def _runs(word: str) -> Iterator[str]:
    """The word itself; in scripts without spaces, its characters with what must cling to them."""
    run = ""
    for character in word:
        wide = _character_width(character) == WIDE
        clings = not run or _character_width(character) == 0 or not _breakable(run[-1], character)
        if clings or not (wide or _character_width(run[-1]) == WIDE):
            run += character
        else:
            yield run
            run = character
    if run:
        yield run


def _breakable(before: str, after: str) -> bool:
    # Korean has spaces between words, so it breaks there.
    hangul = "HANGUL" in unicodedata.name(before, "") and "HANGUL" in unicodedata.name(after, "")
    return after not in _NOT_FIRST and before not in _NOT_LAST and not hangul


def _fitting(run: str) -> Iterator[str]:
    """The run in pieces that fit a line, cut where no mark is parted from its letter."""
    piece = ""
    for character in run:
        if piece and width(piece + character) > LINE_WIDTH:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _break_cost(piece: str, following: str) -> int:
    if _SENTENCE.search(piece):
        return _AFTER_SENTENCE
    if _CLAUSE.search(piece):
        return _AFTER_CLAUSE
    cut = following and _character_width(piece[-1]) == _character_width(following[0]) == NARROW
    return _INSIDE_WORD if cut else _AFTER_WORD


def _joined(atoms: Sequence[_Atom]) -> str:
    return "".join(" " * (atom.spaced and at > 0) + atom.text for at, atom in enumerate(atoms))


class _Paging:
    """The cheapest way to page a text, by dynamic programming over the ends of pages."""

    def __init__(self, atoms: Sequence[_Atom]) -> None:
        self._atoms = atoms
        self._ends = [
            0, *accumulate(atom.spaced * NARROW + width(atom.text) for atom in atoms)
        ]  # fmt: skip

    def best(self, count: int) -> list[tuple[str, ...]]:
        layouts = self._layouts()
        count = max(self._fewest(layouts), min(count, len(self._atoms)))
        fair = self._ends[-1] / count
        # best[k][end]: the cost of k pages up to there, and where the last of them begins.
        best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
        for _ in range(count):
            best.append({})
            for start, (so_far, _) in best[-2].items():
                for end, (cost, _) in layouts[start].items():
                    whole = so_far + cost + self._page_cost(start, end, fair)
                    if end not in best[-1] or whole < best[-1][end][0]:
                        best[-1][end] = (whole, start)
        return self._lines(best, layouts)

    def _lines(
        self, best: Sequence[dict[int, tuple[float, int]]], layouts: Sequence[_Layouts]
    ) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        end = len(self._atoms)
        for reached in reversed(best[1:]):
            start = reached[end][1]
            middle = layouts[start][end][1]
            halves = [self._atoms[start:middle], self._atoms[middle:end]]
            found.append(tuple(_joined(half) for half in halves if half))
            end = start
        return found[::-1]

    def _width(self, start: int, end: int) -> int:
        return self._ends[end] - self._ends[start] - self._atoms[start].spaced * NARROW

    def _page_cost(self, start: int, end: int, fair: float) -> float:
        """Of a page that ends here: a bad break, and a size unlike the others'."""
        last = end == len(self._atoms)
        edge = 0 if last else _PAGE_BREAK_WEIGHT * self._atoms[end - 1].break_cost
        return edge + _AFTER_WORD * ((self._width(start, end) - fair) / LINE_WIDTH) ** 2

    def _layouts(self) -> list[_Layouts]:
        return [self._layouts_from(start) for start in range(len(self._atoms) + 1)]

    def _layouts_from(self, start: int) -> _Layouts:
        """For each end of a page that begins here: what its line break costs, and where it is.

        No line break, for text that fits one line, is one at the start.
        """
        found: _Layouts = {}
        for end in range(start + 1, len(self._atoms) + 1):
            if self._width(start, end) <= LINE_WIDTH:
                found[end] = (0.0, start)
                continue
            breaks = [
                (self._line_cost(start, middle, end), middle)
                for middle in range(end - 1, start, -1)
                if self._width(start, middle) <= LINE_WIDTH >= self._width(middle, end)
            ]
            if not breaks:
                break
            found[end] = min(breaks)
        return found

    def _line_cost(self, start: int, middle: int, end: int) -> float:
        uneven = abs(self._width(start, middle) - self._width(middle, end)) / LINE_WIDTH
        return self._atoms[middle - 1].break_cost + _AFTER_WORD * uneven

    def _fewest(self, layouts: Sequence[_Layouts]) -> int:
        """How many pages there are at least: as much as fits on each."""
        count = at = 0
        while at < len(self._atoms):
            at = max(layouts[at])
            count += 1
        return count


@dataclass(frozen=True)
class _Utterance:
    """Pages that share the time of what is said."""

    pages: Sequence[tuple[str, ...]]
    start_ms: int
    end_ms: int
    speaker: str


def _utterances(spoken: Iterable[Said]) -> Iterator[_Utterance]:
    waiting: _Utterance | None = None
    for line in spoken:
        length_ms = max(1, line.end_ms - line.start_ms)
        found = pages(line.text, -(-length_ms // MAX_MS))
        if not found:
            continue
        own = _Utterance(found, line.start_ms, line.start_ms + length_ms, line.speaker)
        together = waiting and _together(waiting, own)
        if together:
            yield together
            waiting = None
        else:
            if waiting:
                yield waiting
            waiting = own
    if waiting:
        yield waiting


def _together(first: _Utterance, second: _Utterance) -> _Utterance | None:
    """One cue for two lines of which the first would be gone too soon; None where it has time."""
    if second.start_ms - first.start_ms >= MIN_MS + GAP_MS:
        return None
    if max(map(len, (*first.pages, *second.pages, first.pages, second.pages))) > 1:
        return None
    lines = (first.pages[0][0], second.pages[0][0])
    if first.speaker != second.speaker:
        lines = (f"-{lines[0]}", f"-{lines[1]}")
    if max(map(width, lines)) > LINE_WIDTH:
        return None
    end_ms = max(first.end_ms, second.end_ms)
    return _Utterance([lines], first.start_ms, end_ms, second.speaker)


def _in_turns(shown: _Utterance) -> Iterator[Cue]:
    """The pages, each for its share of the time."""
    sizes = [max(1, sum(map(width, page))) for page in shown.pages]
    span = shown.end_ms - shown.start_ms
    edges = [shown.start_ms + span * size // sum(sizes) for size in (0, *accumulate(sizes))]
    for page, (begin, end) in zip(shown.pages, pairwise(edges), strict=True):
        yield Cue(begin, end, page)


def _timed(cues: Sequence[Cue], end_ms: int) -> tuple[Cue, ...]:
    """The cues one after the other, with time to read where there is some."""
    if not cues or end_ms < len(cues):
        return ()
    gap = GAP_MS if (end_ms + GAP_MS) // len(cues) > 2 * GAP_MS else 0
    step = min(MIN_MS + gap, (end_ms + gap) // len(cues))
    starts: list[int] = []
    for cue in cues:
        starts.append(max(cue.start_ms, starts[-1] + step if starts else 0))
    # What was put off beyond the end comes earlier instead.
    latest = end_ms + gap
    for at in reversed(range(len(starts))):
        starts[at] = latest = min(starts[at], latest - step)
    limits = [following - gap for following in (*starts[1:], end_ms + gap)]
    return tuple(
        replace(cue, start_ms=start, end_ms=_end_ms(cue, start, limit))
        for cue, start, limit in zip(cues, starts, limits, strict=True)
    )


def _end_ms(cue: Cue, start_ms: int, limit_ms: int) -> int:
    reading_ms = 1000 * sum(map(width, cue.lines)) // READ_PER_S
    wanted_ms = max(cue.end_ms, start_ms + max(reading_ms, MIN_MS))
    if limit_ms - wanted_ms < CLOSE_MS:
        wanted_ms = limit_ms
    return min(wanted_ms, limit_ms, start_ms + MAX_MS)
