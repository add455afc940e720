"""What a beam search offers, made into a few ways to say a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_BEHIND = 0.3
"""How far a score may be behind the best one. Scores are mean log-probabilities per token: at 0.3
each token is 26 % less likely, and what lies further behind is usually broken."""

MAX_RUN = 4
"""How often the same words may follow each other, unless the source does so too. What a model
repeats five times it repeats until it is stopped."""
_LONGEST_PHRASE = 8
_STUTTER = re.compile(r"([^\W\d_]{1,8}?)\1{7}")
"""The same letters eight times on end, in a word or where a script has no words."""

NOTICEABLE = 0.92
"""A text this much shorter takes noticeably less time to say."""


@dataclass(frozen=True)
class Hypothesis:
    """One translation and its mean log-probability per token."""

    text: str
    score: float


def garbled(text: str, source: str) -> bool:
    """Whether a translation says the same words over and over where its source does not."""
    if _STUTTER.search(text) and not _STUTTER.search(source):
        return True
    run = _longest_run(text.split())
    return run > MAX_RUN and run > 2 * _longest_run(source.split())


def plausible(hypotheses: Iterable[Hypothesis], source: str = "") -> tuple[Hypothesis, ...]:
    """Best first, without empty ones, doubles, garbage, and those far behind the best.

    Args:
        source: what they translate; empty where they were sifted before.
    """
    offered = (each for each in hypotheses if each.text)
    sound = (each for each in offered if not (source and garbled(each.text, source)))
    ordered = sorted(sound, key=lambda each: -each.score)
    distinct: dict[str, Hypothesis] = {}
    for each in ordered:
        if each.score >= ordered[0].score - MAX_BEHIND:
            distinct.setdefault(each.text.casefold(), each)
    return tuple(distinct.values())


def join(
    sentences: Sequence[Sequence[Hypothesis]], joiner: str, keep: int
) -> tuple[Hypothesis, ...]:
    """The best ways to say several sentences one after the other.

    Args:
        sentences: the plausible hypotheses of each sentence.
        keep: how many ways to keep while joining.
    """
    ways: tuple[Hypothesis, ...] = ()
    for hypotheses in sentences:
        if not ways:
            ways = tuple(hypotheses)
        elif hypotheses:
            ways = plausible(
                _after(first, second, joiner) for first in ways for second in hypotheses
            )[:keep]
    return ways


def varied(hypotheses: Sequence[Hypothesis], count: int) -> tuple[Hypothesis, ...]:
    """At most ``count``: the best, a shorter one, a longer one, then by score; best first."""
    if not hypotheses:
        return ()
    best = hypotheses[0]
    by_length = sorted(hypotheses, key=lambda each: len(each.text))
    shortest, longest = by_length[0], by_length[-1]
    wanted = [best]
    if len(shortest.text) <= NOTICEABLE * len(best.text):
        wanted.append(shortest)
    if len(best.text) <= NOTICEABLE * len(longest.text):
        wanted.append(longest)
    kept = list(dict.fromkeys((*wanted, *hypotheses)))[:count]
    return tuple(sorted(kept, key=lambda each: -each.score))


def _after(first: Hypothesis, second: Hypothesis, joiner: str) -> Hypothesis:
    """The two in a row; the score is weighted by length."""
    a, b = len(first.text), len(second.text)
    return Hypothesis(
        f"{first.text}{joiner}{second.text}", (first.score * a + second.score * b) / (a + b)
    )


def _longest_run(words: Sequence[str]) -> int:
    """How often at most the same one to eight words stand one behind the other."""
    longest = 1
    for length in range(1, min(_LONGEST_PHRASE, len(words) // 2) + 1):
        alike = 0
        for at in range(length, len(words)):
            alike = alike + 1 if words[at] == words[at - length] else 0
            longest = max(longest, 1 + alike // length)
    return longest
