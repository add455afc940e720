"""Makes the sample clip of ``make demo``: two voices, stereo music, a picture with a clock."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

RATE_HZ = 48_000
LEAD_S = 1.2
PAUSE_S = 0.9
BED_BELOW_SPEECH_DB = 18.0
SCRIPT = (
    ("slt", "Good morning and welcome to our small house in the mountains."),
    ("rms", "Thank you. The road was long but the weather was good."),
    ("slt", "Please come in and sit down. The food is on the table."),
    ("rms", "My brother bought a new car and he wants to see the city."),
    ("slt", "The children are in the garden with the dog."),
    ("rms", "We can visit the old church in the afternoon."),
    ("slt", "The train arrives at seven and the bus leaves at eight."),
    ("rms", "Then we have enough time to drink a glass of water."),
)
"""Flite voice and sentence: a woman and a man take turns."""


def speak(voice: str, text: str, folder: Path) -> Samples:
    """One sentence by flite, shape (n,), at 48 kHz."""
    spoken, resampled = folder / "line.wav", folder / "line48.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(spoken)], check=True)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", str(spoken), "-ar", str(RATE_HZ), str(resampled)],
        check=True,
    )
    with wave.open(str(resampled)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0


def dialogue(folder: Path) -> Samples:
    """All sentences with pauses between them, shape (n,), each at the same level."""
    pieces = [np.zeros(int(LEAD_S * RATE_HZ))]
    for voice, text in SCRIPT:
        line = speak(voice, text, folder)
        loud = np.abs(line) > 0.01
        pieces += [line * 0.08 / line[loud].std(), np.zeros(int(PAUSE_S * RATE_HZ))]
    return np.concatenate([*pieces, np.zeros(RATE_HZ)])


def music(samples: int) -> npt.NDArray[np.float64]:
    """Slow chords with a bass, spread over the stereo field; shape (samples, 2)."""
    t = np.arange(samples) / RATE_HZ
    bed = np.zeros((samples, 2))
    chords = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
    bar_s = 2.4
    for bar in range(int(t[-1] / bar_s) + 1):
        start = int(bar * bar_s * RATE_HZ)
        within = t[start : start + int(bar_s * RATE_HZ)] - t[start]
        envelope = np.minimum(1, within / 0.05) * np.exp(-within / 1.5)
        for tone, pan in zip(chords[bar % 4], (-0.7, 0.1, 0.7), strict=True):
            pitch_hz = 220 * 2 ** ((tone - 5) / 12)
            sound = sum(np.sin(2 * np.pi * pitch_hz * k * within + k) / k**1.3 for k in range(1, 6))
            for channel, side in enumerate((1 - pan, 1 + pan)):
                bed[start : start + len(within), channel] += sound * envelope * np.sqrt(side / 2)
        bass = np.sin(2 * np.pi * 55 * 2 ** ((chords[bar % 4][0] - 5) / 12) * within) * envelope
        bed[start : start + len(within)] += 1.5 * bass[:, None]
    return bed


def write_wav(path: Path, stereo: npt.NDArray[np.float64]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(stereo, -1, 1) * 32767).astype("<i2").tobytes())


def make(path: Path) -> None:
    """Writes the clip as MP4, 960x540 at 30 frames a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        speech = dialogue(folder)
        bed = music(len(speech))
        bed *= speech[np.abs(speech) > 1e-3].std() / bed.std() * 10 ** (-BED_BELOW_SPEECH_DB / 20)
        write_wav(folder / "sound.wav", bed + speech[:, None])
        seconds = len(speech) / RATE_HZ
        unfinished = path.with_suffix(".part.mp4")
        subprocess.run(
            [
                "ffmpeg", "-v", "error", "-y",
                "-f", "lavfi", "-i", f"testsrc2=size=960x540:rate=30:duration={seconds:.3f}",
                "-i", str(folder / "sound.wav"),
                "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p",
                "-c:a", "aac", "-b:a", "192k", "-shortest", "-movflags", "+faststart",
                str(unfinished),
            ],
            check=True,
        )  # fmt: skip
        unfinished.replace(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
