"""What an upload can be, and where its bytes lie."""

from __future__ import annotations

from enum import StrEnum

from polydub.store import Unfinished
from polydub_gateway.db.uploads import UploadRow
from polydub_gateway.uploads.growing import Place


class UploadState(StrEnum):
    """What an upload can be."""

    RECEIVING = "receiving"
    PROCESSING = "processing"
    """All bytes are there; the video is not yet."""
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


def target_of(row: UploadRow) -> Unfinished:
    """What the store awaits."""
    return Unfinished(row.key, row.token)


def place_of(row: UploadRow) -> Place:
    """Where an upload through the gateway grows."""
    return Place(target_of(row), f"uploads/{row.id}", row.part_bytes)
