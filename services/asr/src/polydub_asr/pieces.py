"""Cutting long sound where it is quiet, so that a decoder's memory stays bounded."""

from __future__ import annotations

import numpy as np

from polydub.pcm import RATE_HZ, Samples

MAX_S = 20.0
MIN_S = 10.0
_FRAME = RATE_HZ // 100
_SMOOTH_FRAMES = 20
"""A pause between words is about 0.2 s long."""


def cut_when_quiet(samples: Samples, *, max_s: float = MAX_S, min_s: float = MIN_S) -> list[int]:
    """Where to cut: sample indices, ascending, starting with 0 and ending with the length.

    No piece is longer than ``max_s``; each but the last is at least ``min_s`` long and ends in
    the middle of the quietest 0.2 s there are between the two.
    """
    cuts = [0]
    while samples.size - cuts[-1] > max_s * RATE_HZ:
        first, last = (cuts[-1] + int(limit * RATE_HZ) for limit in (min_s, max_s))
        cuts.append(first + _quietest(samples[first:last]))
    return [*cuts, samples.size]


def _quietest(samples: Samples) -> int:
    """The middle of the quietest stretch, as an index into ``samples``."""
    frames = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.convolve((frames**2).mean(axis=1), np.ones(_SMOOTH_FRAMES), "same")
    # Near the edges "same" sums fewer frames, which would look quiet.
    edge = _SMOOTH_FRAMES // 2
    inner = power[edge:-edge]
    return int((edge + np.argmin(inner)) * _FRAME) if inner.size else samples.size // 2
