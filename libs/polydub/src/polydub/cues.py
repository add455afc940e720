"""Subtitles against speech: which words fall to which speaker's time, and to which part. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Generic, Protocol, TypeVar

from polydub.v1 import diarization_pb2, muxing_pb2

_LEAST_SHARE = 0.25
"""Of the speech under a cue: a speaker with less of it is heard in passing. Cues are rarely cut
to the frame, so that most touch a neighbour's speech."""
_CLOSERS = "\"'”’»)」』]"
_ENDS = (".", "?", "!", "…", "。", "？", "！")


class Timed(Protocol):
    """Something with a time."""

    @property
    def start_ms(self) -> int: ...

    @property
    def end_ms(self) -> int: ...


class Spoken(Timed, Protocol):
    """Someone's speech: an utterance, or a line."""

    @property
    def speaker_id(self) -> str: ...


SpokenT = TypeVar("SpokenT", bound=Spoken)


class Speech(Generic[SpokenT]):
    """Utterances or lines in order of start, to be asked what is said when."""

    def __init__(self, spoken: Iterable[SpokenT]) -> None:
        self.all = sorted(spoken, key=lambda each: (each.start_ms, each.end_ms))
        self._starts = [each.start_ms for each in self.all]
        self._reached = list(accumulate((each.end_ms for each in self.all), max))

    def during(self, time: Timed) -> list[SpokenT]:
        """What shares some of a time."""
        first = bisect_right(self._reached, time.start_ms)
        behind = bisect_left(self._starts, time.end_ms)
        return [each for each in self.all[first:behind] if overlap_ms(each, time)]

    def nearest(self, time: Timed) -> SpokenT | None:
        """What shares most of a time; where nothing does, the next to it."""
        if shared := self.during(time):
            return max(shared, key=lambda each: overlap_ms(each, time))
        behind = bisect_left(self._starts, time.end_ms)
        # Of those that began before, the one that ended last.
        before = bisect_left(self._reached, self._reached[behind - 1]) if behind else 0
        beside = [*self.all[before : before + 1], *self.all[behind : behind + 1]]
        return min(beside, key=lambda each: _distance_ms(each, time), default=None)


@dataclass(frozen=True)
class Turn:
    """One speaker's share of the time of a cue."""

    speaker_id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Placed:
    """What a person wrote, in the time in which it is said."""

    cue: int
    """Which cue of the document it is, or is a part of: from 0."""
    start_ms: int
    end_ms: int
    text: str
    speaker: str
    """As the subtitles name them; may be empty."""
    alone: bool
    """No other cue stands in the same time, so that it may hold the words of several speakers."""


def placed(cues: Sequence[muxing_pb2.Cue], speech: Speech[SpokenT]) -> list[Placed]:
    """Every cue in its time. Cues that share one time (the two halves of a dialogue) are given
    theirs in turn: a speaker's turn or an utterance each where there are as many, else by their
    length.

    Args:
        cues: in order of start.
    """
    found: list[Placed] = []
    for time, group in groupby(enumerate(cues), lambda each: (each[1].start_ms, each[1].end_ms)):
        shown = list(group)
        edges = _edges(*time, [cue.text for _, cue in shown], speech)
        found += [
            Placed(number, start, end, cue.text, cue.speaker, alone=len(shown) == 1)
            for (number, cue), start, end in zip(shown, edges, edges[1:], strict=False)
        ]
    return found


def turns(time: Timed, speech: Speech[SpokenT]) -> list[Turn]:
    """Who speaks in turn within a time; neighbours are different, and none has a small share.

    The turns cover the time: they meet in the middle of the silence between two.
    """
    inside = speech.during(time)
    total_ms = sum(overlap_ms(each, time) for each in inside)
    by_speaker = [list(run) for _, run in groupby(inside, lambda each: each.speaker_id)]
    heard = [
        run
        for run in by_speaker
        if sum(overlap_ms(each, time) for each in run) >= _LEAST_SHARE * total_ms
    ]
    runs = [
        [each for run in same for each in run]
        for _, same in groupby(heard, lambda run: run[0].speaker_id)
    ]
    borders = [
        min(max((before[-1].end_ms + after[0].start_ms) // 2, time.start_ms), time.end_ms)
        for before, after in pairwise(runs)
    ]
    edges = [*accumulate([time.start_ms, *borders], max), time.end_ms]
    return [
        Turn(run[0].speaker_id, start, end)
        for run, start, end in zip(runs, edges, edges[1:], strict=False)
    ]


def shared_out(text: str, weights: Sequence[int]) -> list[str]:
    """The text in pieces, words in proportion to the weights, cut rather where a sentence ends.

    Returns:
        As many pieces as weights; the text alone where it has fewer words than that.
    """
    words = words_of(text)
    if len(words) < len(weights) or len(weights) < 2:
        return [text]
    joint = " " if len(text.split()) == len(words) else ""
    aims = [sum_ms * len(words) / (sum(weights) or 1) for sum_ms in accumulate(weights[:-1])]
    cuts = [0]
    for position, aim in enumerate(aims):
        still_to_come = len(weights) - position - 1
        choice = range(cuts[-1] + 1, len(words) - still_to_come + 1)
        bonus = len(words) / 4
        cuts.append(min(choice, key=lambda cut: abs(cut - aim) - bonus * _ends(words[cut - 1])))
    cuts.append(len(words))
    return [joint.join(words[start:end]) for start, end in pairwise(cuts)]


def words_of(text: str) -> list[str]:
    """The words of a text; its characters where its script has no spaces between words."""
    words = text.split()
    unspaced = len(words) == 1 and any(unicodedata.east_asian_width(c) in "WF" for c in text)
    return list(words[0]) if unspaced else words


def spread(words: Sequence[str], start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """The time of each word, in proportion to its letters."""
    reached = [0, *accumulate(max(1, len(word)) for word in words)]
    edges = [start_ms + (end_ms - start_ms) * done // (reached[-1] or 1) for done in reached]
    return list(pairwise(edges))


def overlap_ms(one: Timed, other: Timed) -> int:
    """How long both last at the same time."""
    return max(0, min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms))


def part_of(time: Timed, parts: Sequence[diarization_pb2.Part]) -> int:
    """The index of the part in which the middle of a time lies; 0 where there are no parts."""
    middle_ms = (time.start_ms + time.end_ms) // 2
    last = parts[-1].index if parts else 0
    return next((part.index for part in parts if middle_ms < part.end_ms), last)


def transcript_in(
    subtitles: Iterable[muxing_pb2.OwnSubtitles], source_language: str
) -> muxing_pb2.OwnSubtitles | None:
    """The subtitles that say what is spoken, where a person brought some."""
    return next((each for each in subtitles if each.language == source_language), None)


def translation_in(
    subtitles: Iterable[muxing_pb2.OwnSubtitles], source_language: str, target_language: str
) -> muxing_pb2.OwnSubtitles | None:
    """The subtitles that are a target language's text, where a person brought some."""
    others = (each for each in subtitles if each.language != source_language)
    return next((each for each in others if each.language == target_language), None)


def _edges(start_ms: int, end_ms: int, texts: Sequence[str], speech: Speech[SpokenT]) -> list[int]:
    """Where each of some texts in one time starts, and the end of the last."""
    if len(texts) == 1:
        return [start_ms, end_ms]
    time = Turn("", start_ms, end_ms)
    within = [
        Turn(each.speaker_id, max(start_ms, each.start_ms), each.end_ms)
        for each in speech.during(time)
        if start_ms <= (each.start_ms + each.end_ms) // 2 < end_ms
    ]
    for heard in (turns(time, speech), within):
        if len(heard) == len(texts):
            return [start_ms, *(each.start_ms for each in heard[1:]), end_ms]
    lengths = spread(texts, start_ms, end_ms)
    return [*(start for start, _ in lengths), end_ms]


def _ends(word: str) -> bool:
    return word.rstrip(_CLOSERS).endswith(_ENDS)


def _distance_ms(one: Timed, other: Timed) -> int:
    return max(one.start_ms - other.end_ms, other.start_ms - one.end_ms)
