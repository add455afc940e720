"""Talks of two trembling tones for the engines whose models were set by hand, and their truth."""

from __future__ import annotations

import numpy as np

from polydub.pcm import RATE_HZ
from polydub_diarization.engines.base import Diarized

TURNS = (("A", 500, 3500), ("B", 4200, 8200), ("A", 8700, 11200), ("B", 11800, 14800),
         ("A", 15800, 19800))  # fmt: skip
HZ = {"A": 220.0, "B": 880.0}
NEAR_MS = 130
"""One frame of the segmentation, and what the filters need to be sure."""


def tones(
    turns: tuple[tuple[str, int, int], ...], length_ms: int, tremble: float = 0.4
) -> np.ndarray:
    """Trembling tones on faint noise."""
    times = np.arange(length_ms * RATE_HZ // 1000) / RATE_HZ
    sound = np.random.default_rng(0).normal(0, 1e-4, len(times))
    for who, start, end in turns:
        inside = (times >= start / 1000) & (times < end / 1000)
        swell = 1 - tremble + tremble * np.sin(8 * np.pi * times)
        sound += inside * 0.3 * swell * np.sin(2 * np.pi * HZ[who] * times)
    return sound.astype(np.float32)


def matches(found: Diarized, truth: tuple[tuple[str, int, int], ...]) -> None:
    assert len(found.turns) == len(truth), found.turns
    people: dict[str, str] = {}
    for turn, (who, start, end) in zip(found.turns, truth, strict=True):
        assert abs(turn.span.start_ms - start) <= NEAR_MS
        assert abs(turn.span.end_ms - end) <= NEAR_MS
        assert people.setdefault(who, turn.speaker) == turn.speaker
    assert len(set(people.values())) == len(people)
