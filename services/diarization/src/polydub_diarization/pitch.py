"""How high a voice is: F0 by autocorrelation, and what may be said from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from polydub.blocking import Tick, no_tick
from polydub.pcm import RATE_HZ, Samples
from polydub_diarization.sound import Sound
from polydub_diarization.spans import Span

LOWEST_HZ = 65.0
HIGHEST_HZ = 400.0
_RATE_HZ = RATE_HZ // 2
_WINDOW = _RATE_HZ * 50 // 1000
_HOP = _RATE_HZ * 10 // 1000
_FFT = 1024

_VOICED = 0.5
"""The normalised autocorrelation of a voiced frame at its period is above this."""
_SAME_HEIGHT = 0.9
"""The shortest lag that comes this near to the highest peak is the period, not a multiple."""
_AUDIBLE_DB = -30.0

LOW_BELOW_HZ = 145.0
HIGH_ABOVE_HZ = 170.0
"""Between them men and women overlap."""
_FEWEST_FRAMES = 20
_CLEAR_FRAMES = 100
"""A second of voiced sound, before anything is said about who speaks."""
_LISTEN_MS = 60_000

Pitches = npt.NDArray[np.float64]


class PitchClass(Enum):
    LOW = auto()
    MID = auto()
    HIGH = auto()


class Gender(Enum):
    MALE = auto()
    FEMALE = auto()


@dataclass(frozen=True)
class VoiceProfile:
    """A voice's pitch. Zeros and None where too little voiced sound was found."""

    f0_median_hz: float = 0.0
    f0_low_hz: float = 0.0
    """10th percentile."""
    f0_high_hz: float = 0.0
    """90th percentile."""
    pitch_class: PitchClass | None = None
    gender: Gender | None = None
    """Only where the pitch is clear of the range that men and women share."""


def profile(sound: Sound, spans: Sequence[Span], tick: Tick = no_tick) -> VoiceProfile:
    """The profile of the voice in these spans, from a minute of it at most, longest first."""
    tracks: list[Pitches] = []
    left_ms = _LISTEN_MS
    for span in sorted(spans, key=lambda span: -span.length_ms):
        tick(1 - left_ms / _LISTEN_MS)
        taken_ms = min(left_ms, span.length_ms)
        tracks.append(track(sound.read(span.start_ms, span.start_ms + taken_ms)))
        left_ms -= taken_ms
        if left_ms <= 0:
            break
    return describe(np.concatenate(tracks) if tracks else np.zeros(0))


def describe(pitches: Pitches) -> VoiceProfile:
    """What the F0 values of a voice's frames (one per 10 ms, voiced ones only) say of it."""
    if len(pitches) < _FEWEST_FRAMES:
        return VoiceProfile()
    low, median, high = (float(value) for value in np.percentile(pitches, (10, 50, 90)))
    clear = len(pitches) >= _CLEAR_FRAMES
    if median < LOW_BELOW_HZ:
        kind, gender = PitchClass.LOW, Gender.MALE
    elif median > HIGH_ABOVE_HZ:
        kind, gender = PitchClass.HIGH, Gender.FEMALE
    else:
        return VoiceProfile(median, low, high, PitchClass.MID)
    return VoiceProfile(median, low, high, kind, gender if clear else None)


def track(samples: Samples) -> Pitches:
    """F0 in Hz of the voiced frames (50 ms every 10 ms) of 16 kHz sound, shape (voiced,).

    Autocorrelation divided by the window's own, after Boersma 1993, "Accurate short-term
    analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound".
    """
    halved = resample_poly(samples.astype(np.float64), 1, 2)
    if len(halved) < _WINDOW:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(halved, _WINDOW)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    shortest, longest = int(_RATE_HZ / HIGHEST_HZ), int(_RATE_HZ / LOWEST_HZ) + 1
    correlation = _autocorrelation(frames)[:, shortest - 1 : longest + 2]
    lags, heights = _periods(correlation)
    energy = np.square(frames).mean(axis=1)
    audible = energy > np.percentile(energy, 95) * 10 ** (_AUDIBLE_DB / 10)
    voiced = (heights > _VOICED) & audible
    pitches: Pitches = _RATE_HZ / (lags[voiced] + shortest - 1)
    return pitches


def _autocorrelation(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each frame, 1 at lag 0, corrected for the window's fall; shape (frames, lags)."""
    window = np.hanning(_WINDOW)
    raw = _correlate(frames * window)
    fall = _correlate(window[None])
    corrected: npt.NDArray[np.float64] = (raw / (raw[:, :1] + 1e-9)) / (fall / fall[:, :1] + 1e-9)
    return corrected


def _correlate(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = np.abs(np.fft.rfft(frames, _FFT, axis=1)) ** 2
    correlation: npt.NDArray[np.float64] = np.fft.irfft(power, axis=1)[:, :_WINDOW]
    return correlation


def _periods(
    correlation: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The lag (in columns, between samples by a parabola) and height of each frame's period."""
    before, here, after = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    peaks = (here > before) & (here >= after)
    highest = np.where(peaks, here, 0.0).max(axis=1)
    candidates = peaks & (here >= _SAME_HEIGHT * highest[:, None])
    first = candidates.argmax(axis=1)
    rows = np.arange(len(correlation))
    left, middle, right = before[rows, first], here[rows, first], after[rows, first]
    bend = left - 2 * middle + right
    offset = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
    return first + 1 + offset, highest
