"""Moments at which the split did not know a voice as one, and left all of it in the bed. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from polydub_muxing.sound import spectra
from polydub_muxing.sound.ducking import envelopes, widths
from polydub_muxing.sound.loudness import Samples

NEAR_S = 5.0
"""How far around a line pauses tell what the bed is like without a voice."""
LEAST_PAUSE_S = 0.5
ABOVE_DB = 10.0
"""So far above the loudest that a band of the bed is in those pauses, it holds something else."""
LOUD_PERCENT = 80
"""Of a line's moments are quieter than its loud ones."""
WHOLE_DB = 5.0
"""What is left whole is no farther below the line's loud moments, band by band."""
BANDS_AT_ONCE = 3
"""Of nine. An instrument's note fills fewer than a syllable does."""
_GUARD_S = 0.15
"""Lines may sound for this long beyond their ends."""


def left_db(
    original: Samples,
    bed: Samples,
    line: tuple[int, int],
    spoken: npt.NDArray[np.int64],
    rate_hz: int,
) -> float:
    """What was left of the voice at such moments against the whole voice; -inf where nothing was.

    There the bed is much louder than in the pauses nearby, and little or nothing was taken out.
    So bed and voice do not go together, and :func:`ducking.traces` can't tell. Music that sounds
    within a line only is told from it by its few tones, and by its level: up to 18 dB below the
    voice it is not taken for words.

    Args:
        original: shape (n, channels), from ``NEAR_S`` before the line to ``NEAR_S`` after it.
        bed: the same, less the voice.
        line: where it begins and ends, in samples of these.
        spoken: the same of all lines nearby, shape (lines, 2).
    """
    voice, behind = (
        envelopes(sound.mean(axis=1, keepdims=True), rate_hz) * widths(rate_hz)
        for sound in (original - bed, bed)
    )
    hop = spectra.frame_size(rate_hz) // 4
    moments = (np.arange(len(behind)) + 1) * hop
    guard = round(_GUARD_S * rate_hz)
    pause = np.ones(len(behind), np.bool_)
    for start, end in spoken:
        pause &= (moments < start - guard) | (moments >= end + guard)
    inside = (moments >= line[0]) & (moments < line[1])
    if pause.sum() * hop < LEAST_PAUSE_S * rate_hz or not inside.any():
        return -np.inf
    ceiling = behind[pause].max(axis=0) * 10 ** (ABOVE_DB / 10)
    voice, behind = voice[inside], behind[inside]
    loud = np.percentile(voice + behind, LOUD_PERCENT, axis=0) * 10 ** (-WHOLE_DB / 10)
    whole = (behind > ceiling) & (behind > voice) & (behind > loud)
    whole &= whole.sum(axis=1, keepdims=True) >= BANDS_AT_ONCE
    left = float(behind[whole].sum())
    return float(spectra.db(left / (float(voice.sum()) + left))) if left > 0 else -np.inf
