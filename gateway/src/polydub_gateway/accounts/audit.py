"""The record of who did what, on what, when, and from which address. Never of secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_

from polydub.events import now_ms
from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.identity import Caller, new_id

_MAX_TARGET = 80


@dataclass(frozen=True)
class Actor:
    """Who does something, where, and from which address."""

    address: str = ""
    organisation_id: str | None = None
    user_id: str = ""
    key_id: str = ""

    @classmethod
    def of(cls, caller: Caller, address: str) -> Actor:
        return cls(address, caller.organisation_id, caller.user_id, caller.key_id)


def entry(
    actor: Actor, action: str, target: str = "", **details: str | int | bool | None
) -> AuditRow:
    """A line of the record, to be added in the transaction that does what it tells of."""
    return AuditRow(
        id=new_id("aud"),
        organisation_id=actor.organisation_id,
        at_ms=now_ms(),
        action=action,
        user_id=actor.user_id,
        key_id=actor.key_id,
        target=target[:_MAX_TARGET],
        address=actor.address,
        details=details,
    )


@dataclass(frozen=True)
class Entries:
    """Some lines, newest first, and where the next page starts."""

    rows: Sequence[AuditRow]
    next_cursor: str | None


class Audit:
    """Reads the record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, organisation_id: str, *, limit: int, cursor: str | None) -> Entries:
        """A page of an organisation's record.

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        query = (
            select(AuditRow)
            .where(AuditRow.organisation_id == organisation_id)
            .order_by(AuditRow.at_ms.desc(), AuditRow.id.desc())
        )
        if cursor:
            query = query.where(tuple_(AuditRow.at_ms, AuditRow.id) < from_cursor(cursor))
        async with self._database.session() as session:
            rows = list(await session.scalars(query.limit(limit + 1)))
        shown = rows[:limit]
        more = len(rows) > limit
        return Entries(shown, to_cursor(shown[-1].at_ms, shown[-1].id) if more else None)
