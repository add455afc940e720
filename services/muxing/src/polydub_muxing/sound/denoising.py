"""Takes steady noise - hiss, hum, fans - out of a sound, in blocks and sample for sample in place.

Ours rather than ffmpeg's ``afftdn``: of pink noise with a mean square 40 dB below full scale that
filter, told the level, takes 3 dB away, because it has to be told the spectrum, too; and what comes
out of it comes 25 ms late (ffmpeg 5.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile
from scipy.ndimage import percentile_filter, uniform_filter1d

from polydub.blocking import Tick
from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.room_tone import HUM_HZ
from polydub_muxing.sound.spectra import Powers

PASSAGE_S = 20.0
"""The noise is measured for each passage anew, so that it may change with the scene."""
STEADY_SHARE = 0.15
"""What a bin falls below for this share of the time is taken for noise: between words and notes
nothing else is left (minimum statistics, R. Martin, IEEE Trans. SAP 9(5), 2001)."""
REDUCTION_DB = 14.0
"""How far noise is turned down at most: what is left covers the filter's own traces."""
MEMORY = 0.96
"""Of the a-priori ratio of signal to noise ("decision-directed", Ephraim and Malah, IEEE Trans.
ASSP 32(6), 1984): what keeps chance from ringing as musical noise."""
SILENT_DB = -100.0
"""Noise below this is let be."""
_SMOOTH_FRAMES = 3
# A fifteenth of exponentially distributed powers, averaged over three half-overlapping frames,
# lies below this share of their mean (found by drawing them).
_QUANTILE_OF_MEAN = 0.42


def noise_of(sound: Samples, rate_hz: int) -> Powers:
    """The steady noise in a passage, shape (channels, bins); 0 where there is none."""
    size = spectra.frame_size(rate_hz)
    power = spectra.powers(spectra.spectra(sound, size))
    if not len(power):
        return np.zeros((sound.shape[1], size // 2 + 1))
    smooth = uniform_filter1d(power, _SMOOTH_FRAMES, axis=0)
    floor = np.quantile(smooth, STEADY_SHARE, axis=0) / _QUANTILE_OF_MEAN
    floor[spectra.db(floor) < SILENT_DB] = 0.0
    return _without_tones(floor, rate_hz)


def _without_tones(floor: Powers, rate_hz: int) -> Powers:
    """Held notes stand out from the bins around them, noise does not. Low ones may be hum."""
    bins = floor.shape[1]
    width = max(5, bins // 50) | 1
    even = percentile_filter(floor, 25, size=(1, width), mode="nearest")
    high = spectra.frequencies(2 * (bins - 1), rate_hz) >= HUM_HZ
    return np.where(high, np.minimum(floor, even), floor)


class NoiseFilter:
    """A Wiener filter on short-time spectra, fed in blocks; what comes out is in place and whole.

    Each call of :meth:`feed` gives as many samples as are ready, and :meth:`flush` the rest.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._size = spectra.frame_size(rate_hz)
        self._hop = self._size // 2
        self._waiting = np.zeros((self._hop, channels), np.float32)
        self._tail = np.zeros((self._hop, channels), np.float32)
        self._early = self._hop
        self._clean = np.zeros((channels, self._hop + 1))
        self._left = 0

    def feed(self, block: Samples, noise: Powers) -> Samples:
        """Filters the next samples, shape (n, channels), of noise as :func:`noise_of` finds it."""
        self._left += len(block)
        self._waiting = np.concatenate((self._waiting, block))
        ready = len(self._waiting) // self._hop - 1
        if ready < 1:
            return block[:0]
        frames = self._waiting[: (ready + 1) * self._hop]
        self._waiting = self._waiting[ready * self._hop :]
        of = spectra.spectra(frames, self._size)
        made = spectra.sound_of(of * self._gains(spectra.powers(of), noise), self._size)
        made[: self._hop] += self._tail
        self._tail = made[-self._hop :]
        return self._cut(made[: -self._hop])

    def flush(self, noise: Powers) -> Samples:
        """What is left at the end."""
        silence = np.zeros((2 * self._hop, self._waiting.shape[1]), np.float32)
        left = self._left
        last = self.feed(silence, noise)[:left]
        self._left = 0
        return last

    def _cut(self, made: Samples) -> Samples:
        made, self._early = made[self._early :], max(0, self._early - len(made))
        self._left -= len(made)
        return made

    def _gains(self, power: Powers, noise: Powers) -> Powers:
        least = 10 ** (-REDUCTION_DB / 10)
        over = np.maximum(noise, spectra.TINY)
        gains = np.empty_like(power)
        for frame, found in enumerate(power):
            ratio = MEMORY * self._clean / over + (1 - MEMORY) * np.maximum(found / over - 1, 0.0)
            gain = np.maximum(ratio / (1 + ratio), np.sqrt(least))
            gains[frame] = np.where(noise > 0, gain, 1.0)
            self._clean = np.square(gains[frame]) * found
        return gains


def denoise(sound: Path, clean: Path, tick: Tick) -> None:
    """Writes a sound file without its steady noise: FLAC, as long as it was, to the sample."""
    with ExitStack() as stack:
        source = stack.enter_context(soundfile.SoundFile(sound))
        rate_hz, channels = source.samplerate, source.channels
        out = stack.enter_context(
            soundfile.SoundFile(clean, "w", rate_hz, channels, "PCM_24", format="FLAC")
        )
        filtering = NoiseFilter(rate_hz, channels)
        noise = np.zeros((channels, spectra.frame_size(rate_hz) // 2 + 1))
        for passage in _passages(source):
            noise = noise_of(passage, rate_hz)
            for first in range(0, len(passage), rate_hz):
                out.write(filtering.feed(passage[first : first + rate_hz], noise))
                tick(source.tell() / max(1, source.frames))
        out.write(filtering.flush(noise))


def _passages(source: soundfile.SoundFile) -> Iterator[Samples]:
    """The whole sound in passages; a short rest goes with the last one."""
    size = round(PASSAGE_S * source.samplerate)
    left = source.frames
    while left:
        count = left if left < 1.5 * size else size
        yield source.read(count, "float32", always_2d=True)
        left -= count
