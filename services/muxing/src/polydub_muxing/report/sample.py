"""Which lines a recogniser is asked about: the flagged ones and some of all the others. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from polydub.v1 import asr_pb2
from polydub_muxing.fit.placement import Placement
from polydub_muxing.fit.slowing import TimeMap
from polydub_muxing.report.measure import Span
from polydub_muxing.report.recognized import TimedWord
from polydub_muxing.script import PartDocuments, ScriptLine

_GOLDEN = 0.6180339887498949
"""Multiples of the golden section, modulo 1, fill the unit interval evenly at any count."""
_FLAGGED_SHARE = 0.5
"""What flagged lines may take of the time, so that the figures speak for the others, too."""


@dataclass(frozen=True)
class SampleLine:
    """A line to be recognised. All times are the dub's."""

    line_id: str
    text: str
    audio_key: str
    start_ms: int
    end_ms: int
    source_start_ms: int
    source_end_ms: int
    source_words: Sequence[TimedWord] = ()


@dataclass(frozen=True)
class Choice:
    """A line that may be chosen, and how much time it takes."""

    line_id: str
    duration_ms: int


def sample(
    lines: Sequence[Choice], flagged: Collection[str], longest_ms: int
) -> tuple[Choice, ...]:
    """Lines of so much time at most, in the order of ``lines``: the same ones each time.

    Flagged lines come first, up to half of the time; then lines from all over the talk.
    """
    spread = [line for _, line in sorted(_keyed(lines), key=lambda pair: pair[0])]
    first = [line for line in spread if line.line_id in flagged]
    others = [line for line in spread if line.line_id not in flagged]
    share_ms = round(longest_ms * _FLAGGED_SHARE) if others else longest_ms
    chosen = _filled(first, share_ms)
    left_ms = longest_ms - sum(line.duration_ms for line in chosen)
    ids = {line.line_id for line in (*chosen, *_filled(others, left_ms))}
    return tuple(line for line in lines if line.line_id in ids)


def _keyed(lines: Sequence[Choice]) -> list[tuple[float, Choice]]:
    return [(at * _GOLDEN % 1, line) for at, line in enumerate(lines)]


def _filled(lines: Sequence[Choice], room_ms: int) -> list[Choice]:
    """Those that go into the room, one after the other."""
    chosen = []
    for line in lines:
        if line.duration_ms <= room_ms:
            chosen.append(line)
            room_ms -= line.duration_ms
    return chosen


def sample_lines(
    lines: Sequence[ScriptLine],
    placements: Sequence[Placement],
    spans: Sequence[Span],
    words: Mapping[str, Sequence[TimedWord]],
    *,
    longest_s: float,
) -> list[SampleLine]:
    """The lines to recognise; those that keep their original are not among them.

    Args:
        lines, placements, spans: of all lines, in the same order.
        words: what the source says in each line, by its id, in the dub's time.
    """
    spoken = {
        line.line.id: (line, span)
        for line, span in zip(lines, spans, strict=True)
        if not line.line.keeps_original
    }
    choices = [Choice(name, span.end_ms - span.start_ms) for name, (_, span) in spoken.items()]
    flagged = {placement.line_id for placement in placements if placement.flags}
    chosen = sample(choices, flagged, round(longest_s * 1000))
    return [_sample_line(*spoken[each.line_id], words.get(each.line_id, ())) for each in chosen]


def _sample_line(line: ScriptLine, span: Span, words: Sequence[TimedWord]) -> SampleLine:
    return SampleLine(
        line_id=span.line_id,
        text=line.text,
        audio_key=line.audio_key,
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        source_start_ms=span.source_start_ms,
        source_end_ms=span.source_end_ms,
        source_words=words,
    )


def source_words(parts: Sequence[PartDocuments], time_map: TimeMap) -> dict[str, list[TimedWord]]:
    """What was said in each line of the source, by the line's id, in the dub's time."""
    return {
        line.id: [_timed(word, time_map) for word in line.words]
        for part in parts
        if part.transcript
        for line in part.transcript.lines
    }


def _timed(word: asr_pb2.Word, time_map: TimeMap) -> TimedWord:
    return TimedWord(word.text, time_map.at(word.start_ms))
