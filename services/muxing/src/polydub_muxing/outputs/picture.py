"""What a file's headers say of its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from polydub import media
from polydub_muxing.outputs.ass import DEFAULT_FRAME

_HIGH_DYNAMIC_RANGE = frozenset({"smpte2084", "arib-std-b67"})
_TEN_BITS, _EIGHT_BITS = "format=yuv420p10le", "format=yuv420p|yuvj420p"


@dataclass(frozen=True)
class Shown:
    """A picture as players show it."""

    index: int
    frame: tuple[int, int]
    """Across and down, in square pixels, turned as it is to be turned."""
    turned: bool
    high_dynamic_range: bool

    @property
    def pixels(self) -> str:
        """The filter that makes of it what x264 is to encode: of 8 bits, in the range they had
        (the second format is ffmpeg's name for the full one); of 10, where 8 would show bands."""
        return _TEN_BITS if self.high_dynamic_range else _EIGHT_BITS


async def read_picture(path: Path) -> Shown | None:
    """The file's first moving picture; None where there is none.

    Raises:
        MediaError: the file can't be read.
    """
    for stream in (await media.probe(path))["streams"]:
        still = stream.get("disposition", {}).get("attached_pic")
        if stream["codec_type"] == "video" and not still:
            return _shown(stream)
    return None


async def pixels_of(path: Path) -> str:
    """The filter that makes of a file's picture what x264 is to encode.

    Raises:
        MediaError: the file can't be read.
    """
    shown = await read_picture(path)
    return shown.pixels if shown else _EIGHT_BITS


async def frame_of(path: Path) -> tuple[int, int]:
    """The frame in which subtitles are laid out; full HD for sound alone."""
    shown = await read_picture(path)
    return shown.frame if shown else DEFAULT_FRAME


def _shown(stream: Mapping[str, Any]) -> Shown:
    rotation = next((s["rotation"] for s in stream.get("side_data_list", ()) if "rotation" in s), 0)
    aspect = Fraction(str(stream.get("sample_aspect_ratio", "1:1")).replace(":", "/", 1) or "1")
    across, down = round(stream["width"] * (aspect or 1)), int(stream["height"])
    sideways = round(float(rotation)) % 180 == 90
    return Shown(
        index=stream["index"],
        frame=(down, across) if sideways else (across, down),
        turned=round(float(rotation)) % 360 != 0,
        high_dynamic_range=stream.get("color_transfer") in _HIGH_DYNAMIC_RANGE,
    )
