"""Sounds for the tests of what is heard: speech by flite, plucked music, noise, rooms."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import oaconvolve, resample_poly

Sound = npt.NDArray[np.float32]
RATE_HZ = 48_000
TEXT = (
    "The harbour lies quiet in the morning. Boats come back with silver fish. Nobody knows what "
    "the day will bring. Stop. Look at that big cloud. It is about to rain."
)


def level_db(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


@cache
def said(text: str = TEXT, voice: str = "slt") -> Sound:
    """Speech with a mean square of -20 dB; its last dimension is time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", path], check=True)
        sound, rate_hz = soundfile.read(path, dtype="float32")
    sound = resample_poly(sound, RATE_HZ // 1000, rate_hz // 1000)
    return np.asarray(sound * 0.1 / np.sqrt(np.mean(np.square(sound))), np.float32)


def music(seconds: float, level: float = 0.1, seed: int = 1) -> Sound:
    """Plucked chords with rests, stereo, shape (n, 2)."""
    draw = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    sound = np.zeros((count, 2))
    for first in range(0, count, round(0.45 * RATE_HZ)):
        moments = np.arange(min(round(1.5 * RATE_HZ), count - first)) / RATE_HZ
        note_hz = draw.choice([220, 277, 330, 440, 554, 660, 294, 370])
        pluck = sum(
            np.exp(-moments * (2 + k)) * np.sin(2 * np.pi * note_hz * k * moments) / k
            for k in range(1, 9)
        )
        sound[first : first + len(moments)] += pluck[:, None] * draw.uniform(0.3, 1, 2)
    sound *= (np.arange(count) / RATE_HZ % 4 < 3.4)[:, None]
    return np.asarray(sound * level / np.sqrt(np.mean(np.square(sound))), np.float32)


def noise(seconds: float, level: float, *, pink: bool = False, seed: int = 2) -> Sound:
    """Stereo noise with this root mean square, shape (n, 2), its channels independent."""
    count = round(seconds * RATE_HZ)
    sound = np.random.default_rng(seed).standard_normal((count, 2))
    if pink:
        frequencies = np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 20.0)[:, None]
        sound = np.fft.irfft(np.fft.rfft(sound, axis=0) / np.sqrt(frequencies), count, axis=0)
    return np.asarray(sound * level / sound.std(), np.float32)


def in_hall(mono: Sound, time_s: float, direct_db: float, seed: int = 7) -> Sound:
    """Speech in a room with this reverberation time and ratio of direct to reverberant sound."""
    moments = np.arange(round(1.2 * time_s * RATE_HZ)) / RATE_HZ
    room = np.random.default_rng(seed).standard_normal(len(moments)) * 10 ** (-3 * moments / time_s)
    room *= np.sqrt(10 ** (-direct_db / 10) / np.square(room).sum())
    room[0] += 1
    wet = oaconvolve(mono, room)
    hiss = np.random.default_rng(seed).standard_normal(len(wet)) * 1e-4
    return np.asarray(wet + hiss, np.float32)
