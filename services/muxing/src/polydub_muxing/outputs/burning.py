"""Subtitles drawn into the picture by libass."""

from __future__ import annotations

import re
from pathlib import Path

from polydub import media
from polydub_muxing.outputs.files import EVEN, MP4, PRIVATE, language_of_sound, whole_clock
from polydub_muxing.outputs.matroska import PictureTrack

CRF = 18
"""What x264's own guide calls visually lossless or nearly so."""


async def burn(
    picture: PictureTrack,
    dub: Path,
    script: Path,
    output: Path,
    *,
    language: str,
    duration_s: float,
    timeout_s: float,
    on_fraction: media.OnFraction | None = None,
) -> None:
    """Writes an MP4 whose picture has the script's words in it; the dub's sound is copied.

    The picture is turned as players would have turned it. Frames keep their times, colours their
    tags; a picture of high dynamic range keeps ten bits.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    await media.run_ffmpeg(
        [
            *media.input_file(picture.path), *media.input_file(dub),
            "-map", f"0:{picture.shown.index}", "-map", "1:a:0",
            "-vf", f"{EVEN},ass=filename={filter_value(str(script))},{picture.shown.pixels}",
            "-c:v", "libx264", "-preset", "veryfast", "-crf", f"{CRF}", "-c:a", "copy",
            "-fps_mode", "passthrough", "-enc_time_base", "-1",
            *PRIVATE, *language_of_sound(language), "-disposition:a:0", "default",
            "-max_muxing_queue_size", "4096", *MP4, f"file:{output}", *whole_clock(0),
        ],
        timeout_s=timeout_s,
        duration_s=duration_s,
        on_fraction=on_fraction,
    )  # fmt: skip


def filter_value(text: str) -> str:
    """A text as the value of a filter's option, which is unescaped twice: by ffmpeg's graph
    parser and by its option parser ("Notes on filtergraph escaping" in ffmpeg-filters)."""
    option = re.sub(r"([\\':])", r"\\\1", text)
    return re.sub(r"([\\'\[\],;])", r"\\\1", option)
