"""Cutting long sound where it is quiet, so that a decoder's memory stays bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines.base import Recognition, Word

MAX_S = 20.0
MIN_S = 10.0
_FRAME = RATE_HZ // 100
_SMOOTH_FRAMES = 20
"""A pause between words is about 0.2 s long."""
MIN_SAMPLES = RATE_HZ // 10
"""No word is shorter than a tenth of a second."""


@dataclass(frozen=True)
class ClipPiece:
    """A stretch of one of several clips that can be listened to by itself."""

    clip: int
    """The clip's number."""
    offset_ms: int
    """From the clip's start."""
    samples: Samples


def cut_clips(clips: Sequence[Samples], *, max_s: float, min_s: float) -> list[ClipPiece]:
    """The clips in pieces, as :func:`cut_when_quiet`; without those too short for a word."""
    return [
        ClipPiece(number, first * 1000 // RATE_HZ, samples[first:last])
        for number, samples in enumerate(clips)
        for first, last in pairwise(cut_when_quiet(samples, max_s=max_s, min_s=min_s))
        if last - first >= MIN_SAMPLES
    ]


def rejoined(
    count: int, pieces: Sequence[ClipPiece], heard: Sequence[Sequence[Word]]
) -> list[Recognition]:
    """What was heard in the pieces of ``count`` clips, clip by clip."""
    words: list[list[Word]] = [[] for _ in range(count)]
    for piece, in_piece in zip(pieces, heard, strict=True):
        words[piece.clip] += [_later(word, piece.offset_ms) for word in in_piece]
    return [Recognition(tuple(in_clip)) for in_clip in words]


def _later(word: Word, offset_ms: int) -> Word:
    return replace(word, start_ms=word.start_ms + offset_ms, end_ms=word.end_ms + offset_ms)


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
