"""Where a session or a key stands now: whether it holds, and its user's role.

The database is asked, so that who was removed is out at once; for some seconds the answer is kept,
because a page that plays a video or follows a dub makes many requests a second. What this process
changes is forgotten here at once; another replica's changes are seen within those seconds.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from polydub.events import now_ms
from polydub_gateway.db import Database, is_id
from polydub_gateway.db.accounts import ApiKeyRow, MembershipRow, SessionRow, UserRow
from polydub_gateway.identity import Role

_MOST_KEPT = 10_000
_LAST_USED_EVERY_MS = 60_000


@dataclass(frozen=True)
class Standing:
    """A good session or key."""

    user_id: str
    organisation_id: str
    role: Role
    digest: str = ""
    """Of the key."""
    read_only: bool = False
    expires_at_ms: int | None = None


class Standings:
    """Reads standings, and keeps them for a moment.

    Args:
        cached_s: for how long.
    """

    def __init__(self, database: Database, *, cached_s: float) -> None:
        self._database = database
        self._cached_s = cached_s
        self._kept: dict[tuple[str, str], tuple[float, Standing]] = {}
        self._changes = 0

    def forget(self) -> None:
        """Asks anew from now on."""
        self._changes += 1
        self._kept.clear()

    async def of_session(self, session_id: str, organisation_id: str) -> Standing | None:
        """None: it has ended, or its user is no member any more."""
        return await self._of(
            (session_id, organisation_id), lambda: self._session(session_id, organisation_id)
        )

    async def of_key(self, key_id: str) -> Standing | None:
        """None: there is none, it was revoked, or its user is no member any more."""
        return await self._of((key_id, ""), lambda: self._key(key_id)) if is_id(key_id) else None

    async def _of(
        self, key: tuple[str, str], read: Callable[[], Awaitable[Standing | None]]
    ) -> Standing | None:
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() - kept[0] < self._cached_s:
            return kept[1]
        changes, asked_at = self._changes, time.monotonic()
        found = await read()
        if found is None:
            self._kept.pop(key, None)
        elif changes == self._changes:  # else what was read may be older than the change
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (asked_at, found)
        return found

    async def _session(self, session_id: str, organisation_id: str) -> Standing | None:
        query = (
            select(SessionRow.user_id, MembershipRow.role)
            .join(UserRow, UserRow.id == SessionRow.user_id)
            .join(MembershipRow, MembershipRow.user_id == SessionRow.user_id)
            .where(
                SessionRow.id == session_id,
                SessionRow.revoked_at_ms.is_(None),
                SessionRow.expires_at_ms > now_ms(),
                UserRow.active.is_(True),
                MembershipRow.organisation_id == organisation_id,
            )
        )
        async with self._database.session() as session:
            found = (await session.execute(query)).one_or_none()
        return found and Standing(found.user_id, organisation_id, Role[found.role.upper()])

    async def _key(self, key_id: str) -> Standing | None:
        query = (
            select(ApiKeyRow, MembershipRow.role)
            .join(UserRow, UserRow.id == ApiKeyRow.user_id)
            .join(
                MembershipRow,
                (MembershipRow.user_id == ApiKeyRow.user_id)
                & (MembershipRow.organisation_id == ApiKeyRow.organisation_id),
            )
            .where(
                ApiKeyRow.id == key_id, ApiKeyRow.revoked_at_ms.is_(None), UserRow.active.is_(True)
            )
        )
        async with self._database.session() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None
        row, role = found
        return Standing(
            user_id=row.user_id,
            organisation_id=row.organisation_id,
            role=Role[role.upper()],
            digest=row.digest,
            read_only=row.scope == "read",
            expires_at_ms=row.expires_at_ms,
        )

    async def key_used(self, key_id: str) -> None:
        """Notes that a key was used; once a minute is enough."""
        now = now_ms()
        used_before = ApiKeyRow.last_used_at_ms.is_(None) | (
            ApiKeyRow.last_used_at_ms < now - _LAST_USED_EVERY_MS
        )
        async with self._database.session() as session:
            await session.execute(
                update(ApiKeyRow)
                .where(ApiKeyRow.id == key_id, used_before)
                .values(last_used_at_ms=now)
            )
