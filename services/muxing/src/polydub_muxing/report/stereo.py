"""How much of the source's stereo is in the dub, by the energies of middle and sides. Pure.

A voice in the centre is in the middle alone. So what the sides hold is the background, while
someone speaks, too; nothing need be split for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from polydub_muxing.report.measure import Span
from polydub_muxing.report.vad import FRAME_MS

Levels = npt.NDArray[np.float32]
Frames = npt.NDArray[np.bool_]

_NEAR_LINE_MS = 200
_SHORTEST_MS = 1000
_MONO = 1e-4
"""-40 dB: what lossy coding leaves of a side signal in a sound that is as good as mono."""
_GOES_ALONG = 0.4
"""Correlation of the decibels of sides and middle under the source's lines, from which on its
voices are taken to be in the sides. Of 60 mixes of four talks, the voices at the centre, off it, or
in a stereo room, over sounds from 22 dB below to 6 dB above them, those with less of it had at most
a fifth of the sides' energy from the voices. Wide music as loud as the voices has more, too."""


class Stereo(Protocol):
    """The energies of a sound's middle and sides, per 32 ms frame."""

    @property
    def mid(self) -> Levels: ...

    @property
    def side(self) -> Levels: ...


def width(source: Stereo, dub: Stereo, spans: Sequence[Span], offset_ms: float) -> float | None:
    """Side over mid energy of the dub outside all lines, against the source's; 1: the same."""
    lines = [*_in_source(spans), *_in_dub(spans)]
    of_source = _side_share(source, lines, 0.0)
    of_dub = _side_share(dub, lines, offset_ms)
    if of_source is None or of_dub is None:
        return None
    return (of_dub + _MONO) / (of_source + _MONO)


def sides_under_lines(
    source: Stereo, dub: Stereo, spans: Sequence[Span], offset_ms: float
) -> float | None:
    """The sides' energy while the dub's lines are spoken, against the source's at these moments.

    Returns:
        1: the same; None where the source has next to nothing in its sides there, or where its
        voices are in them, too: what a dub takes away with these is no loss.
    """
    spoken = _frames(len(source.side), _in_source(spans))
    under = _frames(len(source.side), _in_dub(spans))
    if under.sum() * FRAME_MS < _SHORTEST_MS or _holds_voices(source, spoken):
        return None
    was = float(source.side[under].sum())
    if was <= _MONO * float(source.mid[under].sum()):
        return None
    now = dub.side[_frames(len(dub.side), _in_dub(spans), offset_ms)]
    return float(now.sum()) / was


def _holds_voices(source: Stereo, spoken: Frames) -> bool:
    mid, side = (_decibels(levels[spoken]) for levels in (source.mid, source.side))
    if not len(mid) or not mid.std() or not side.std():
        return False
    return bool(np.corrcoef(mid, side)[0, 1] >= _GOES_ALONG)


def _decibels(levels: Levels) -> npt.NDArray[np.float64]:
    return 10 * np.log10(np.maximum(levels.astype(np.float64), 1e-10))


def _side_share(track: Stereo, lines: Sequence[tuple[int, int]], offset_ms: float) -> float | None:
    """Side over mid energy where no line is near; None where that is too short or silent."""
    quiet = ~_frames(len(track.mid), lines, offset_ms, near_ms=_NEAR_LINE_MS)
    mid, side = float(track.mid[quiet].sum()), float(track.side[quiet].sum())
    if quiet.sum() * FRAME_MS < _SHORTEST_MS or mid <= 0:
        return None
    return side / mid


def _in_source(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return [(span.source_start_ms, span.source_end_ms) for span in spans]


def _in_dub(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return [(span.start_ms, span.end_ms) for span in spans]


def _frames(
    count: int,
    lines: Iterable[tuple[int, int]],
    offset_ms: float = 0.0,
    *,
    near_ms: int = 0,
) -> Frames:
    """Which of a track's frames lie in a line, or near one."""
    found = np.zeros(count, np.bool_)
    for start_ms, end_ms in lines:
        first = int((start_ms + offset_ms - near_ms) // FRAME_MS)
        last = int((end_ms + offset_ms + near_ms) // FRAME_MS) + 1
        found[max(0, first) : max(0, last)] = True
    return found
