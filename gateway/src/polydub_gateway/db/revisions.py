"""Changes are based on what their callers saw."""

from __future__ import annotations

from collections.abc import Callable

from polydub.errors import StageError


class OutOfDate(StageError):
    """A change is not based on what stands there now.

    Attributes:
        current: what does.
    """

    def __init__(self, message: str, current: object) -> None:
        super().__init__("revision_mismatch", message)
        self.current = current


def check_revision(stands: int, based_on: int, noun: str, current: Callable[[], object]) -> None:
    """Returns when a row is still as a caller saw it.

    Args:
        current: gives what is in the row.

    Raises:
        OutOfDate: it is not.
    """
    if based_on != stands:
        raise OutOfDate(
            f"Your change is based on revision {based_on}; the {noun} is at {stands} by now.",
            current(),
        )
