"""Clips made here: with a face that is drawn, without one, and sound alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
HEIGHT, WIDTH = 360, 480
SUBTITLES = "1\n00:00:00,500 --> 00:00:01,500\nHola\n"


def ffmpeg(*arguments: object) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def ffprobe(path: Path, entries: str, *more: str) -> list[str]:
    command = ["ffprobe", "-v", "error", *more, "-show_entries", entries, "-of", "csv=p=0", path]
    done = subprocess.run(map(str, command), check=True, capture_output=True, text=True)
    return done.stdout.split()


def stream_hash(path: Path, stream: str) -> str:
    """The hash of a stream's packets, which no container changes."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", f"0:{stream}", "-c", "copy",
               "-f", "streamhash", "-hash", "md5", "-"]  # fmt: skip
    done = subprocess.run(map(str, command), check=True, capture_output=True, text=True)
    return done.stdout.strip().rpartition("=")[2]


def face_image() -> Image:
    """A face as a child draws it, with light where the cascade looks for light."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    image = np.full((HEIGHT, WIDTH), 90.0)

    def ellipse(x: float, y: float, width: float, height: float, shade: float) -> None:
        image[((columns - x) / width) ** 2 + ((rows - y) / height) ** 2 <= 1] = shade

    ellipse(240, 180, 80, 105, 190)
    for side in (-1, 1):
        eye = 240 + 32 * side
        ellipse(eye, 160, 22, 12, 120)
        ellipse(eye, 163, 13, 6, 60)
        ellipse(eye, 143, 21, 5, 60)
        ellipse(eye + 8 * side, 205, 18, 14, 205)
    ellipse(240, 175, 6, 28, 215)
    ellipse(240, 212, 18, 6, 130)
    ellipse(240, 240, 32, 9, 95)
    return _blurred(image).astype(np.uint8)


def _blurred(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A Gaussian of 4 pixels, along both axes."""
    kernel = np.exp(-0.5 * (np.arange(-12, 13) / 4.0) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        image = np.apply_along_axis(
            lambda line: np.convolve(np.pad(line, 12, mode="edge"), kernel, "valid"), axis, image
        )
    return image


def write_pgm(path: Path, image: Image) -> Path:
    path.write_bytes(b"P5\n%d %d\n255\n" % (image.shape[1], image.shape[0]) + image.tobytes())
    return path


def make_clip(
    path: Path, *, seconds: float = 2.0, face: bool = True, tone_hz: int = 440, rate: int = 25
) -> Path:
    """An MP4 like the muxing stage's: picture, Spanish sound, Spanish subtitles."""
    still = write_pgm(path.with_suffix(".pgm"), face_image())
    texts = path.with_suffix(".srt")
    texts.write_text(SUBTITLES)
    picture = (
        ["-loop", "1", "-framerate", rate, "-i", still]
        if face
        else ["-f", "lavfi", "-i", f"testsrc=size={WIDTH}x{HEIGHT}:rate={rate}"]
    )
    ffmpeg(
        *picture, "-f", "lavfi", "-i", f"sine=frequency={tone_hz}:sample_rate=48000", "-i", texts,
        "-map", "0:v", "-map", "1:a", "-map", "2:s", "-t", seconds,
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
        "-c:a", "aac", "-ac", "2", "-c:s", "mov_text",
        "-metadata:s:a:0", "language=spa", "-metadata:s:s:0", "language=spa", path,
    )  # fmt: skip
    return path


def make_picture(path: Path, *, seconds: float = 2.0, rate: int = 25) -> Path:
    """What an engine might give back: another picture, and a sound that nobody wants."""
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={rate}",
        "-f", "lavfi", "-i", "sine=frequency=2000:sample_rate=16000", "-t", seconds,
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path,
    )  # fmt: skip
    return path


def make_sound(path: Path, *, seconds: float = 1.0) -> Path:
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440", "-t", seconds, "-c:a", "aac", path)
    return path
