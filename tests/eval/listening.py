"""Finding each spoken line again in the finished dub, by its sound.

A line's own recording is known (the voice engine's), and where the plan put it. It is searched for
around there, a little earlier and later, faster and slower. Where its strongest tones are then
missing from the dub, a word was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from eval.dubbing import Spoken
from eval.sound import SPEECH_HZ, samples
from eval.stems import Samples
from eval.timing import Span

Spectra = npt.NDArray[np.float64]

HOP_MS = 5.0
HEARD = 0.6
"""Likeness from which a line counts as found; another line's stays below it."""
MISSING_DB = 12.0
"""A stretch whose strong tones are weaker than the whole line's by this much is missing."""
_SILENT_DB = -120.0
_BLOCK = 20
_WINDOW = 400
_BANDS = 24
_LOWEST_HZ, _HIGHEST_HZ = 120.0, 6500.0
_FLOOR_DB = -45.0
_SPOKEN_DB = -25.0
_STRONG_DB = -12.0


@dataclass(frozen=True)
class Search:
    """Positions and lengths to try; positions in frames."""

    reach: int
    step: int
    lengths: tuple[float, ...]


_ROUGH = Search(reach=30, step=5, lengths=(0.95, 0.975, 1.0, 1.025, 1.05))
_FINE = Search(reach=4, step=1, lengths=(0.99, 0.995, 1.0, 1.005, 1.01))


@dataclass(frozen=True)
class Found:
    """A line as heard in the dub."""

    start_ms: float
    end_ms: float
    likeness: float
    """-1 to 1."""
    missing_ms: float
    """How much of it is not there."""


def as_heard(lines: Sequence[Spoken], dub: Samples) -> tuple[Spoken, ...]:
    """The lines with the recordings that are in the dub, where they were said more than once."""
    levels = spectra(dub) if any(line.takes for line in lines) else None
    if levels is None:
        return tuple(lines)

    def likeness(take: Path, line: Spoken) -> float:
        return find(samples(take, SPEECH_HZ, 1), levels, line.placed.dub).likeness

    return tuple(
        replace(line, recording=max(line.takes, key=lambda take: likeness(take, line)))
        if line.takes
        else line
        for line in lines
    )


def spectra(sound: Samples) -> Spectra:
    """Levels in dB of about 24 bands, one row for each 5 ms; mono, 16 kHz."""
    hop = round(HOP_MS * SPEECH_HZ / 1000)
    padded = np.concatenate([np.zeros(_WINDOW // 2), sound, np.zeros(_WINDOW // 2)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), 512)) ** 2
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1) * 512 / SPEECH_HZ
    bands = np.add.reduceat(power, np.unique(edges.astype(int)), axis=1)[:, :-1]
    levels: Spectra = 10 * np.log10(bands + 1e-12)
    return levels


def find(line: Samples, dub: Spectra, planned: Span) -> Found:
    """The line as it is heard best around the planned span (ms in the dub)."""
    said = spectra(line)
    length = (planned[1] - planned[0]) / HOP_MS
    rough = _best(said, dub, round(planned[0] / HOP_MS), length, _ROUGH)
    at, length, _ = _best(said, dub, rough[0], rough[1], _FINE)
    stretched = _stretched(said, length)
    there = _piece(dub, at, len(stretched))
    return Found(
        start_ms=at * HOP_MS,
        end_ms=(at + length) * HOP_MS,
        likeness=_likeness(stretched, there),
        missing_ms=_missing_frames(stretched, there) * HOP_MS,
    )


def _best(
    said: Spectra, dub: Spectra, centre: int, length: float, search: Search
) -> tuple[int, float, float]:
    """Where, and how long, the line is most like the dub: first frame, frames, likeness."""
    tried = []
    for factor in search.lengths:
        stretched = _stretched(said, length * factor)
        for at in range(max(0, centre - search.reach), centre + search.reach + 1, search.step):
            likeness = _likeness(stretched, _piece(dub, at, len(stretched)))
            tried.append((at, length * factor, likeness))
    return max(tried, key=lambda one: one[2])


def _piece(dub: Spectra, at: int, frames: int) -> Spectra:
    """Frames of the dub; beyond its end it is silent."""
    piece = dub[at : at + frames]
    return np.pad(piece, ((0, frames - len(piece)), (0, 0)), constant_values=_SILENT_DB)


def _stretched(said: Spectra, frames: float) -> Spectra:
    """The rows spread over another number of them: what a change of tempo does to levels."""
    at = np.linspace(0, len(said) - 1, max(2, round(frames) + 1))
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(said) - 1)
    share = (at - low)[:, None]
    stretched: Spectra = said[low] * (1 - share) + said[high] * share
    return stretched


def _likeness(one: Spectra, other: Spectra) -> float:
    """Correlation of two pieces' levels, what lies far below each one's peak set aside."""
    first, second = (np.maximum(p - p.max(), _FLOOR_DB).ravel() for p in (one, other))
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / scale if scale > 0 else -1.0


def _missing_frames(line: Spectra, dub: Spectra) -> int:
    """Frames in blocks of 100 ms in which the line speaks and the dub does not."""
    difference = dub - line
    strong = line > line.max(axis=1, keepdims=True) + _STRONG_DB
    strong &= line.max(axis=1, keepdims=True) > line.max() + _SPOKEN_DB
    if not strong.any():
        return 0
    difference -= _gains(difference, strong)
    missing = np.zeros(len(line), np.bool_)
    for at in range(0, len(line) - _BLOCK + 1, _BLOCK // 2):
        cells = difference[at : at + _BLOCK][strong[at : at + _BLOCK]]
        if len(cells) >= _BLOCK and float(np.median(cells)) < -MISSING_DB:
            missing[at : at + _BLOCK] = True
    return int(missing.sum())


def _gains(difference: Spectra, strong: npt.NDArray[np.bool_]) -> Spectra:
    """How much louder each band is in the dub; where it speaks too rarely, as all bands are.

    A voice is coloured like the one it stands for: over the telephone it has no heights, and no
    word is missing for that.
    """
    gains = np.full(difference.shape[1], np.median(difference[strong]))
    for band in np.flatnonzero(strong.sum(axis=0) >= 2 * _BLOCK):
        gains[band] = np.median(difference[strong[:, band], band])
    return gains
