"""Bringing a voice to another pitch with its formants kept: the ``rubberband`` program.

Rubber Band (GPL) runs as a child process. Its finer engine with formant preservation came within
3 Hz of each target (see the README's table of word errors).
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from polydub.engines import Availability

PROGRAM = "rubberband"
NEGLIGIBLE_SEMITONES = 0.25
"""A shift of 1.5 %: not worth a child process."""


def available() -> Availability:
    """Whether voices can be brought to a pitch here."""
    if shutil.which(PROGRAM):
        return Availability.yes()
    return Availability.no("rubberband is not installed", "apt install rubberband-cli")


def semitones(from_hz: float, to_hz: float) -> float:
    """The interval between two pitches: 12 to the octave, positive upward."""
    return 12.0 * math.log2(to_hz / from_hz)


def shifted_by(from_hz: float, interval: float) -> float:
    """The pitch that lies ``interval`` semitones above another."""
    return from_hz * math.exp2(interval / 12.0)


def shift_command(source: Path, target: Path, interval: float) -> list[str]:
    """The command that writes ``source`` to ``target``, shifted by semitones, as long as before."""
    return [PROGRAM, "-q", "-3", "-F", "-p", f"{interval:.3f}", str(source), str(target)]
