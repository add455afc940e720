"""Room tone: the steady background of the pauses, laid where separation left a hole. Pure.

What is laid is noise with the spectrum of the quietest moments nearby, with phases drawn by chance
("comfort noise", as ITU-T G.711 appendix II has it for telephony), in each band only as much as is
missing there.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.spectra import Powers, Spectra

LEAST_PAUSE_S = 0.4
"""Less than this of pauses tells nothing of what goes on in them."""
FLOOR_DB = -90.0
"""Below this nothing is heard: digital silence, and dither."""
STEADY_DB = 6.0
"""How far the levels of the quieter frames may lie apart for a steady noise (10 to 90 %)."""
LEAST_FLATNESS = 0.5
"""Of the spectrum, within bands of a third octave: noise is near 1, tones are near 0."""
HUM_HZ = 210.0
"""Tones below may be hum, which is background, too."""
HOLE_DB = 3.0
"""A band that lacks less than this has no hole: noise itself wavers so much."""
EDGE_S = 0.15
"""How far a hole may reach beyond a line's own time, and how long the tone takes to come."""
_SMOOTH_S = 0.12


@dataclass(frozen=True)
class Tone:
    """A steady background, as measured in pauses."""

    power: Powers
    """In each bin, shape (channels, bins)."""
    mixing: Powers
    """Shape (channels, channels): makes independent noises as much alike as the channels are."""


def tone_of(pauses: Spectra, rate_hz: int) -> Tone | None:
    """The steady background of pauses; None where there is none: silence, or music.

    Args:
        pauses: spectra of frames from pauses, shape (frames, channels, bins).
    """
    size = 2 * (pauses.shape[-1] - 1)
    if len(pauses) * size / 2 < LEAST_PAUSE_S * rate_hz:
        return None
    power = spectra.powers(pauses)
    levels = power.mean(axis=(1, 2))
    quiet = levels <= np.median(levels)
    low, high = spectra.db(np.percentile(levels[quiet], (10, 90)))
    mean: Powers = power[quiet].mean(axis=0)
    if spectra.db(float(mean.mean())) < FLOOR_DB or high - low > STEADY_DB:
        return None
    if flatness(mean.mean(axis=0), rate_hz) < LEAST_FLATNESS:
        return None
    return Tone(mean, _mixing(pauses[quiet], mean))


def flatness(power: Powers, rate_hz: int) -> float:
    """How much like noise a mean spectrum is above hum, 0 to 1; by energy, band by band."""
    size = 2 * (len(power) - 1)
    heard = np.where(spectra.frequencies(size, rate_hz) >= HUM_HZ, power, 0.0)
    means = spectra.in_bands(heard, size)
    logs = spectra.in_bands(np.log(np.maximum(power, spectra.TINY)), size)
    weights = means / max(means.sum(), spectra.TINY)
    flat = np.exp(logs) / np.maximum(means, spectra.TINY)
    return float((weights * np.minimum(flat, 1.0)).sum())


def fill(bed: Samples, tone: Tone, inside: Samples, rate_hz: int) -> Samples:
    """What to add to the bed, shape (n, channels): the tone, as far as the bed lacks it.

    The same bed always gets the same noise.

    Args:
        inside: for each sample, how much of the tone may be laid there, 0 to 1; shape (n,).
    """
    size = spectra.frame_size(rate_hz)
    hop = size // 2
    padded = np.pad(bed, ((hop, hop + -len(bed) % hop), (0, 0)))
    of_bed = spectra.powers(spectra.spectra(padded, size))
    span = max(1, round(_SMOOTH_S * rate_hz / hop)) | 1
    there = uniform_filter1d(spectra.in_bands(of_bed, size), span, axis=0)
    wanted = spectra.in_bands(tone.power, size)
    lacking = 1 - there / np.maximum(wanted, spectra.TINY)
    share = np.where(lacking > 1 - 10 ** (-HOLE_DB / 10), lacking, 0.0)
    # Frames that have nothing to do with each other add up by power: half of what like ones give.
    amplitude = np.sqrt(2 * spectra.to_bins(share, size) * tone.power)
    noise = _noise(amplitude.shape, zlib.crc32(np.ascontiguousarray(bed).tobytes()))
    laid = spectra.sound_of(amplitude * np.einsum("ij,tjf->tif", tone.mixing, noise), size)
    return (laid[hop : hop + len(bed)] * inside[:, None]).astype(np.float32)


def _noise(shape: tuple[int, ...], seed: int) -> Spectra:
    draw = np.random.default_rng(seed)
    parts: npt.NDArray[np.float64] = draw.standard_normal((2, *shape)) * np.sqrt(0.5)
    noise: Spectra = parts[0] + 1j * parts[1]
    return noise


def _mixing(frames: Spectra, mean: Powers) -> Powers:
    """The square root of the channels' correlation, over all bins alike."""
    white = frames / np.sqrt(np.maximum(mean, spectra.TINY))
    alike = np.einsum("tif,tjf->ij", white, white.conj()).real / (white.shape[0] * white.shape[2])
    values, vectors = np.linalg.eigh(alike)
    root: Powers = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    norm = np.sqrt(np.maximum(np.square(root).sum(axis=1, keepdims=True), spectra.TINY))
    scaled: Powers = root / norm
    return scaled
