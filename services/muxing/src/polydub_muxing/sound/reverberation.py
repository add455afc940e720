"""How long a room rings after speech, found blindly, and a little of that room for the dub. Pure.

After R. Ratnam et al., "Blind estimation of reverberation time", JASA 114(5), 2003: no voice stops
faster than its room lets it, so the fastest of many decays tell the room's. In place of their
likelihood, decays are fitted with straight lines, in decibels, and those that are not straight are
left out (as H. Löllmann et al., IWAENC 2010, choose decays before they fit them).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, oaconvolve, sosfilt

from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.spectra import Powers

LEAST_DECAYS = 6
"""Fewer decide nothing."""
FASTEST_SHARE = 0.25
DRY_S = 0.3
"""Shorter times are what voices themselves and close microphones give."""
LONGEST_S = 1.2
LONGER_THAN_DUB = 1.3
"""How much longer than the dub's own decay, measured alike, the original's must be."""
MOST_DB, LEAST_DB = -11.0, -16.0
"""Energy of the tail against the voice, for the longest time and for the shortest. Voices differ
from the even spectrum it is reckoned with by less than 1 dB, so that none gets more than -10."""
TAIL_S = 0.3
"""How far a tail may run on after a line."""
_PRE_DELAY_S = 0.012
"""Of the first reflection: so far the walls of a small room are off."""
_BAND_HZ = (500.0, 4000.0)
_SPEECH_HZ = (200.0, 2000.0)
_HOP_S = 0.005
_SMOOTH_HOPS = 13
_LEAST_RUN_S, _LEAST_DROP_DB = 0.1, 10.0
_LEAST_STRAIGHTNESS = 0.97
_ABOVE_FLOOR_DB = 8.0
_SEED = 20


def decays_s(mono: Samples, rate_hz: int) -> list[float]:
    """The time in which the sound would fall by 60 dB, of each clean decay in it."""
    level = _levels(mono, rate_hz)
    if not len(level):
        return []
    floor = np.percentile(level, 5) + _ABOVE_FLOOR_DB
    found = []
    for first, last in _falls(level, float(floor)):
        run = level[first:last]
        if len(run) * _HOP_S < _LEAST_RUN_S or run[0] - run[-1] < _LEAST_DROP_DB:
            continue
        moments = np.arange(len(run)) * _HOP_S
        slope = np.polyfit(moments, run, 1)[0]
        if np.corrcoef(moments, run)[0, 1] <= -_LEAST_STRAIGHTNESS:
            found.append(-60.0 / float(slope))
    return found


def ringing_s(decays: list[float]) -> float | None:
    """The room's reverberation time from all decays of one speaker; None where it is unsure."""
    if len(decays) < LEAST_DECAYS:
        return None
    return float(np.quantile(decays, FASTEST_SHARE))


def wanted_s(original: list[float], dub: list[float]) -> float | None:
    """The reverberation time to give to a dub, from decays in both; None: leave it as it is."""
    of_original, of_dub = ringing_s(original), ringing_s(dub)
    if of_original is None or of_dub is None:
        return None
    if of_original < max(DRY_S, LONGER_THAN_DUB * of_dub):
        return None
    return min(of_original, LONGEST_S)


def tail(time_s: float, rate_hz: int) -> Samples:
    """What a room adds to a voice: noise that dies away by 60 dB in ``time_s``, the same always.

    Its energy against the direct sound rises from -16 to -11 dB with the time.
    """
    moments = np.arange(round(min(time_s, LONGEST_S) * rate_hz)) / rate_hz
    noise = np.random.default_rng(_SEED).standard_normal(len(moments))
    # Air and walls swallow the highs; a voice has no lows.
    soft = sosfilt(butter(1, [150.0, min(5000.0, 0.45 * rate_hz)], "bandpass", fs=rate_hz,
                          output="sos"), noise)  # fmt: skip
    late = np.pad(soft * 10 ** (-3 * moments / time_s), (round(_PRE_DELAY_S * rate_hz), 0))
    between = np.clip((time_s - DRY_S) / (LONGEST_S - DRY_S), 0, 1)
    energy = 10 ** ((LEAST_DB + (MOST_DB - LEAST_DB) * between) / 10)
    scaled: Samples = (late * np.sqrt(energy / _gain(late, rate_hz))).astype(np.float32)
    return scaled


def _gain(late: Powers, rate_hz: int) -> float:
    """The mean power that speech gets from a tail."""
    power = np.square(np.abs(np.fft.rfft(late)))
    middles = np.fft.rfftfreq(len(late), 1 / rate_hz)
    return float(power[(middles >= _SPEECH_HZ[0]) & (middles <= _SPEECH_HZ[1])].mean())


def tail_samples(room: Samples, rate_hz: int) -> int:
    """By how much a voice in this room is longer than it was."""
    return min(len(room), round(TAIL_S * rate_hz))


def in_room(mono: Samples, room: Samples, rate_hz: int) -> tuple[Samples, int]:
    """The voice with its tail, and by how many samples that is longer than the voice."""
    more = tail_samples(room, rate_hz)
    sound = np.pad(mono, (0, more))
    if len(mono):
        ringing = oaconvolve(mono, room)[: len(sound)]
        sound[: len(ringing)] += ringing.astype(np.float32)
        # It dies away of itself; where it is cut off, it is faded.
        sound[len(mono) :] *= np.square(np.linspace(1, 0, more, dtype=np.float32))
    return sound, more


def _levels(mono: Samples, rate_hz: int) -> Powers:
    hop = round(_HOP_S * rate_hz)
    count = len(mono) // hop
    high = min(_BAND_HZ[1], 0.45 * rate_hz)
    speech = sosfilt(butter(2, [_BAND_HZ[0], high], "bandpass", fs=rate_hz, output="sos"), mono)
    power = np.square(speech[: count * hop]).reshape(count, hop).mean(axis=1)
    if count < _SMOOTH_HOPS:
        return np.zeros(0)
    even = np.hanning(_SMOOTH_HOPS + 2)[1:-1]
    level: Powers = spectra.db(np.convolve(power, even / even.sum(), "valid"))
    return level


def _falls(level: npt.NDArray[np.float64], floor: float) -> list[tuple[int, int]]:
    """Runs ``[first, last)`` in which the level never rises and stays above the floor."""
    falling = (np.diff(level) < 0) & (level[1:] > floor)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], falling, [False])).astype(np.int8)))
    return [(int(first), int(last) + 1) for first, last in edges.reshape(-1, 2)]
