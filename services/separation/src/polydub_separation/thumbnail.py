"""A small picture of a video."""

from __future__ import annotations

from pathlib import Path

from polydub import media

_TIMEOUT_S = 45.0
_FRAMES = 30
"""So many are looked at; ffmpeg's ``thumbnail`` takes the one that is most like all of them, which
is no flash and no empty frame between two pictures."""
_GRAPH = (
    "scale=iw*sar:ih,"  # pixels that are not square
    "scale=480:270:force_original_aspect_ratio=decrease:force_divisible_by=2,"
    f"thumbnail={_FRAMES}"
)


async def take(source: Path, at_s: float, picture: Path) -> None:
    """Writes a file's picture at a moment, as JPEG of at most 480 by 270 pixels.

    Args:
        at_s: from the file's beginning.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``.
    """
    await media.run_ffmpeg(
        [
            "-ss", f"{max(0.0, at_s):.3f}", *media.input_file(source), "-map", "0:V:0",
            "-vf", _GRAPH, "-frames:v", "1", "-map_metadata", "-1",
            "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4", "-f", "mjpeg", f"file:{picture}",
        ],
        timeout_s=_TIMEOUT_S,
    )  # fmt: skip
