"""The sound that engines are given, and the new picture beside the dub's own tracks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from polydub import media
from polydub.errors import EngineFailed, StageError
from polydub.mp4 import switch_off_subtitles

COPYABLE = frozenset({"h264", "hevc", "av1", "vp9"})
"""Video codecs that MP4 may hold and browsers show."""
SOUND_RATE_HZ = 16_000
"""What the audio encoders of lip sync models hear (Whisper, wav2vec); more is not used."""
_REENCODE = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
_ROUNDING_S = 0.002
"""Durations in MP4 are counted in ticks of the track and of the file, which round differently."""


@dataclass(frozen=True)
class Picture:
    """The first video stream of a file."""

    codec: str
    start_s: float
    duration_s: float
    frame_s: float
    """How long one frame is shown, on average; 0: not known."""
    has_sound: bool

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


async def read_picture(path: Path) -> Picture | None:
    """What the headers say of a file's picture; None where it has none.

    Raises:
        MediaError: the file can't be read.
    """
    found = await media.probe(path)
    kinds: dict[str, dict[str, Any]] = {}
    for stream in found["streams"]:
        # Cover art is a picture that does not move.
        if not stream.get("disposition", {}).get("attached_pic"):
            kinds.setdefault(stream["codec_type"], stream)
    if "video" not in kinds:
        return None
    video = kinds["video"]
    return Picture(
        codec=video["codec_name"],
        start_s=float(video.get("start_time", 0)),
        duration_s=float(video.get("duration") or found["format"].get("duration") or 0),
        frame_s=_frame_s(video.get("avg_frame_rate", "0/0")),
        has_sound="audio" in kinds,
    )


async def write_sound(video: Path, picture: Picture, output: Path, *, timeout_s: float) -> None:
    """The dub as mono WAV that begins and ends with the picture, to the sample."""
    start_s = max(0.0, picture.start_s)
    await media.run_ffmpeg(
        [
            *media.input_file(video),
            "-map", "0:a:0",
            "-af", f"aresample={SOUND_RATE_HZ}:async=1:first_pts=0,atrim=start={start_s:.6f},"
            f"asetpts=PTS-STARTPTS,apad,atrim=duration={picture.duration_s:.6f}",
            "-ac", "1", "-c:a", "pcm_s16le", "-f", "wav", f"file:{output}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip


async def join(picture: Path, dub: Path, output: Path, *, timeout_s: float) -> None:
    """Writes the new picture beside the dub's sound and subtitles, which are copied as they are.

    Sound that comes with the new picture is left out.

    Raises:
        EngineFailed: the new picture can't be read, or lasts longer or shorter than the dub's.
        StageError: ``engine_timeout``.
    """
    before = await read_picture(dub)
    assert before is not None
    made = await _read_made(picture)
    try:
        await media.run_ffmpeg(_arguments(picture, made, dub, before, output), timeout_s=timeout_s)
    except StageError as error:
        if error.code != "engine_failed":
            raise
        raise EngineFailed(
            "The engine's picture can't be put into MP4.", retryable=False
        ) from error
    await asyncio.to_thread(switch_off_subtitles, output)
    after = await read_picture(output)
    assert after is not None
    _check_length(before, after)


async def _read_made(picture: Path) -> Picture:
    try:
        made = await read_picture(picture)
    except StageError as error:
        if error.code == "engine_timeout":
            raise
        raise EngineFailed("What the engine gave back is no video.", retryable=False) from error
    if made is None:
        raise EngineFailed("What the engine gave back has no picture.", retryable=False)
    return made


def _arguments(picture: Path, made: Picture, dub: Path, before: Picture, output: Path) -> list[str]:
    encoding = ["-c:v", "copy"] if made.codec in COPYABLE else _REENCODE
    tag = ["-tag:v", "hvc1"] if made.codec == "hevc" else []  # QuickTime knows it by this name
    return [
        # The dub comes first: what is said of the file as a whole is said of its first input.
        *media.input_file(dub),
        # Engines' pictures begin at 0, whenever the dub's does.
        "-itsoffset", f"{before.start_s - made.start_s:.6f}", *media.input_file(picture),
        "-map", "1:v:0", "-map", "0:a?", "-map", "0:s?",
        "-c", "copy", *encoding, *tag,
        "-max_muxing_queue_size", "4096",
        "-movflags", "+faststart", "-f", "mp4", f"file:{output}",
    ]  # fmt: skip


def _check_length(before: Picture, after: Picture) -> None:
    """One frame more or less is no more than another frame rate brings."""
    allowed_s = max(before.frame_s, after.frame_s) + _ROUNDING_S
    if abs(after.end_s - before.end_s) > allowed_s:
        raise EngineFailed(
            f"The engine's picture lasts {after.duration_s:.2f} s, "
            f"the dub's {before.duration_s:.2f} s.",
            retryable=False,
        )


def _frame_s(rate: str) -> float:
    top, _, bottom = rate.partition("/")
    frames_per_s = Fraction(int(top), int(bottom or 1)) if int(bottom or 1) else Fraction(0)
    return float(1 / frames_per_s) if frames_per_s else 0.0
