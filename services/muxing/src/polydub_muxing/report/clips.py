"""The sound of single lines, cut out of the finished dub, small enough to stand in a page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from polydub import media

MOST_CLIPS = 20
MOST_BYTES = 700_000
"""Of all clips of a page together, as they stand in it."""
LONGEST_S = 15.0
_AROUND_S = 0.3
_BITS_PER_S = "32k"


async def cut_clips(
    dub: Path, lines: Sequence[tuple[str, float, float]], scratch: Path, *, timeout_s: float
) -> Mapping[str, str]:
    """Each line's sound as a ``data:`` URI, by the line's id: as many as a page can bear.

    AAC, because every browser plays it.

    Args:
        lines: id, start and end in the file's seconds; the most important first.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    clips: dict[str, str] = {}
    room = MOST_BYTES
    path = scratch / "clip.m4a"
    for name, start_s, end_s in lines[:MOST_CLIPS]:
        first_s = max(0.0, start_s - _AROUND_S)
        await _cut(dub, path, first_s, min(end_s + _AROUND_S - first_s, LONGEST_S), timeout_s)
        uri = f"data:audio/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}"
        room -= len(uri)
        if room < 0:
            break
        clips[name] = uri
    path.unlink(missing_ok=True)
    return clips


async def _cut(dub: Path, path: Path, first_s: float, length_s: float, timeout_s: float) -> None:
    await media.run_ffmpeg(
        [
            "-ss", f"{first_s:.3f}", "-t", f"{max(0.1, length_s):.3f}", *media.input_file(dub),
            "-map", "0:a:0", "-map_metadata", "-1", "-ac", "1", "-ar", "24000",
            "-c:a", "aac", "-b:a", _BITS_PER_S, "-movflags", "+faststart", "-f", "mp4",
            f"file:{path}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip
