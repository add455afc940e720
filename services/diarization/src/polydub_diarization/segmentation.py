"""From turns to utterances: the lines that will be heard, translated and spoken one by one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from polydub_diarization.levels import Levels, quietest_ms
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn, Utterance, speakers_of


@dataclass(frozen=True)
class UtteranceRule:
    """When a pause, a fragment or a monologue makes a difference."""

    pause_ms: int = 300
    shortest_ms: int = 250
    longest_ms: int = 15_000


def utterances(
    turns: Sequence[Turn],
    speech: Sequence[Span],
    levels: Levels,
    rule: UtteranceRule,
    overlaps: Sequence[Span] = (),
) -> list[Utterance]:
    """The utterances, in order of start, each of one speaker and inside speech.

    Turns are split at pauses and joined over shorter gaps; fragments go to a neighbour; what
    is too long is cut at its quietest moment. Speakers are named S1, S2, ... as they appear.

    Args:
        speech: in order and apart from each other.
        levels: dBFS, one per 10 ms of the timeline, to find quiet moments.
        overlaps: where several people speak at once, beside where turns tell it; in order and
            apart from each other.
    """
    pieces = _joined(sorted(_pieces(turns, speech), key=_by_time), rule.pause_ms)
    pieces = _joined(_without_fragments(pieces, rule), rule.pause_ms)
    lines = [line for piece in pieces for line in _cut(piece, speech, levels, rule)]
    return _renamed(_flagged(sorted(lines, key=_by_time), overlaps))


def _by_time(piece: Utterance) -> tuple[Span, str]:
    return piece.span, piece.speaker


def _pieces(turns: Sequence[Turn], speech: Sequence[Span]) -> Iterator[Utterance]:
    """Each turn's share of each span of speech."""
    coming = sorted(turns, key=lambda turn: turn.span, reverse=True)
    active: list[Turn] = []
    for span in speech:
        while coming and coming[-1].span.start_ms < span.end_ms:
            active.append(coming.pop())
        active = [turn for turn in active if turn.span.end_ms > span.start_ms]
        if active:
            yield from _shares(active, span)


def _shares(turns: Sequence[Turn], span: Span) -> Iterator[Utterance]:
    """The first and the last turn are drawn out to the span's edges, which are more exact."""
    first = min(turn.span.start_ms for turn in turns)
    last = max(turn.span.end_ms for turn in turns)
    for turn in turns:
        start = span.start_ms if turn.span.start_ms == first else turn.span.start_ms
        end = span.end_ms if turn.span.end_ms == last else turn.span.end_ms
        yield Utterance(turn.speaker, Span(max(span.start_ms, start), min(span.end_ms, end)))


def _joined(pieces: Sequence[Utterance], pause_ms: int) -> list[Utterance]:
    """Neighbours of one speaker with less than a pause between them become one."""
    joined: list[Utterance] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before and before.speaker == piece.speaker and _gap_ms(before, piece) < pause_ms:
            joined[-1] = _extended(before, piece)
        else:
            joined.append(piece)
    return joined


def _without_fragments(pieces: Sequence[Utterance], rule: UtteranceRule) -> list[Utterance]:
    """Fragments go to the nearer neighbour, whoever speaks there; lonely ones stay."""
    left = list(pieces)
    kept: list[Utterance] = []
    for index, piece in enumerate(left):
        before = _gap_ms(kept[-1], piece) if kept else rule.pause_ms
        after = _gap_ms(piece, left[index + 1]) if index + 1 < len(left) else rule.pause_ms
        if piece.span.length_ms >= rule.shortest_ms or min(before, after) >= rule.pause_ms:
            kept.append(piece)
        elif before <= after:
            kept[-1] = _extended(kept[-1], piece)
        else:
            left[index + 1] = _extended(left[index + 1], piece)
    return kept


def _gap_ms(first: Utterance, second: Utterance) -> int:
    return second.span.start_ms - first.span.end_ms


def _extended(piece: Utterance, by: Utterance) -> Utterance:
    span = Span(min(piece.span.start_ms, by.span.start_ms), max(piece.span.end_ms, by.span.end_ms))
    return replace(piece, span=span)


def _cut(
    piece: Utterance, speech: Sequence[Span], levels: Levels, rule: UtteranceRule
) -> Iterator[Utterance]:
    """The piece in lines within ``longest_ms``, cut in the middle half of what is too long."""
    span = piece.span
    if span.length_ms <= rule.longest_ms:
        yield piece
        return
    quarter = span.length_ms // 4
    pause = _pause_at(speech, quietest_ms(levels, span.start_ms + quarter, span.end_ms - quarter))
    for half in (Span(span.start_ms, pause.start_ms), Span(pause.end_ms, span.end_ms)):
        yield from _cut(replace(piece, span=half), speech, levels, rule)


def _pause_at(speech: Sequence[Span], moment_ms: int) -> Span:
    """The gap between two spans of speech around a moment; empty where someone speaks then."""
    following = bisect_right(speech, moment_ms, key=lambda span: span.start_ms)
    if 0 < following < len(speech) and speech[following - 1].end_ms <= moment_ms:
        return Span(speech[following - 1].end_ms, speech[following].start_ms)
    return Span(moment_ms, moment_ms)


def _flagged(lines: Sequence[Utterance], overlaps: Sequence[Span]) -> list[Utterance]:
    """The same lines, marked where two speakers sound at once."""
    overlapping = {i for i, line in enumerate(lines) if _meets(overlaps, line.span)}
    active: list[int] = []
    for index, line in enumerate(lines):
        active = [i for i in active if lines[i].span.end_ms > line.span.start_ms]
        for other in active:
            if lines[other].speaker != line.speaker:
                overlapping |= {index, other}
        active.append(index)
    return [replace(line, overlaps=index in overlapping) for index, line in enumerate(lines)]


def _meets(spans: Sequence[Span], span: Span) -> bool:
    """Whether any of the spans, which are in order and apart, is in part inside another."""
    following = bisect_right(spans, span.start_ms, key=lambda other: other.end_ms)
    return following < len(spans) and spans[following].shared_ms(span) > 0


def _renamed(lines: Sequence[Utterance]) -> list[Utterance]:
    names = {speaker: f"S{n}" for n, speaker in enumerate(speakers_of(lines), 1)}
    return [replace(line, speaker=names[line.speaker]) for line in lines]
