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

SPEECH_DB = -30.0
QUIET_LEAD_MS = 80
"""How much of what lies between the two may stand before speech: as long as a weak consonant
lasts, and less than the breath with which statistical voices begin (Festival's Catalan one: over
150 ms before each line, measured)."""


def trim(sound: Sound) -> Sound:
    """The sound without leading and trailing silence; nothing is left of a silent one."""
    frame = max(1, sound.rate_hz * FRAME_MS // 1000)
    levels = _levels(sound.samples, frame)
    sounding = np.flatnonzero(levels > FLOOR_DB)
    if not len(sounding):
        return Sound(sound.samples[:0], sound.rate_hz)
    keep = sound.rate_hz * KEEP_MS // 1000
    speech = int(np.argmax(levels > SPEECH_DB))
    begin = max(int(sounding[0]), speech - QUIET_LEAD_MS // FRAME_MS)
    first = max(0, begin * frame - keep)
    last = (int(sounding[-1]) + 1) * frame + keep
    return Sound(sound.samples[first:last], sound.rate_hz)


def _levels(samples: Samples, frame: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Each frame's level (the last one filled up with zeros) in dB below the loudest."""
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % frame))
    power = (padded.reshape(-1, frame) ** 2).mean(axis=1)
    if not len(power) or power.max() < 1e-9:
        return np.full(len(power), -np.inf)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20) / power.max()))
