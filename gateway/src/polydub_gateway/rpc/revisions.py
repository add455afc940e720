"""Changes that say what they are based on."""

from __future__ import annotations

from typing import Protocol

from polydub.errors import StageError


class Based(Protocol):
    """A request with ``optional int32 revision``."""

    revision: int

    def HasField(self, field_name: str, /) -> bool: ...  # noqa: N802


def revision_in(request: Based) -> int:
    """The revision that a change is based on.

    Raises:
        StageError: ``revision_required``.
    """
    if not request.HasField("revision"):
        raise StageError(
            "revision_required",
            "This change says nothing of what it is based on.",
            hint="Send the revision that your change is based on.",
        )
    return request.revision
