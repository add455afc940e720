"""Short-time spectra: frames of some 43 ms, half overlapping, and bands of a third octave."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from polydub_muxing.sound.loudness import Samples

Powers = npt.NDArray[np.float64]
"""Mean squares; a spectrum of them adds up to about the mean square of the sound, bin by bin."""
Spectra = npt.NDArray[np.complex128]

FRAME_S = 0.0427
"""2048 samples at 48 kHz: long enough to tell tones apart, short enough to follow syllables."""
TINY = 1e-20
_LEAST_BINS = 4
"""A band narrower than this is too unsteady to measure, and is widened."""


def frame_size(rate_hz: int) -> int:
    """Samples of a frame, a power of two; frames follow each other by half of it."""
    return int(2 ** round(np.log2(FRAME_S * rate_hz)))


@cache
def window(size: int) -> Powers:
    """The square root of Hann's window: used before and after, half-overlapping frames add to 1."""
    return np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))


def spectra(sound: Samples, size: int) -> Spectra:
    """The spectra of all whole frames, shape (frames, channels, bins), of sound (n, channels).

    Scaled so that noise with a mean square of 1 has a mean square of 1 in each bin.
    """
    if len(sound) < size:
        return np.zeros((0, sound.shape[1], size // 2 + 1), np.complex128)
    frames = np.lib.stride_tricks.sliding_window_view(sound, size, axis=0)[:: size // 2]
    scale = 1 / np.sqrt(size / 2)
    found: Spectra = np.fft.rfft(frames * (scale * window(size)), axis=-1)
    return found


def powers(of: Spectra) -> Powers:
    """The power in each bin."""
    found: Powers = np.square(of.real) + np.square(of.imag)
    return found


def sound_of(of: Spectra, size: int) -> Samples:
    """The inverse of :func:`spectra`: shape (frames * size / 2 + size / 2, channels)."""
    hop = size // 2
    count, channels, _ = of.shape
    sound = np.zeros(((count + 1) * hop, channels))
    if count:
        frames = np.fft.irfft(of, size, axis=-1) * (window(size) * np.sqrt(size / 2))
        sound[:-hop] += frames[:, :, :hop].transpose(0, 2, 1).reshape(-1, channels)
        sound[hop:] += frames[:, :, hop:].transpose(0, 2, 1).reshape(-1, channels)
    return sound.astype(np.float32)


def frequencies(size: int, rate_hz: int) -> Powers:
    """The middle of each bin in hertz."""
    middles: Powers = np.fft.rfftfreq(size, 1 / rate_hz).astype(np.float64)
    return middles


@cache
def third_octaves(size: int) -> tuple[tuple[int, int], ...]:
    """Bins ``[first, last)`` of bands of a third octave, one beside the other, over all bins."""
    bins = size // 2 + 1
    edges, edge = [0], float(_LEAST_BINS)
    while edge < bins:
        edges.append(round(edge))
        edge = max(edge + _LEAST_BINS, edge * 2 ** (1 / 3))
    if bins - edges[-1] < _LEAST_BINS and len(edges) > 1:
        edges.pop()
    return tuple(zip(edges, [*edges[1:], bins], strict=True))


def in_bands(of: Powers, size: int) -> Powers:
    """The mean power of each band; the last axis goes from bins to bands."""
    bands = third_octaves(size)
    sums = np.add.reduceat(of, [first for first, _ in bands], axis=-1)
    found: Powers = sums / np.array([last - first for first, last in bands])
    return found


def to_bins(values: Powers, size: int) -> Powers:
    """The values of bands for each of their bins; the last axis goes from bands to bins."""
    bands = third_octaves(size)
    return np.repeat(values, [last - first for first, last in bands], axis=-1)


def db(power: float | Powers) -> Powers:
    """Power as decibels."""
    return 10 * np.log10(np.maximum(power, TINY))
