"""Reading media by ffmpeg: samples, loudness, and the picture as it lies in the file."""

from __future__ import annotations

import json
import math
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from eval.stems import Samples

SPEECH_HZ = 16_000
_SILENCE_LUFS = -70.0


@dataclass(frozen=True)
class Levels:
    """Of a whole track (EBU R128, ITU-R BS.1770)."""

    integrated_lufs: float
    true_peak_dbtp: float


def samples(path: Path, rate_hz: int, channels: int) -> Samples:
    """The first audio track, shape (n, channels), or (n,) where ``channels`` is 1."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", str(channels), "-ar", str(rate_hz), "-f", "f32le", "-"]
    pcm: Samples = np.frombuffer(subprocess.check_output(command), np.float32)
    return pcm if channels == 1 else pcm.reshape(-1, channels)


def probe(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))
    return found


def duration_s(path: Path) -> float:
    return float(probe(path)["format"]["duration"])


def channels(path: Path) -> int:
    """Of the first audio track."""
    streams = probe(path)["streams"]
    return next(int(s["channels"]) for s in streams if s["codec_type"] == "audio")


def levels(path: Path) -> Levels:
    command = ["ffmpeg", "-nostats", "-i", str(path), "-map", "0:a:0", "-af", "ebur128=peak=true"]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True)
    summary = done.stderr.rpartition("Summary:")[2]
    figures = [re.search(p, summary) for p in (r"I:\s+(\S+) LUFS", r"Peak:\s+(\S+) dBFS")]
    lufs, peak = (float(found[1]) if found else -math.inf for found in figures)
    return Levels(max(lufs, _SILENCE_LUFS), max(peak, _SILENCE_LUFS))


def loudness_lufs(track: Samples, rate_hz: int) -> float:
    """Integrated loudness of samples, shape (n,) or (n, channels)."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "track.wav"
        soundfile.write(path, track, rate_hz, subtype="FLOAT")
        return levels(path).integrated_lufs


def picture_hash(path: Path) -> str:
    """A hash over the video packets as they lie in the file; empty where there is no picture."""
    if not any(stream["codec_type"] == "video" for stream in probe(path)["streams"]):
        return ""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-c", "copy"]
    return subprocess.check_output([*command, "-f", "streamhash", "-"], text=True).strip()
