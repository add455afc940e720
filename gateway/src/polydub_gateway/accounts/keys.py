"""API keys: for programs that act for the user who made them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.secrets import ShownKey, digest_of
from polydub_gateway.accounts.standing import Standings
from polydub_gateway.db import Database, is_id
from polydub_gateway.db.accounts import ApiKeyRow
from polydub_gateway.identity import Caller

MAX_KEYS = 200
"""Of one organisation, that hold."""


class ApiKeys:
    """Makes, shows and revokes keys."""

    def __init__(self, database: Database, standings: Standings) -> None:
        self._database = database
        self._standings = standings

    async def create(
        self, caller: Caller, name: str, scope: str, expires_at_ms: int | None, address: str
    ) -> tuple[ApiKeyRow, str]:
        """A key and its text, which is told only now.

        Raises:
            StageError: ``invalid_request`` when it would have run out already; ``conflict`` when
                there are too many.
        """
        if expires_at_ms is not None and expires_at_ms <= now_ms():
            raise StageError("invalid_request", "The key would have run out already.")
        shown = ShownKey.new()
        row = ApiKeyRow(
            id=shown.id,
            organisation_id=caller.organisation_id,
            user_id=caller.user_id,
            name=name,
            scope=scope,
            digest=digest_of(shown.text),
            created_at_ms=now_ms(),
            expires_at_ms=expires_at_ms,
        )
        async with self._database.session() as session:
            held = await session.scalar(
                select(func.count()).where(
                    ApiKeyRow.organisation_id == caller.organisation_id,
                    ApiKeyRow.revoked_at_ms.is_(None),
                )
            )
            if (held or 0) >= MAX_KEYS:
                raise StageError(
                    "conflict", f"There are {MAX_KEYS} keys.", hint="Revoke some first."
                )
            session.add(row)
            session.add(entry(Actor.of(caller, address), "key_created", row.id, scope=scope))
        return row, shown.text

    async def list(self, organisation_id: str) -> Sequence[ApiKeyRow]:
        """All keys that were not revoked, newest first."""
        query = (
            select(ApiKeyRow)
            .where(ApiKeyRow.organisation_id == organisation_id, ApiKeyRow.revoked_at_ms.is_(None))
            .order_by(ApiKeyRow.created_at_ms.desc(), ApiKeyRow.id)
        )
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def revoke(self, caller: Caller, key_id: str, address: str) -> None:
        """Ends a key.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await session.get(ApiKeyRow, key_id) if is_id(key_id) else None
            if (
                row is None
                or row.organisation_id != caller.organisation_id
                or row.revoked_at_ms is not None
            ):
                raise StageError("not_found", f"There is no key {key_id!r}.")
            row.revoked_at_ms = now_ms()
            session.add(entry(Actor.of(caller, address), "key_revoked", row.id))
        self._standings.forget()
