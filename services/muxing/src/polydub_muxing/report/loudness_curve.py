"""A file's loudness, of the whole and over time, in one pass of ffmpeg's EBU R128 meter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from polydub import media
from polydub_muxing.report.measure import Loudness, loudness_of
from polydub_muxing.sound.loudness import SILENCE_LUFS

POINTS = 300
"""How many a curve has at most: more than can be told apart in a plot."""
_METER_STEP_S = 0.1
_WINDOW_S = 3.0
"""Of short-term loudness (EBU Tech 3341)."""
_FIRST_WHOLE = round(_WINDOW_S / _METER_STEP_S) - 1
"""The number of the first value whose window is full."""
_KEY = "lavfi.r128.S"


@dataclass(frozen=True)
class Point:
    """The loudness of the three seconds around a moment."""

    at_s: float
    lufs: float


@dataclass(frozen=True)
class Metered:
    """How loud a sound is."""

    whole: Loudness
    curve: Sequence[Point]
    """Short-term, at even steps; none below 3 s."""


async def metered(path: Path, scratch: Path, *, duration_s: float, timeout_s: float) -> Metered:
    """The loudness of a file's first audio track.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    logged = scratch / "loudness.txt"
    said = await media.run_ffmpeg(
        [
            # The summary comes at level info; a line each 100 ms would come at the same.
            "-v", "info", *media.input_file(path), "-map", "0:a:0",
            "-af", f"ebur128=peak=true:metadata=1:framelog=verbose,"
            f"ametadata=mode=print:key={_KEY}:file={_escaped(logged)}",
            "-f", "null", "-",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip
    step = max(1, math.ceil(duration_s / _METER_STEP_S / POINTS))
    with logged.open() as lines:
        curve = tuple(_points(lines, step))
    logged.unlink()
    return Metered(loudness_of(said), curve)


def _points(lines: Iterable[str], step: int) -> Iterator[Point]:
    """Every ``step``th value of the filter's log: a line with the time, then one with the value."""
    at_s, number = 0.0, 0
    for line in lines:
        if line.startswith("frame:"):
            at_s = float(line.rpartition("pts_time:")[2])
        elif line.startswith(_KEY):
            if number >= _FIRST_WHOLE and (number - _FIRST_WHOLE) % step == 0:
                yield Point(at_s + _METER_STEP_S - _WINDOW_S / 2, _lufs(line.partition("=")[2]))
            number += 1


def _lufs(text: str) -> float:
    value = float(text)
    return max(SILENCE_LUFS, value) if math.isfinite(value) else SILENCE_LUFS


def _escaped(path: Path) -> str:
    """A path as the value of an option inside a filter graph: quoted for graph and option."""
    option = str(path).replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
    return "".join(f"\\{c}" if c in "\\'[],; " else c for c in option)
