"""How loud each speaker's dub is to be: arithmetic on energies measured before."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polydub_muxing.sound.loudness import (
    Energies,
    block_energies,
    gate,
    gated_energy,
    lufs,
    run_blocks,
    slot_run,
)
from polydub_muxing.sound.options import SoundOptions

VOICE_FLOOR = 0.25
"""Of the original's energy where someone speaks, the voice is taken to have this at least. A bed
that still holds the voice leaves nothing after the subtraction; with this floor the dub is heard,
and the sum is at most 1 LU above the original."""
Trim = tuple[float, float]
"""How far all speakers together may be moved off their own match, down and up in decibels, to
bring the programme's loudness nearer to the original's."""
TRIM: Trim = (-1.0, 1.0)
"""The match itself so stays within 1 LU."""
TRIM_ALONE: Trim = (-12.0, 12.0)
"""Voices without a background have nothing to keep their proportion to."""
TRIM_OVER: Trim = (0.0, 3.0)
"""The ducked original is 15 dB below its own voice, and 18 dB below the dub at most."""
_TRIM_STEP_DB = 0.1
GAIN_LIMIT_DB = 36.0


@dataclass(frozen=True)
class MeteredLine:
    """A line as measured before the mix, at gain 1 and with the channels it will sound from."""

    id: str
    speaker_id: str
    source_start_ms: int
    source_end_ms: int
    overlaps: bool
    first_slot: int
    """On the timeline, where its first energy belongs."""
    slots: Energies


def line_gains(
    lines: Sequence[MeteredLine],
    original: Energies,
    bed: Energies,
    backdrop: Energies,
    *,
    trim: Trim = TRIM,
) -> dict[str, float]:
    """A linear gain for each line's id.

    Each speaker's dub gets the loudness that the same speaker's voice has in the original; then
    all are trimmed alike, within limits, towards the original's integrated loudness.

    Args:
        original: energies of the original track's slots.
        bed: energies of the bed's slots: the original less the voice.
        backdrop: energies of what is heard behind the dub.
    """
    gains = speaker_gains(lines, original, bed)
    by_line = {line.id: gains[line.speaker_id] for line in lines}
    factor = _trim(lines, by_line, original, backdrop, trim)
    return {name: gain * factor for name, gain in by_line.items()}


def trim_of(options: SoundOptions) -> Trim:
    """How far the levels of such a dub may be trimmed."""
    if options.voice_over:
        return TRIM_OVER
    return TRIM_ALONE if options.drop_background else TRIM


def speaker_gains(
    lines: Sequence[MeteredLine], original: Energies, bed: Energies
) -> dict[str, float]:
    """A linear gain for each speaker, by BS.1770 loudness, gated, on both sides alike.

    A speaker who can't be measured in the original gets the loudness of all speech together.
    """
    by_speaker: dict[str, list[MeteredLine]] = defaultdict(list)
    for line in lines:
        by_speaker[line.speaker_id].append(line)
    everyone = voice_energy(lines, original, bed)
    return {
        speaker: _gain(voice_energy(own, original, bed) or everyone, spoken_energy(own))
        for speaker, own in by_speaker.items()
    }


def voice_energy(lines: Sequence[MeteredLine], original: Energies, bed: Energies) -> float:
    """The energy of the voice alone where the source says these lines; 0 where nothing sounds."""
    alone = [line for line in lines if not line.overlaps] or list(lines)
    runs = [slot_run(line.source_start_ms, line.source_end_ms) for line in alone]
    with_bed = run_blocks(original, runs)
    counted = gate(with_bed)
    if not counted.any():
        return 0.0
    total = float(with_bed[counted].mean())
    behind = run_blocks(_fitted(bed, len(original)), runs)[counted]
    return max(total - float(behind.mean()), VOICE_FLOOR * total)


def spoken_energy(lines: Iterable[MeteredLine]) -> float:
    """The gated energy of dubbed lines at gain 1."""
    return gated_energy(np.concatenate([block_energies(line.slots) for line in lines]))


def _gain(wanted: float, spoken: float) -> float:
    if wanted <= 0 or spoken <= 0:
        return 1.0
    limit = 10 ** (GAIN_LIMIT_DB / 20)
    return min(limit, max(1 / limit, math.sqrt(wanted / spoken)))


def _trim(
    lines: Sequence[MeteredLine],
    gains: Mapping[str, float],
    original: Energies,
    backdrop: Energies,
    trim: Trim,
) -> float:
    """One gain for all speech within the limit that brings the integrated loudness nearest."""
    wanted = lufs(gated_energy(block_energies(original)))
    speech = _speech_slots(lines, gains, len(backdrop))
    steps = np.arange(trim[0], trim[1] + _TRIM_STEP_DB / 2, _TRIM_STEP_DB)

    def miss(step_db: float) -> tuple[float, float]:
        mixed = backdrop + speech * 10 ** (step_db / 10)
        off = abs(lufs(gated_energy(block_energies(mixed))) - wanted)
        return round(off, 3), abs(step_db)

    return float(10 ** (min(steps.tolist(), key=miss) / 20))


def _speech_slots(lines: Sequence[MeteredLine], gains: Mapping[str, float], count: int) -> Energies:
    total = np.zeros(count)
    for line in lines:
        inside = line.slots[: max(0, count - line.first_slot)]
        total[line.first_slot : line.first_slot + len(inside)] += inside * gains[line.id] ** 2
    return total


def _fitted(slots: Energies, count: int) -> Energies:
    return np.pad(slots, (0, max(0, count - len(slots))))[:count]
