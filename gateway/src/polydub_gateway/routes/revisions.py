"""Changes that say what they are based on: If-Match (RFC 9110, 13.1.1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from polydub.errors import StageError

IfMatch = Annotated[
    str | None, Header(description="The `revision` that the change is based on", max_length=40)
]


def revision_in(if_match: str | None) -> int:
    """The revision in an If-Match header.

    Raises:
        StageError: ``revision_required``; ``revision_mismatch`` for what is no revision.
    """
    if if_match is None:
        raise StageError("revision_required", "This change says nothing of what it is based on.")
    told = if_match.strip().removeprefix("W/").strip('"')
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise StageError("revision_mismatch", "If-Match is none of our revisions.")
    return int(told)
