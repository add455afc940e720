"""Cutting silence off both ends, so that a line's length and onset are those of its speech."""

from __future__ import annotations

import numpy as np

from polydub.pcm import Samples
from polydub_tts.sound import Sound

FRAME_MS = 5
KEEP_MS = 10
"""What is kept before the first and after the last sounding frame, so that no consonant is cut."""
FLOOR_DB = -45.0
"""Silence is this far below the loudest frame. Measured on words with weak first and last sounds:
eSpeak's ends move by 5 ms at most down to -55 dB, while Flite fills its pauses with noise of its
own from about -45 dB down, which must go."""


def trim(sound: Sound) -> Sound:
    """The sound without leading and trailing silence; nothing is left of a silent one."""
    frame = max(1, sound.rate_hz * FRAME_MS // 1000)
    sounding = np.flatnonzero(_loud(sound.samples, frame))
    if not len(sounding):
        return Sound(sound.samples[:0], sound.rate_hz)
    keep = sound.rate_hz * KEEP_MS // 1000
    first = max(0, int(sounding[0]) * frame - keep)
    last = (int(sounding[-1]) + 1) * frame + keep
    return Sound(sound.samples[first:last], sound.rate_hz)


def _loud(samples: Samples, frame: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each frame (the last one filled up with zeros), whether it is sound."""
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % frame))
    power = (padded.reshape(-1, frame) ** 2).mean(axis=1)
    if not len(power) or power.max() < 1e-9:
        return np.zeros(len(power), bool)
    return np.asarray(power > power.max() * 10 ** (FLOOR_DB / 10))
