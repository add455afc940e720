"""From the words of one utterance to the lines that are translated, spoken and subtitled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from polydub_asr.engines.base import Word
from polydub_asr.text import ends_sentence, is_unspaced

MAX_MS = 8_000
MAX_WORDS = 20
"""About what two subtitle lines hold, and what a listener keeps in mind. Of languages written
without spaces, whose words are single characters here, only the time counts."""
_MIN_WORDS = 3
"""No line is cut so that fewer words stand alone, where there is a choice."""


@dataclass(frozen=True)
class Line:
    """What is translated, spoken and subtitled as a whole. Times on the talk's timeline."""

    id: str
    utterance_id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]

    @property
    def confidence(self) -> float:
        """Mean over the words."""
        return fmean(word.confidence for word in self.words)

    @property
    def characters_per_s(self) -> float:
        """Letters and digits over the time from the first word to the end of the last; 0 where
        the words have no length."""
        spoken_ms = self.words[-1].end_ms - self.words[0].start_ms
        letters = sum(character.isalnum() for word in self.words for character in word.text)
        return letters * 1000 / spoken_ms if spoken_ms else 0.0


def lines_of(
    utterance_id: str, speaker_id: str, start_ms: int, end_ms: int, words: Sequence[Word]
) -> tuple[Line, ...]:
    """The lines of one utterance; none without words.

    The first line starts with the utterance, whose onset is exact, and the last one ends with
    it; inside, lines start and end with their words. Words are kept within the utterance.

    Args:
        words: with times on the talk's timeline, in order.
    """
    if not words:
        return ()
    inside = tuple(_within(word, start_ms, end_ms) for word in words)
    groups = _split(inside, start_ms, end_ms)
    last = len(groups) - 1
    return tuple(
        Line(
            id=utterance_id if position == 0 else f"{utterance_id}.{position + 1}",
            utterance_id=utterance_id,
            speaker_id=speaker_id,
            start_ms=start_ms if position == 0 else group[0].start_ms,
            end_ms=end_ms if position == last else group[-1].end_ms,
            words=group,
        )
        for position, group in enumerate(groups)
    )


def _within(word: Word, start_ms: int, end_ms: int) -> Word:
    start = min(max(word.start_ms, start_ms), end_ms)
    return replace(word, start_ms=start, end_ms=min(max(word.end_ms, start), end_ms))


def _split(words: tuple[Word, ...], start_ms: int, end_ms: int) -> list[tuple[Word, ...]]:
    """The words in groups that are short enough, cut where sentences end or gaps are wide."""
    spaced = sum(not is_unspaced(word.text[0]) for word in words)
    too_long = end_ms - start_ms > MAX_MS or spaced > MAX_WORDS
    if not too_long or len(words) < 2:
        return [words]
    cut = _best_cut(words)
    left, right = words[:cut], words[cut:]
    return [
        *_split(left, start_ms, left[-1].end_ms),
        *_split(right, right[0].start_ms, end_ms),
    ]


def _best_cut(words: Sequence[Word]) -> int:
    """Behind how many words to cut: where a sentence ends, else at the widest gap; of equals at
    the one nearest to the middle."""
    margin = min(_MIN_WORDS, len(words) // 2)
    middle = (words[0].start_ms + words[-1].end_ms) / 2

    def rank(cut: int) -> tuple[bool, int, float]:
        before, after = words[cut - 1].end_ms, words[cut].start_ms
        ends = ends_sentence(words[cut - 1].text)
        return ends, after - before, -abs((before + after) / 2 - middle)

    return max(range(margin, len(words) - margin + 1), key=rank)
