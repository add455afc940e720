"""Films whose moments are known: at each, the picture flashes and the sound clicks.

Nothing here uses the stages' own code to measure: pictures and sounds are placed by the time
stamps that ffmpeg gives to each decoded frame, from the file's start on, as a player does.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Sound = npt.NDArray[np.float32]

LENGTH_S = 6.0
MOMENTS_S = (0.4, 3.0, 5.5)
"""Near the start, in the middle, near the end; each is moved to the nearest frame."""
RATE_HZ = 48_000
SIZE = "64x48"
FRAME_S = 0.04
"""How far an onset may be off: one frame at 25 a second."""
CLICK_S = 0.06
_BRIGHT = 120
_QUIET_S = 0.1
_HOP_S = 0.001
_ONSET_SHARE = 0.3


@dataclass(frozen=True)
class Film:
    """How a film is made; the rest of its arguments go to ffmpeg as they are."""

    name: str
    codecs: tuple[str, ...] = ("-c:a", "aac")
    rate: str = "25"
    """Frames a second, as ffmpeg takes it."""
    uneven: bool = False
    """From the second second on, only every other frame is there."""
    picture_late_s: float = 0.0
    sound_late_s: float = 0.0
    picture_s: float = LENGTH_S
    sound_s: float = LENGTH_S
    foreign_track: bool = False
    """A first and default track in German, whose clicks are elsewhere."""
    cut_s: float = 0.0
    """So much of the start is cut away without encoding anew: an edit list hides the rest."""
    moments_s: tuple[float, ...] = MOMENTS_S
    sound_rate_hz: int = RATE_HZ

    @property
    def frames(self) -> list[int]:
        """The numbers of the frames that flash."""
        return [round(moment * float(Fraction(self.rate))) for moment in self.moments_s]

    @property
    def flashes_s(self) -> list[float]:
        """When they flash, from the picture's own start."""
        return [float(number / Fraction(self.rate)) for number in self.frames]

    def make(self, folder: Path) -> Path:
        """Writes the film into a folder."""
        sound, other = folder / "clicks.wav", folder / "other.wav"
        write_clicks(sound, self.flashes_s, self.sound_s, self.sound_rate_hz)
        write_clicks(other, [1.7, 4.1], self.sound_s, self.sound_rate_hz)
        made = folder / self.name
        tracks: list[object] = ["-map", "0:v", "-map", "1:a"]
        if self.foreign_track:
            tracks = ["-map", "0:v", "-map", "2:a", "-map", "1:a"]
            tracks += ["-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng"]
        ffmpeg(
            "-itsoffset", self.picture_late_s, "-f", "lavfi", "-i", self._picture(),
            "-itsoffset", self.sound_late_s, "-i", sound, "-i", other, *tracks,
            "-fps_mode", "vfr" if self.uneven else "passthrough", "-c:v", "libx264",
            "-preset", "ultrafast", "-g", "100", "-bf", "2", "-pix_fmt", "yuv420p",
            *self.codecs, made,
        )  # fmt: skip
        if not self.cut_s:
            return made
        cut = folder / f"cut-{self.name}"
        ffmpeg("-ss", self.cut_s, "-i", made, "-map", "0", "-c", "copy", cut)
        return cut

    def _picture(self) -> str:
        flashing = "+".join(f"eq(n\\,{number})" for number in self.frames)
        graph = (
            f"color=black:s={SIZE}:r={self.rate}:d={self.picture_s},"
            f"drawbox=c=white:t=fill:enable='{flashing}'"
        )
        if self.uneven:
            graph += f",select='lt(t\\,1)+not(mod(n\\,2))+{flashing}'"
        return graph


def click(pitch_hz: float, rate_hz: int) -> Sound:
    """A tone that begins at once."""
    moments = np.arange(round(CLICK_S * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.cos(2 * np.pi * pitch_hz * moments), np.float32)


def write_clicks(path: Path, at_s: Sequence[float], length_s: float, rate_hz: int) -> None:
    """Writes a WAV file, silent but for the clicks; those beyond its end are left out."""
    sound = np.zeros(round(length_s * rate_hz), np.float32)
    tone = click(1000, rate_hz)
    for moment in at_s:
        first = round(moment * rate_hz)
        sound[first : first + len(tone)] = tone[: max(0, len(sound) - first)]
    soundfile.write(path, sound, rate_hz, subtype="PCM_16")


def ffmpeg(*arguments: object) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def flashes_s(path: Path) -> list[float]:
    """When the picture turns bright."""
    command = ["ffmpeg", "-nostdin", "-copyts", "-i", str(path), "-map", "0:v:0"]
    command += ["-vf", "showinfo", "-fps_mode", "passthrough", "-f", "null", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    frames = re.findall(r"pts_time:(\S+) .*?mean:\[(\d+)", told)
    bright = [(float(at), int(mean) > _BRIGHT) for at, mean in frames]
    before = [False, *(lit for _, lit in bright)]
    start_s = _start_s(path)
    return [at - start_s for (at, lit), was in zip(bright, before, strict=False) if lit and not was]


def clicks_s(path: Path, track: int = 0) -> list[float]:
    """When the sound turns loud after silence, every decoded frame put where its stamp says."""
    rate_hz = 16_000
    command = ["ffmpeg", "-nostdin", "-copyts", "-i", str(path), "-map", f"0:a:{track}"]
    graph = f"aformat=sample_rates={rate_hz}:channel_layouts=mono,ashowinfo"
    command += ["-af", graph, "-f", "f32le", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    stamps = re.findall(rb"pts_time:(\S+) .*?nb_samples:(\d+)", done.stderr)
    samples = np.frombuffer(done.stdout, np.float32)
    start_s = _start_s(path)
    pieces = [(round((float(at) - start_s) * rate_hz), int(count)) for at, count in stamps]
    placed = np.zeros(pieces[-1][0] + pieces[-1][1], np.float32)
    read = 0
    for first, count in pieces:
        early = max(0, -first)
        placed[first + early : first + count] = samples[read + early : read + count]
        read += count
    return onsets_s(placed, rate_hz)


def onsets_s(sound: Sound, rate_hz: int) -> list[float]:
    """Where a mono sound reaches a third of its peak after 0.1 s without."""
    hop = round(_HOP_S * rate_hz)
    level = np.abs(sound[: len(sound) // hop * hop]).reshape(-1, hop).max(axis=1)
    loud = np.flatnonzero(level > _ONSET_SHARE * level.max())
    fresh = np.diff(loud, prepend=-np.inf) > _QUIET_S / _HOP_S
    return [float(at) for at in loud[fresh] * _HOP_S]


def _start_s(path: Path) -> float:
    """The file's first time stamp. ffmpeg would take that of the streams it is asked for."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0"]
    return float(subprocess.check_output([*command, str(path)]))
