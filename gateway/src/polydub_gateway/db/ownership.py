"""The one place that says whose a row is."""

from __future__ import annotations

import re
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub_gateway.db.models import DubRow, VideoRow
from polydub_gateway.db.uploads import ImportRow, UploadRow
from polydub_gateway.db.words import GlossaryRow, MemoryRow

_ID = re.compile(r"[A-Za-z0-9_]{1,40}")
"""What ids are made of. Nothing else need reach the database, which may not even take it."""

OwnedRow = TypeVar("OwnedRow", VideoRow, DubRow, UploadRow, ImportRow, GlossaryRow, MemoryRow)


def is_id(text: str) -> bool:
    """Whether it could be an id of ours."""
    return _ID.fullmatch(text) is not None


async def owned(
    session: AsyncSession, kind: type[OwnedRow], owner_id: str, identity: str
) -> OwnedRow:
    """An owner's row. What is another's is answered exactly as what does not exist.

    Raises:
        StageError: ``not_found``.
    """
    row = None
    if is_id(identity):
        query = select(kind).where(kind.id == identity, kind.owner_id == owner_id)
        row = await session.scalar(query)
    if row is None:
        raise no_such(kind, identity)
    return row


def no_such(kind: type[OwnedRow], identity: str) -> StageError:
    """The answer for what is not there, or not for this caller."""
    return StageError("not_found", f"There is no {kind.noun} {identity!r}.")
