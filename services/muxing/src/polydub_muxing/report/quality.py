"""One figure for how good a dub is, from what was measured on it: pure.

Every measure takes its share of what the ones before it left: nothing while it is good, all of
its share once it is bad, and evenly more in between. So the figure never leaves 0 to 100, never
rises when a measure gets worse, and one thing that is really bad can't hide behind the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class QualityFacts:
    """What the figure is made from. None: not measured, takes nothing."""

    onset_p50_ms: float | None
    onset_p95_ms: float | None
    speech_overlap: float | None
    tempo_p95: float
    overflow_ms_per_line: float
    truncated_ms: float
    clash_share: float
    """Clashes for each line."""
    loudness_delta_lu: float
    true_peak_dbtp: float
    low_confidence_share: float
    original_kept_share: float
    words_lost: float | None
    """Word errors of a recogniser on the mix beyond those on the recordings of the lines."""
    source_leakage: float | None
    drift_ms: float | None
    """By how much lines of one part are further off than those of another."""
    width_lost: float | None
    """Of the background, 0 to 1."""


@dataclass(frozen=True)
class Weight:
    """What one fact may take away."""

    fact: str
    good: float
    """Up to here it takes nothing."""
    bad: float
    """From here on it takes all it may."""
    share: float
    words: str


WEIGHTS: Sequence[Weight] = (
    Weight("onset_p50_ms", 80, 500, 0.40, "lines start off their moment"),
    Weight("onset_p95_ms", 150, 1000, 0.35, "some lines start far off their moment"),
    Weight("speech_overlap", 0.90, 0.30, 0.40, "the dub is silent where people speak"),
    Weight("tempo_p95", 1.25, 2.0, 0.30, "lines are spoken too fast"),
    Weight("overflow_ms_per_line", 20, 1000, 0.30, "lines run on past their time"),
    Weight("truncated_ms", 0, 2000, 0.40, "words are cut off"),
    Weight("clash_share", 0, 0.5, 0.40, "lines sound over each other"),
    Weight("loudness_delta_lu", 1, 6, 0.30, "the loudness is off"),
    Weight("true_peak_dbtp", -1, 3, 0.20, "the sound is overloaded"),
    Weight("low_confidence_share", 0, 1, 0.30, "many words may be heard wrong"),
    Weight("original_kept_share", 0, 1, 0.80, "lines are not dubbed"),
    Weight("words_lost", 0.10, 0.5, 0.40, "words are hard to understand in the mix"),
    Weight("source_leakage", 0.05, 0.5, 0.40, "words of the original are still heard"),
    Weight("drift_ms", 60, 500, 0.35, "the voice moves away from the picture"),
    Weight("width_lost", 0.10, 0.70, 0.20, "the background has lost its stereo"),
)


@dataclass(frozen=True)
class Loss:
    """Why a dub has not 100: what one fact takes of what is left."""

    words: str
    share: float


def losses(facts: QualityFacts) -> list[Loss]:
    """What each fact takes away, the greatest first; facts that take nothing are left out."""
    found = [Loss(weight.words, weight.share * _badness(facts, weight)) for weight in WEIGHTS]
    return sorted((loss for loss in found if loss.share > 0), key=lambda loss: -loss.share)


def quality(facts: QualityFacts) -> float:
    """0 to 100; higher is better."""
    left = 100.0
    for weight in WEIGHTS:
        left *= 1 - weight.share * _badness(facts, weight)
    return round(left, 1)


def _badness(facts: QualityFacts, weight: Weight) -> float:
    """0 where the fact is good, 1 where it is bad."""
    value: float | None = getattr(facts, weight.fact)
    if value is None:
        return 0.0
    if weight.fact == "loudness_delta_lu":
        value = abs(value)
    return min(1.0, max(0.0, (value - weight.good) / (weight.bad - weight.good)))
