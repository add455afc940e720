"""The reference for recognition: a line as it was spoken, over the source's own background.

A recogniser hears worse over music, whoever mixed it. What a dub loses beyond this is lost to
fitting, to wrong levels, and to what was done to the background.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from polydub.pcm import RATE_HZ, Samples
from polydub_muxing.sound.backdrop import Sounds

INAUDIBLE_DB = -30.0
"""A background this far below the voice costs a recogniser nothing."""


def over_background(
    recording: Samples, split: Sounds, *, dub_from_ms: int, source_ms: tuple[int, int]
) -> Samples:
    """The recording over the bed, as far above it as the original's voice is.

    Args:
        recording: mono, at 16 kHz.
        split: in the dub's time.
        dub_from_ms: when the recording begins in the dub.
        source_ms: when the original says the line.

    Returns:
        As much as was given; the recording itself where the bed is inaudible, or no voice is.
    """
    until_ms = dub_from_ms + len(recording) * 1000 // RATE_HZ
    behind = _mono(split.bed, dub_from_ms, until_ms)
    voice = _mono(split.original, *source_ms) - _mono(split.bed, *source_ms)
    said, heard = _level(recording), _level(voice)
    if not said or not heard or _level(behind) <= heard * 10 ** (INAUDIBLE_DB / 20):
        return recording
    behind = resampled(behind, soundfile.info(split.bed).samplerate)[: len(recording)]
    behind = np.pad(behind, (0, len(recording) - len(behind)))
    mixed: Samples = recording + (said / heard) * behind
    return mixed


def resampled(mono: Samples, rate_hz: int) -> Samples:
    """The same at 16 kHz."""
    factor = gcd(rate_hz, RATE_HZ)
    return np.asarray(resample_poly(mono, RATE_HZ // factor, rate_hz // factor), np.float32)


def _mono(path: Path, start_ms: int, end_ms: int) -> Samples:
    """A stretch of a file, at its own rate; silence behind its end."""
    with soundfile.SoundFile(path) as sound:
        first, last = (max(0, at_ms) * sound.samplerate // 1000 for at_ms in (start_ms, end_ms))
        sound.seek(min(first, sound.frames))
        block = sound.read(max(0, last - first), "float32", always_2d=True, fill_value=0.0)
    return np.asarray(block.mean(axis=1), np.float32)


def _level(mono: Samples) -> float:
    return float(np.sqrt(np.square(mono, dtype=np.float64).mean())) if len(mono) else 0.0
