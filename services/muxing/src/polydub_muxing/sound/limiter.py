"""A true-peak limiter with look-ahead, stretch by stretch. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import resample_poly

from polydub_muxing.sound.loudness import Samples

OVERSAMPLING = 4
"""As BS.1770-4, annex 2, measures true peak."""
LOOK_AHEAD_S = 0.02
_SAFE = 0.5
"""No inter-sample peak of programme material stands more than 6 dB above its samples."""
_FILTER_EDGE = 32


@dataclass(frozen=True)
class Limited:
    """A stretch of sound below a ceiling."""

    sound: Samples
    peak: float
    """Any ceiling from here on leaves the stretch as it is."""


def margin(rate_hz: int) -> int:
    """How many samples before and after a stretch the limiter looks at."""
    return 2 * _half(rate_hz) + _FILTER_EDGE


def limited(sound: Samples, rate_hz: int, ceiling: float) -> Limited:
    """Turns a sound down around peaks, smoothly, and leaves it alone elsewhere.

    The gain is the moving mean of the moving minimum of what each sample needs, both over the
    same window; the mean of values that all serve a sample serves it too, so no peak gets
    through. What comes out depends on nothing but what is given, so that stretches may be limited
    one by one.

    Args:
        sound: shape (n, channels), with :func:`margin` samples more on either side than come out.
    """
    edge = margin(rate_hz)
    ready = sound[edge : len(sound) - edge]
    most = float(np.abs(sound).max(initial=0.0)) / _SAFE
    if most <= ceiling:
        return Limited(ready, most)
    peaks = true_peaks(sound)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    width = 2 * _half(rate_hz) + 1
    smooth = uniform_filter1d(minimum_filter1d(needed, width), width)
    gain = np.asarray(smooth, np.float32)[edge : len(sound) - edge]
    # Where it begins and ends the oversampling filter sees a step that is not there.
    peak = float(peaks[_FILTER_EDGE : len(peaks) - _FILTER_EDGE].max())
    return Limited((ready * gain[:, None]).astype(np.float32), peak)


def _half(rate_hz: int) -> int:
    return max(1, round(LOOK_AHEAD_S * rate_hz))


def true_peaks(sound: Samples) -> Samples:
    """The peak around each sample over all channels, oversampled; shape (n,)."""
    fine = np.abs(resample_poly(sound, OVERSAMPLING, 1, axis=0)).max(axis=1)
    around = fine.reshape(len(sound), OVERSAMPLING).max(axis=1)
    # An inter-sample peak belongs to the samples on both its sides.
    peaks: Samples = np.maximum(around, np.concatenate((around[:1], around[:-1])))
    return peaks
