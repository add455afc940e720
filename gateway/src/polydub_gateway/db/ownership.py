"""The one place that says whose a row is."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub_gateway.db.models import DubRow, VideoRow
from polydub_gateway.db.registry import RegisteredSpeakerRow
from polydub_gateway.db.uploads import ImportRow, UploadRow
from polydub_gateway.db.words import GlossaryRow, MemoryRow

_ID = re.compile(r"[A-Za-z0-9_]{1,40}")
"""What ids are made of. Nothing else need reach the database, which may not even take it."""

OwnedRow = TypeVar(
    "OwnedRow", VideoRow, DubRow, UploadRow, ImportRow, GlossaryRow, MemoryRow, RegisteredSpeakerRow
)


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
    row: OwnedRow | None = None
    if is_id(identity):
        row = await session.scalar(_query(kind), {"identity": identity, "owner_id": owner_id})
    if row is None:
        raise no_such(kind, identity)
    return row


async def check_room(
    session: AsyncSession, kind: type[OwnedRow], owner_id: str, *, most: int, nouns: str
) -> None:
    """Returns when an owner may have one more row.

    Raises:
        StageError: ``quota_exceeded``.
    """
    count = await session.scalar(select(func.count()).where(kind.owner_id == owner_id))
    if (count or 0) >= most:
        raise StageError(
            "quota_exceeded",
            f"There are {most} {nouns} already.",
            hint="Delete one that is not needed.",
        )


@cache
def _query(kind: type[OwnedRow]) -> Select[Any]:
    """Built once: almost every call asks it."""
    return select(kind).where(
        kind.id == bindparam("identity"), kind.owner_id == bindparam("owner_id")
    )


def no_such(kind: type[OwnedRow], identity: str) -> StageError:
    """The answer for what is not there, or not for this caller."""
    return StageError("not_found", f"There is no {kind.noun} {identity!r}.")
