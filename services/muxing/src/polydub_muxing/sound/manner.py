"""How a revision of a dub was mixed, so that the next one differs only where it is to differ.

Levels and colours are means over all of a speaker's lines, so each corrected line moves them by
next to nothing. What stays below anything that is heard stays as it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from polydub_muxing.kept import Arrays
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.matching import Match

STEADY_DB = 0.3
"""Of a level: half of what is told apart at best."""
STEADY_COLOUR_DB = 1.0
"""Of a speaker's colour, where it differs most."""
STEADY_ROOM = 1.25
"""The ratio of two rooms' times: the tail itself is 10 dB and more below the voice."""
_FLOOR = 1e-3


@dataclass(frozen=True)
class Manner:
    """What lines were given.

    Attributes:
        gains: by line.
        matches: by speaker.
        ceiling_dbtp: of the limiter; None: not known yet.
    """

    gains: Mapping[str, float] = field(default_factory=dict)
    matches: Mapping[str, Match] = field(default_factory=dict)
    ceiling_dbtp: float | None = None


def settled_gains(found: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """The gain found for each line now; the earlier one, where that is next to it."""
    return {
        name: before[name]
        if name in before and _apart_db(gain, before[name]) <= STEADY_DB
        else gain
        for name, gain in found.items()
    }


def settled_matches(found: Mapping[str, Match], before: Mapping[str, Match]) -> dict[str, Match]:
    """What was found of each speaker now; what was before, where it is next to that."""
    return {
        speaker: before[speaker] if _alike(match, before.get(speaker)) else match
        for speaker, match in found.items()
    }


def _apart_db(one: float, other: float) -> float:
    if one <= 0 or other <= 0:
        return 0.0 if one == other else math.inf
    return abs(20 * math.log10(one / other))


def _alike(match: Match, before: Match | None) -> bool:
    return (
        before is not None
        and _same_colour(match.fir, before.fir)
        and _same_room(match.room, before.room)
    )


def _same_colour(one: Samples | None, other: Samples | None) -> bool:
    if one is None or other is None:
        return one is other
    if len(one) != len(other):
        return False
    first, second = (np.maximum(np.abs(np.fft.rfft(fir)), _FLOOR) for fir in (one, other))
    return float(np.abs(20 * np.log10(first / second)).max()) <= STEADY_COLOUR_DB


def _same_room(one: Samples | None, other: Samples | None) -> bool:
    """A tail is as long as its room's time tells."""
    if one is None or other is None:
        return one is other
    shorter, longer = sorted((len(one), len(other)))
    return longer <= STEADY_ROOM * shorter


def to_arrays(manner: Manner) -> Arrays:
    """The manner as arrays to be kept."""
    arrays = {
        "lines": np.array(list(manner.gains), np.str_),
        "gains": np.array(list(manner.gains.values()), np.float64),
        "speakers": np.array(list(manner.matches), np.str_),
        "ceiling_dbtp": np.array([] if manner.ceiling_dbtp is None else [manner.ceiling_dbtp]),
    }
    for number, match in enumerate(manner.matches.values()):
        for name, taps in (("fir", match.fir), ("room", match.room)):
            if taps is not None:
                arrays[f"{name}{number}"] = taps
    return arrays


def from_arrays(arrays: Arrays | None) -> Manner:
    """The manner again; an empty one where nothing was kept."""
    if arrays is None:
        return Manner()
    ceiling = arrays["ceiling_dbtp"].tolist()
    return Manner(
        gains=dict(zip(arrays["lines"].tolist(), arrays["gains"].tolist(), strict=True)),
        matches={
            speaker: Match(arrays.get(f"fir{number}"), arrays.get(f"room{number}"))
            for number, speaker in enumerate(arrays["speakers"].tolist())
        },
        ceiling_dbtp=ceiling[0] if ceiling else None,
    )
