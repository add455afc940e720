"""A file's loudness, of the whole and over time, in one pass of ffmpeg's EBU R128 meter."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from polydub import media
from polydub_muxing.report.measure import Loudness, loudness_of
from polydub_muxing.sound.loudness import SILENCE_LUFS

POINTS = 300
"""How many a curve has at most: more than can be told apart in a plot."""
STEP_S = 0.1
_WINDOW_S = 3.0
"""Of short-term loudness (EBU Tech 3341)."""
_FIRST_WHOLE = round(_WINDOW_S / STEP_S) - 1
"""The number of the first value whose window is full."""
_TIME = "pts_time"
_KEYS = ("lavfi.r128.M", "lavfi.r128.S", "lavfi.r128.true_peak")

Values = npt.NDArray[np.float64]


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


@dataclass(frozen=True)
class MeterLog:
    """What the meter says every 100 ms; all of shape (n,), and of the whole.

    Attributes:
        at_s: where each step begins.
        momentary: loudness of the 400 ms that end with it, in LUFS.
        short: of the three seconds that end with it.
        peak: the true peak so far, linear.
    """

    at_s: Values
    momentary: Values
    short: Values
    peak: Values
    whole: Loudness

    def metered(self, duration_s: float) -> Metered:
        """The whole, and a curve for a sound of this length."""
        step = max(1, math.ceil(duration_s / STEP_S / POINTS))
        seen = range(_FIRST_WHOLE, len(self.short), step)
        return Metered(
            self.whole,
            tuple(
                Point(float(self.at_s[at]) + STEP_S - _WINDOW_S / 2, _lufs(float(self.short[at])))
                for at in seen
            ),
        )


async def metered(path: Path, scratch: Path, *, duration_s: float, timeout_s: float) -> Metered:
    """The loudness of a file's first audio track.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    return (await meter(path, scratch, timeout_s=timeout_s)).metered(duration_s)


async def meter(
    path: Path, scratch: Path, *, timeout_s: float, stretch: Sequence[str] = ()
) -> MeterLog:
    """What the meter says of a file's first audio track.

    Args:
        stretch: arguments of ffmpeg that tell which part of it.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    logged = scratch / "loudness.txt"
    said = await media.run_ffmpeg(
        [
            # The summary comes at level info; a line each 100 ms would come at the same.
            "-v", "info", *stretch, *media.input_file(path), "-map", "0:a:0",
            "-af", f"ebur128=peak=true:metadata=1:framelog=verbose,"
            f"ametadata=mode=print:file={_escaped(logged)}",
            "-f", "null", "-",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip
    with logged.open() as lines:
        log = _read(lines, loudness_of(said))
    logged.unlink()
    return log


def _read(lines: Iterable[str], whole: Loudness) -> MeterLog:
    """The filter's log: a line with the time of each step, and then one for each value."""
    found: dict[str, array[float]] = {key: array("d") for key in (_TIME, *_KEYS)}
    for line in lines:
        if line.startswith("frame:"):
            found[_TIME].append(float(line.rpartition("pts_time:")[2]))
            continue
        key, _, value = line.partition("=")
        if key in found:
            found[key].append(float(value))
    at_s, momentary, short, peak = (np.array(each) for each in found.values())
    return MeterLog(at_s, momentary, short, peak, whole)


def _lufs(value: float) -> float:
    return max(SILENCE_LUFS, value) if math.isfinite(value) else SILENCE_LUFS


def _escaped(path: Path) -> str:
    """A path as the value of an option inside a filter graph: quoted for graph and option."""
    option = str(path).replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
    return "".join(f"\\{c}" if c in "\\'[],; " else c for c in option)
