"""A translation that a person brought, laid on the lines of the transcript. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from polydub import cues
from polydub.cues import Placed, Speech, overlap_ms
from polydub.v1 import asr_pb2, diarization_pb2, muxing_pb2

_COVERED = 0.5
"""Of a line's time: a text that stands over so much of it is meant for it, too."""


@dataclass(frozen=True)
class Laid:
    """What is said in the place of some lines."""

    lines: tuple[asr_pb2.TranscriptLine, ...]
    """In order; of one speaker. Several where one text stands for them together."""
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@dataclass
class _Sheet:
    """The lines of a part, and what has been laid on them so far."""

    lines: Sequence[asr_pb2.TranscriptLine]
    texts: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    joined: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """With which other lines a line is said together."""

    def lay(self, text: str, run: Sequence[int], home: int) -> None:
        at = home if home in run else run[0]
        self.texts[at].append(text)
        self.joined[at].update(run)


def cues_of_part(
    document: muxing_pb2.CueDocument, parts: Sequence[diarization_pb2.Part], part: int
) -> list[tuple[int, muxing_pb2.Cue]]:
    """The cues of one part, each with its number in the document, from 0."""
    shown = sorted(enumerate(document.cues), key=lambda each: (each[1].start_ms, each[1].end_ms))
    return [(number, cue) for number, cue in shown if cues.part_of(cue, parts) == part]


def laid_on(
    lines: Sequence[asr_pb2.TranscriptLine], shown: Sequence[tuple[int, muxing_pb2.Cue]]
) -> tuple[list[Laid], list[asr_pb2.TranscriptLine]]:
    """The text of each cue in the place of the line with which it shares most time.

    A line without a cue of its own, most of which lies under another line's, is said together
    with that one; or gets its share of the words where someone else speaks it. Where both files
    have the same times, each line gets its cue. Each word of each cue is laid exactly once.

    Args:
        lines: in order of start.
        shown: the cues of the same part, numbered, in order of start.

    Returns:
        What is said in order of start; and the lines over which nothing stands. For a cue where
        nobody speaks, ``lines`` holds a line without text and speaker, for the cue's time.
    """
    found = cues.placed([cue for _, cue in shown], Speech(lines))
    homes = _homes(found, lines)
    alone = [
        Laid((_new_line(shown[each.cue][0], each),), (each.text,))
        for each, home in zip(found, homes, strict=True)
        if home is None
    ]
    sheet = _Sheet(lines)
    for each, covered, home in zip(found, _covered(found, homes, lines), homes, strict=True):
        if home is not None:
            _lay(sheet, each, covered, home)
    laid = [
        Laid(tuple(lines[at] for at in sorted(sheet.joined[home])), tuple(texts))
        for home, texts in sheet.texts.items()
    ]
    said = {at for home in sheet.texts for at in sheet.joined[home]}
    silent = [line for at, line in enumerate(lines) if at not in said]
    return sorted([*laid, *alone], key=lambda each: each.lines[0].start_ms), silent


def _homes(found: Sequence[Placed], lines: Sequence[asr_pb2.TranscriptLine]) -> list[int | None]:
    """For each text the line that it is the text of, or None where there is none in its time."""
    places = {line.id: at for at, line in enumerate(lines)}
    speech = Speech(lines)
    taken: dict[int, int] = defaultdict(int)
    homes: list[int | None] = []
    for each in found:
        home = max(
            (places[line.id] for line in speech.during(each)),
            # Of two people who speak at once, each gets one of the cues.
            key=lambda at: (overlap_ms(lines[at], each), -_apart_ms(lines[at], each), -taken[at]),
            default=None,
        )
        if home is not None:
            taken[home] += 1
        homes.append(home)
    return homes


def _covered(
    found: Sequence[Placed],
    homes: Sequence[int | None],
    lines: Sequence[asr_pb2.TranscriptLine],
) -> list[list[int]]:
    """For each text the lines that it is for: its own, and those without one under it."""
    covered = [[] if home is None else [home] for home in homes]
    housed = [place for place, home in enumerate(homes) if home is not None]
    with_text = set(homes)
    for at, line in enumerate(lines):
        if at in with_text or not housed:
            continue
        over = max(housed, key=lambda place: overlap_ms(found[place], line))
        if overlap_ms(found[over], line) >= _COVERED * (line.end_ms - line.start_ms):
            covered[over].append(at)
    return [sorted(each) for each in covered]


def _lay(sheet: _Sheet, each: Placed, covered: Sequence[int], home: int) -> None:
    """Gives a text to its lines: to each speaker's in turn."""
    runs = [list(run) for _, run in groupby(covered, lambda at: sheet.lines[at].speaker_id)]
    weights = [sum(overlap_ms(sheet.lines[at], each) for at in run) for run in runs]
    pieces = cues.shared_out(each.text, weights)
    if len(pieces) < len(runs):
        runs = [next(run for run in runs if home in run)]
    for piece, run in zip(pieces, runs, strict=True):
        sheet.lay(piece, run, home)


def _new_line(number: int, each: Placed) -> asr_pb2.TranscriptLine:
    return asr_pb2.TranscriptLine(
        id=f"t{number + 1:04}", start_ms=each.start_ms, end_ms=each.end_ms, confidence=1.0
    )


def _apart_ms(line: asr_pb2.TranscriptLine, each: Placed) -> int:
    return abs(line.start_ms - each.start_ms) + abs(line.end_ms - each.end_ms)
