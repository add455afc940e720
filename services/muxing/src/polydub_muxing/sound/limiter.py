"""A true-peak limiter with look-ahead, block by block."""

from __future__ import annotations

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


class TruePeakLimiter:
    """Turns the sound down around peaks, smoothly, and leaves it alone elsewhere.

    The gain is the moving mean of the moving minimum of what each sample needs, both over the
    same window; the mean of values that all serve a sample serves it too, so no peak gets
    through. Output is delayed inside; fed and flushed it is as long as the input.
    """

    def __init__(self, rate_hz: int, channels: int, ceiling: float) -> None:
        self._half = max(1, round(LOOK_AHEAD_S * rate_hz))
        self._margin = 2 * self._half + _FILTER_EDGE
        self._ceiling = ceiling
        self._kept = np.zeros((self._margin, channels), np.float32)

    def feed(self, block: Samples) -> Samples:
        """The next samples that are ready, shape (m, channels); at first fewer than given."""
        return self._limit(block)

    def flush(self) -> Samples:
        """What is left at the end."""
        return self._limit(np.zeros((self._margin, self._kept.shape[1]), np.float32))

    def _limit(self, block: Samples) -> Samples:
        sound = np.concatenate((self._kept, block))
        ready = sound[self._margin : len(sound) - self._margin]
        if len(sound) <= 2 * self._margin:
            self._kept = sound
            return ready[:0]
        limited = ready
        if np.abs(sound).max(initial=0.0) > _SAFE * self._ceiling:
            gain = self._gain(sound)[self._margin : len(sound) - self._margin]
            limited = (ready * gain[:, None]).astype(np.float32)
        self._kept = sound[len(sound) - 2 * self._margin :]
        return limited

    def _gain(self, sound: Samples) -> Samples:
        peaks = true_peaks(sound)
        needed = np.minimum(1.0, self._ceiling / np.maximum(peaks, 1e-9))
        width = 2 * self._half + 1
        smooth = uniform_filter1d(minimum_filter1d(needed, width), width)
        return np.asarray(smooth, np.float32)


def true_peaks(sound: Samples) -> Samples:
    """The peak around each sample over all channels, oversampled; shape (n,)."""
    fine = np.abs(resample_poly(sound, OVERSAMPLING, 1, axis=0)).max(axis=1)
    around = fine.reshape(len(sound), OVERSAMPLING).max(axis=1)
    # An inter-sample peak belongs to the samples on both its sides.
    peaks: Samples = np.maximum(around, np.concatenate((around[:1], around[:-1])))
    return peaks
