"""Long talks in which no two pauses follow each other as in the sample."""

from __future__ import annotations

import subprocess
import tempfile
import uuid
from itertools import cycle
from pathlib import Path

import numpy as np
import sample

PAUSES_S = (0.4, 0.9, 2.2, 0.6, 1.3, 3.1, 0.7)
"""Seven for eight lines, so that each time round every line is followed by another pause."""
_BED_S = 57.6
"""Whole bars, so that the music goes on evenly when it is repeated."""


def talk_of(folder: Path, seconds: float) -> Path:
    """The sample's lines said again and again for so long; 640x360 at 25 frames a second."""
    path = folder / f"talk-{uuid.uuid4().hex[:6]}.mp4"
    with tempfile.TemporaryDirectory() as name:
        sound = Path(name) / "sound.wav"
        sample.write_wav(sound, _sound(Path(name), round(seconds * sample.RATE_HZ)))
        subprocess.run(
            [
                "ffmpeg", "-v", "error",
                "-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={seconds}",
                "-i", str(sound), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "32",
                "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "160k", "-shortest",
                "-metadata", f"title={path.stem}", "-movflags", "+faststart", str(path),
            ],
            check=True,
        )  # fmt: skip
    return path


def _sound(folder: Path, samples: int) -> np.ndarray:
    """Speech over quiet music, shape (samples, 2)."""
    speech = _speech(folder, samples)
    bed = sample.music(round(_BED_S * sample.RATE_HZ))
    bed *= speech[np.abs(speech) > 1e-3].std() / bed.std() / 10 ** (sample.BED_BELOW_SPEECH_DB / 20)
    mixed = np.resize(bed, (samples, 2))
    mixed += speech[:, None]
    return mixed


def _speech(folder: Path, samples: int) -> np.ndarray:
    """The lines with pauses between them, shape (samples,); no line is cut off at the end."""
    spoken = [sample.speak(voice, text, folder) for voice, text in sample.SCRIPT]
    lines = [line * 0.08 / line[np.abs(line) > 0.01].std() for line in spoken]
    talk = np.zeros(samples)
    at = round(sample.LEAD_S * sample.RATE_HZ)
    for line, pause_s in zip(cycle(lines), cycle(PAUSES_S), strict=False):
        if at + len(line) + sample.RATE_HZ > samples:
            return talk
        talk[at : at + len(line)] += line
        at += len(line) + round(pause_s * sample.RATE_HZ)
    raise AssertionError("unreachable")
