"""Cursors: where the next page of a list starts, as text that clients hand back. Pure."""

from __future__ import annotations

import base64
import binascii

from polydub.errors import StageError

_MAX_MS = 2**63 - 1


def to_cursor(created_at_ms: int, identity: str) -> str:
    """A cursor behind a row of a list that is in order of time."""
    return base64.urlsafe_b64encode(f"{created_at_ms}.{identity}".encode()).decode()


def from_cursor(cursor: str) -> tuple[int, str]:
    """What :func:`to_cursor` was given.

    Raises:
        StageError: ``invalid_request`` for what it never made.
    """
    try:
        decoded = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
        created_at_ms, _, identity = decoded.partition(".")
        if not created_at_ms.isdecimal() or int(created_at_ms) > _MAX_MS or "\0" in identity:
            raise ValueError("not a place in time")
        return int(created_at_ms), identity
    except (binascii.Error, ValueError) as error:
        raise StageError("invalid_request", "The cursor is none that we gave.") from error
