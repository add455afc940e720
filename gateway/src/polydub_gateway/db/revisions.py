"""Changes are based on what their callers saw."""

from __future__ import annotations

from polydub.errors import StageError


def check_revision(stands: int, based_on: int, noun: str) -> None:
    """Returns when a row is still as a caller saw it.

    Raises:
        StageError: ``revision_mismatch``.
    """
    if based_on != stands:
        raise StageError(
            "revision_mismatch",
            f"Your change is based on revision {based_on}; the {noun} is at {stands} by now.",
        )
