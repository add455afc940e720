"""From scored windows to turns: the Viterbi path through each stretch of speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn

STEP_MS = 50
_REACH_MS = 350.0
"""Standard deviation of a window's weight around its centre: the part that it speaks for."""
_CHANGE_COST = 0.6
"""In cosine summed over steps: a change must pay for itself by that much."""

Scores = npt.NDArray[np.floating]


def turns_of(
    region: Span, windows: Sequence[Span], scores: Scores, names: Sequence[str]
) -> list[Turn]:
    """Who speaks from when to when in one region; the turns touch and cover it.

    Args:
        windows: the region's windows.
        scores: cosine of each window with each voice, shape (windows, voices).
        names: the voices' names.
    """
    path = best_path(_frame_scores(region, windows, scores))
    return [
        Turn(names[voice], Span(region.start_ms + first * STEP_MS, _end(region, last)))
        for first, last, voice in _runs(path)
    ]


def _end(region: Span, step: int) -> int:
    return min(region.end_ms, region.start_ms + step * STEP_MS)


def _frame_scores(region: Span, windows: Sequence[Span], scores: Scores) -> Scores:
    """The windows' scores, averaged around each moment, shape (steps, voices)."""
    moments = np.arange(region.start_ms, region.end_ms, STEP_MS)
    centres = np.array([(window.start_ms + window.end_ms) / 2 for window in windows])
    distances = (moments[:, None] - centres[None]) / _REACH_MS
    weights = np.exp(-0.5 * np.square(distances)) + 1e-6
    averaged: Scores = weights @ scores / weights.sum(axis=1, keepdims=True)
    return averaged


def best_path(scores: Scores) -> npt.NDArray[np.int64]:
    """The voice at each step that maximises the summed scores less the cost of changes.

    Args:
        scores: shape (steps, voices), at least one step.
    """
    voices = np.arange(scores.shape[1])
    best = scores[0].astype(np.float64)
    came_from = np.empty((len(scores), len(voices)), np.int64)
    for step in range(1, len(scores)):
        leader = int(best.argmax())
        changed = best[leader] - _CHANGE_COST
        stays = best >= changed
        came_from[step] = np.where(stays, voices, leader)
        best = np.where(stays, best, changed) + scores[step]
    path = np.empty(len(scores), np.int64)
    path[-1] = best.argmax()
    for step in range(len(scores) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def _runs(path: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """``(first step, step after the last, voice)`` of each stretch of one voice."""
    bounds = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for first, last in pairwise(bounds):
        yield first, last, int(path[first])
