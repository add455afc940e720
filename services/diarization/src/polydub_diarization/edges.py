"""Where speech truly begins and ends: VAD spans moved to the rise and fall of the sound.

A dubbed line is placed on the start of its utterance, so starts should be right within 20-30 ms.
A VAD frame alone lasts 32 ms, and a network needs one or more of them to be sure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polydub_diarization.levels import HOP_MS, Levels
from polydub_diarization.spans import Span

# All of these in hops of 10 ms.
_OUTWARD = 25
_INWARD = 15
_DIP = 4
"""Closures inside a word's first sounds are shorter than this; a breath before it is farther."""
_BACKGROUND = 100
_LEAST_BACKGROUND = 5
_SPEECH = 60

_ABOVE_BACKGROUND_DB = 6.0
_BELOW_SPEECH_DB = 40.0
"""Sounds this far below the vowels are not heard as part of the word."""
_CLEAR_DB = 12.0
"""With less between speech and background the levels say nothing about edges."""


def refine(spans: Sequence[Span], levels: Levels) -> list[Span]:
    """The spans with both edges on the sound's own rise and fall, where these are clear.

    An edge moves outward by at most 250 ms and inward by at most 150 ms, never over a neighbour.

    Args:
        spans: in order and apart from each other.
        levels: dBFS, one per 10 ms of the timeline, shape (n,).
    """
    refined: list[Span] = []
    for index, span in enumerate(spans):
        before = refined[-1].end_ms if refined else 0
        after = spans[index + 1].start_ms if index + 1 < len(spans) else len(levels) * HOP_MS
        start = _rise_ms(levels, span, before)
        end = _fall_ms(levels, span, after)
        refined.append(Span(start, end) if end > start else span)
    return refined


def _rise_ms(levels: Levels, span: Span, before_ms: int) -> int:
    first, last = span.start_ms // HOP_MS, span.end_ms // HOP_MS
    shift = _shift(levels[-(-before_ms // HOP_MS) : first], levels[first:last])
    return span.start_ms if shift is None else max(before_ms, (first + shift) * HOP_MS)


def _fall_ms(levels: Levels, span: Span, after_ms: int) -> int:
    """The same on the sound played backwards."""
    first, last = span.start_ms // HOP_MS, -(-span.end_ms // HOP_MS)
    shift = _shift(levels[last : after_ms // HOP_MS][::-1], levels[first:last][::-1])
    return span.end_ms if shift is None else min(after_ms, (last - shift) * HOP_MS)


def _shift(silence: Levels, speech: Levels) -> int | None:
    """How many hops the edge between silence and speech should move; None: can't be told.

    Walks from inside the speech outward while the sound stays above a threshold between the
    background's level and the speech's.
    """
    background = silence[-_BACKGROUND:]
    if len(background) < _LEAST_BACKGROUND or not len(speech):
        return None
    background_db = float(np.percentile(background, 30))
    speech_db = float(np.percentile(speech[:_SPEECH], 90))
    if speech_db - background_db < _CLEAR_DB:
        return None
    threshold = max(background_db + _ABOVE_BACKGROUND_DB, speech_db - _BELOW_SPEECH_DB)
    outward = silence[-_OUTWARD:]
    loud = np.flatnonzero(np.concatenate((outward, speech[:_INWARD])) > threshold)
    if not len(loud):
        return None
    breaks = np.flatnonzero(np.diff(loud) > _DIP)
    edge = loud[breaks[-1] + 1] if len(breaks) else loud[0]
    if edge == 0:
        return None  # as loud as far as we look: that is music coming in, not the voice
    return int(edge) - len(outward)
