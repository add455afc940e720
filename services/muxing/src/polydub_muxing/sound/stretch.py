"""Changing a line's pace, pitch kept, by the ``rubberband`` command (GPL: only ever a child)."""

from __future__ import annotations

from pathlib import Path

from polydub import process
from polydub.errors import EngineFailed, StageError
from polydub_muxing.fit.placement import Placement

COMMAND = "rubberband"
DEAD_BAND_MS = 10
"""Less than this is left as spoken: it is inside the guard, and every stretch costs some sound."""
TIMEOUT_S = 300.0


def needs_stretch(placement: Placement) -> bool:
    """Whether the placed length differs audibly from the spoken one."""
    spoken_ms = placement.duration_ms * placement.tempo
    return abs(spoken_ms - placement.duration_ms) >= DEAD_BAND_MS


async def stretch(spoken: Path, stretched: Path, *, tempo: float, fine: bool = True) -> None:
    """Writes the line at ``tempo`` times its pace; the length is exact to the sample.

    Args:
        fine: by the R3 engine, which keeps speech clearest between 0.85 and 1.3; else by R2, for
            what is measured rather than heard.

    Raises:
        StageError: ``engine_timeout`` or ``engine_failed``.
    """
    argv = [COMMAND, "-q", "-3" if fine else "-2", f"-T{tempo:.6f}", str(spoken), str(stretched)]
    try:
        done = await process.run_child(argv, timeout_s=TIMEOUT_S)
    except TimeoutError as error:
        raise StageError("engine_timeout", "Stretching a line took too long.") from error
    if done.returncode != 0:
        raise EngineFailed("rubberband could not stretch a line.")
