"""An organisation's own row: its changes one after the other, and the feed that tells of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.events import now_ms
from polydub_gateway.db.delivery import ChangeRow, CountRow
from polydub_gateway.db.models import Base


def upsert(session: AsyncSession, table: type[Base]) -> PostgresqlInsert | SqliteInsert:
    """An insert that knows ``on_conflict_...``, whichever database it is."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


async def lock(session: AsyncSession, owner_id: str) -> None:
    """Waits until no other transaction holds the organisation's row, and holds it to the end.

    What is counted after this and written in the same transaction can't be outdone meanwhile.
    """
    await _advanced(session, owner_id, 0)


async def tell(session: AsyncSession, owner_id: str, payload: dict[str, Any]) -> None:
    """Adds a change to the organisation's feed.

    Sequences have no gaps and become visible in their order, because each writer holds the
    organisation's row until it commits.
    """
    sequence = await _advanced(session, owner_id, 1)
    session.add(ChangeRow(owner_id=owner_id, sequence=sequence, payload=payload, at_ms=now_ms()))


async def _advanced(session: AsyncSession, owner_id: str, by: int) -> int:
    known = (
        update(CountRow)
        .where(CountRow.owner_id == owner_id)
        .values(changes=CountRow.changes + by)
        .returning(CountRow.changes)
        .execution_options(synchronize_session=False)
    )
    found = await session.scalar(known)
    if found is None:
        fresh = upsert(session, CountRow).values(owner_id=owner_id, changes=0)
        await session.execute(fresh.on_conflict_do_nothing())
        found = await session.scalar(known)
    assert found is not None
    return int(found)
