"""Where the bed gives way to the dub: what the split left of the voice, and gain curves. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.spectra import Powers

BAND_HZ = (300.0, 4000.0)
"""Where speech is told apart and what is left of it is understood (near the telephone's band)."""
LEAST_CORRELATION = 0.42
"""Of the envelopes of bed and voice, from which on the bed is taken to hold the voice."""
INAUDIBLE_DB = -24.0
"""Traces this far below the voice are covered by the dub, which is as loud as the voice was."""
DEEPEST_DB = 8.0
"""More than this, and the music would be heard to pump."""
ATTACK_S, RELEASE_S = 0.05, 0.3
_SMOOTH_FRAMES = 3


@dataclass(frozen=True)
class Traces:
    """What the split left of a voice in the bed."""

    correlation: float
    """Of both envelopes over all bands, -1 to 1."""
    level_db: float
    """Of what goes along with the voice in the bed, against the voice."""

    @property
    def depth_db(self) -> float:
        """How far the bed is to be turned down; 0 where nothing is to be covered."""
        return covering_db(self.level_db) if self.correlation >= LEAST_CORRELATION else 0.0


NO_TRACES = Traces(0.0, -np.inf)


def covering_db(level_db: float) -> float:
    """How far what lies ``level_db`` above the voice is to be turned down under the dub."""
    return float(np.clip(level_db - INAUDIBLE_DB, 0.0, DEEPEST_DB))


def traces(original: Samples, bed: Samples, rate_hz: int) -> Traces:
    """What the bed holds of the voice where someone speaks, and a little before and after.

    Args:
        original: shape (n, channels).
        bed: the same, less the voice.
    """
    voice_levels, bed_levels = (
        envelopes(sound.mean(axis=1, keepdims=True), rate_hz) for sound in (original - bed, bed)
    )
    if len(voice_levels) < 2 * _SMOOTH_FRAMES or not voice_levels.any() or not bed_levels.any():
        return NO_TRACES
    return Traces(
        _correlation(_loudness(voice_levels), _loudness(bed_levels)),
        float(spectra.db(_share(voice_levels, bed_levels))),
    )


def envelopes(mono: Samples, rate_hz: int) -> Powers:
    """Band powers over time, shape (frames, bands); frames last half of ``frame_size``."""
    size = spectra.frame_size(rate_hz) // 2
    power = spectra.powers(spectra.spectra(mono, size))[:, 0]
    bands = spectra.in_bands(power, size)[:, _inside(size, rate_hz)]
    smooth: Powers = uniform_filter1d(bands, _SMOOTH_FRAMES, axis=0)
    return smooth


def widths(rate_hz: int) -> Powers:
    """How many bins each band of :func:`envelopes` is the mean of."""
    size = spectra.frame_size(rate_hz) // 2
    bins = np.array([last - first for first, last in spectra.third_octaves(size)], np.float64)
    return bins[_inside(size, rate_hz)]


def _inside(size: int, rate_hz: int) -> npt.NDArray[np.bool_]:
    """The bands that lie in ``BAND_HZ``."""
    middles = spectra.in_bands(spectra.frequencies(size, rate_hz), size)
    return (middles >= BAND_HZ[0]) & (middles <= BAND_HZ[1])


def _loudness(envelopes: Powers) -> Powers:
    """As loud as bands are heard (Zwicker's exponent 0.23), so that not peaks alone decide."""
    loud: Powers = np.maximum(envelopes, 0) ** 0.23
    return loud


def _correlation(voice: Powers, bed: Powers) -> float:
    """Over time, of all bands together; each band's bed counts as much as its voice varies."""
    voice, bed = voice - voice.mean(axis=0), bed - bed.mean(axis=0)
    spread = np.sqrt(np.square(voice).sum(axis=0) * np.square(bed).sum(axis=0))
    weights = np.square(voice).sum(axis=0)
    single = (voice * bed).sum(axis=0) / np.maximum(spread, spectra.TINY)
    return float((weights * single).sum() / max(weights.sum(), spectra.TINY))


def _share(voice: Powers, bed: Powers) -> float:
    """The power in the bed that rises and falls with the voice's, over the voice's power."""
    centred = voice - voice.mean(axis=0)
    slopes = (centred * (bed - bed.mean(axis=0))).sum(axis=0)
    slopes = slopes / np.maximum(np.square(centred).sum(axis=0), spectra.TINY)
    total = voice.sum(axis=0)
    return float(np.maximum(slopes, 0) @ total / max(total.sum(), spectra.TINY))


@dataclass(frozen=True)
class Dip:
    """A stretch of samples over which a sound is turned down; the ramps lie outside it."""

    start: int
    end: int
    depth_db: float
    attack: int
    """Samples from full level down; it is down when the stretch begins."""
    release: int

    @property
    def span(self) -> tuple[int, int]:
        """With its ramps."""
        return self.start - self.attack, self.end + self.release


def gain(dips: Iterable[Dip], first: int, last: int) -> Samples:
    """Linear gains of the samples ``[first, last)``; where dips meet, the deepest counts."""
    moments = np.arange(first, last)
    depth = np.zeros(last - first)
    for dip in dips:
        np.maximum(depth, dip.depth_db * _shape(dip, moments), out=depth)
    return (10 ** (-depth / 20)).astype(np.float32)


def _shape(dip: Dip, moments: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Powers:
    """0 outside, 1 inside, raised cosines between, so that decibels change smoothly."""
    down = (moments - (dip.start - dip.attack)) / max(1, dip.attack)
    up = (dip.end + dip.release - moments) / max(1, dip.release)
    ramp: Powers = np.clip(np.minimum(down, up), 0.0, 1.0)
    return 0.5 - 0.5 * np.cos(np.pi * ramp)
