"""When someone speaks, and how loud against what is behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, uniform_filter1d

Frames = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

FRAME_SECONDS = 0.01

_SMOOTHING = 51
"""Frames; half a second is about two syllables: music that resembles one vowel does not count."""
_LIKELY = 0.4
_VOICE_SHARE = 10 ** (-8 / 10)
"""The least share of the power that must be voice; a lone guitar leaves 5 % in RNNoise's output."""
_BEFORE, _AFTER = 10, 20
"""Hangover in frames: soft onsets, and the reverberation that follows a word."""
_RAMP = 7
_SHORTEST_GAP = 50
_RESIDUE_HEADROOM_DB = 10.0
_SNR_LIMIT_DB = 60.0
_TINY = 1e-12


@dataclass(frozen=True)
class Heard:
    """What was noticed of each frame of 10 ms, arrays of shape (frames,).

    They are all that grows with the length of a file: 4.3 MB an hour.
    """

    probability: Frames
    """That it is speech, 0 to 1."""
    mono_power: Frames
    voice_power: Frames

    def speech(self) -> Flags:
        """Frames in which someone speaks."""
        likely = _smooth(self.probability) > _LIKELY
        loud = _smooth(self.voice_power) > _VOICE_SHARE * _smooth(self.mono_power)
        speech: Flags = likely & loud
        return speech

    def speech_fraction(self) -> float:
        speech = self.speech()
        return float(speech.mean()) if len(speech) else 0.0

    def snr_db(self) -> float:
        """Voice over background while someone speaks; 0 where nobody does.

        The background is what the denoiser takes away from speech. Of clean speech it takes
        something too (about 13 dB down), so the sound between the words may raise the figure; it
        may do so by 10 dB at most, because recorders that gate pauses make these quieter than the
        background of the words is.
        """
        speech = self.speech()
        if not speech.any():
            return 0.0
        voice = float(self.voice_power[speech].mean())
        whole = float(self.mono_power[speech].mean())
        by_residue = _db(voice, max(whole - voice, 0.0))
        gaps = ~_widened(speech)
        if gaps.sum() < _SHORTEST_GAP:
            return by_residue
        background = float(self.mono_power[gaps].mean())
        by_gaps = _db(max(whole - background, 0.0), background)
        return float(np.clip(by_gaps, by_residue, by_residue + _RESIDUE_HEADROOM_DB))

    def gate(self) -> Frames:
        """How much of the separation applies at each frame, 0 to 1: none where nobody speaks."""
        open_ = _widened(self.speech()).astype(np.float32)
        ramped: Frames = uniform_filter1d(open_, _RAMP, mode="nearest")
        return ramped


def gate_at(gate: Frames, start_s: float, rate_hz: int, count: int) -> Frames:
    """The gate at ``count`` samples from ``start_s`` on; shape (count,)."""
    first = max(0, int(start_s / FRAME_SECONDS) - 2)
    last = int((start_s + count / rate_hz) / FRAME_SECONDS) + 3
    frames = gate[first:last]
    if not frames.any():
        return np.zeros(count, np.float32)
    at = (start_s + np.arange(count) / rate_hz) / FRAME_SECONDS - 0.5 - first
    return np.interp(at, np.arange(len(frames)), frames).astype(np.float32)


def _widened(speech: Flags) -> Flags:
    reach = max(_BEFORE, _AFTER)
    shape = np.zeros(2 * reach + 1, np.bool_)
    shape[reach - _BEFORE : reach + _AFTER + 1] = True
    widened: Flags = binary_dilation(speech, shape)
    return widened


def _smooth(values: Frames) -> Frames:
    """Nothing is outside the file: RNNoise's first frames are unsure and must not be repeated."""
    smoothed: Frames = uniform_filter1d(values, _SMOOTHING, mode="constant")
    return smoothed


def _db(above: float, below: float) -> float:
    ratio_db = 10 * np.log10((above + _TINY) / (below + _TINY))
    return float(np.clip(ratio_db, -_SNR_LIMIT_DB, _SNR_LIMIT_DB))
