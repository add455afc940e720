"""Sessions: what a person has who signed in. Their refresh tokens rotate."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.secrets import digest_of, new_secret
from polydub_gateway.accounts.settings import AccountSettings
from polydub_gateway.accounts.signing import AccessTokens, Claims
from polydub_gateway.accounts.standing import Standings
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import (
    MembershipRow,
    RefreshTokenRow,
    SessionRow,
    TicketRow,
    UserRow,
)
from polydub_gateway.identity import Caller, new_id

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Tokens:
    """What a person gets who signs in."""

    access: str
    access_lasts_s: int
    refresh: str
    refresh_lasts_s: int
    organisation_id: str


class Sessions:
    """Begins, continues and ends sessions."""

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        standings: Standings,
        settings: AccountSettings,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._standings = standings
        self._settings = settings

    async def begin(
        self, user_id: str, address: str, *, how: str, organisation_id: str = ""
    ) -> Tokens:
        """Signs a user in, whose identity was checked.

        Args:
            how: what it was checked by, for the record.
            organisation_id: empty: the one that they have been a member of for longest.

        Raises:
            StageError: ``forbidden`` when they are no member there.
        """
        async with self._database.session() as session:
            chosen = await membership(session, user_id, organisation_id)
            if chosen is None:
                raise StageError("forbidden", "You are no member of this organisation.")
            await _sweep(session, user_id)
            row = SessionRow(
                id=new_id("ses"),
                user_id=user_id,
                organisation_id=chosen.organisation_id,
                created_at_ms=now_ms(),
                expires_at_ms=self._expiry(),
            )
            session.add(row)
            await session.flush()
            refresh = self._add_refresh(session, row)
            actor = Actor(address, row.organisation_id, user_id)
            session.add(entry(actor, "signed_in", row.id, how=how))
        return await self._issued(row, refresh)

    async def refresh(self, token: str, address: str) -> Tokens:
        """New tokens for a refresh token, which is spent by it.

        One that was spent just now is taken again, as two tabs of a page may show it at once; its
        session goes on with as many tokens. One that was spent before that is in two hands: the
        session ends for both (RFC 9700, 4.14.2).

        Raises:
            StageError: ``unauthenticated``.
        """
        digest = digest_of(token)
        async with self._database.session() as session:
            row, fresh = None, ""
            if await _spend(session, digest) or await self._just_spent(session, digest):
                if row := await self._continued(session, digest):
                    fresh = self._add_refresh(session, row)
            else:
                await _end_family(session, digest, address)
        if row is None:
            self._standings.forget()
            raise StageError("unauthenticated", "The session has ended.")
        return await self._issued(row, fresh)

    async def switch(self, caller: Caller, organisation_id: str, address: str) -> Tokens:
        """The same session in another organisation of the user.

        Raises:
            StageError: ``not_found`` when they are no member of it.
        """
        async with self._database.session() as session:
            row = await session.get(SessionRow, caller.session_id)
            if row is None or await membership(session, caller.user_id, organisation_id) is None:
                raise StageError("not_found", f"There is no organisation {organisation_id!r}.")
            row.organisation_id = organisation_id
            row.expires_at_ms = self._expiry()
            await _spend_all(session, row.id)
            refresh = self._add_refresh(session, row)
            session.add(entry(Actor(address, organisation_id, row.user_id), "switched", row.id))
        return await self._issued(row, refresh)

    async def end(self, session_id: str, address: str) -> None:
        """Signs out: none of the session's tokens holds any longer."""
        async with self._database.session() as session:
            row = await session.get(SessionRow, session_id)
            if row is not None and row.revoked_at_ms is None:
                row.revoked_at_ms = now_ms()
                actor = Actor(address, row.organisation_id, row.user_id)
                session.add(entry(actor, "signed_out", row.id))
        self._standings.forget()

    async def of_refresh_token(self, token: str) -> str | None:
        """The session that a refresh token belongs to."""
        async with self._database.session() as session:
            row = await session.get(RefreshTokenRow, digest_of(token))
        return None if row is None else row.session_id

    async def end_others(self, caller: Caller) -> None:
        """Ends all other sessions of a user."""
        async with self._database.session() as session:
            await end_sessions(session, caller.user_id, but=caller.session_id)
        self._standings.forget()

    async def ticket(self, caller: Caller) -> tuple[str, int]:
        """A ticket that stands once for a caller's headers, and how many seconds it holds."""
        text = new_secret("pdt")
        lasts_s = self._settings.ticket_s
        async with self._database.session() as session:
            await session.execute(delete(TicketRow).where(TicketRow.expires_at_ms < now_ms()))
            session.add(
                TicketRow(
                    digest=digest_of(text),
                    organisation_id=caller.organisation_id,
                    session_id=caller.session_id,
                    key_id=caller.key_id,
                    expires_at_ms=now_ms() + lasts_s * 1000,
                )
            )
        return text, lasts_s

    async def use_ticket(self, text: str) -> TicketRow | None:
        """What a ticket stands for; it is used up by that."""
        async with self._database.session() as session:
            found = await session.scalars(
                delete(TicketRow)
                .where(TicketRow.digest == digest_of(text), TicketRow.expires_at_ms > now_ms())
                .returning(TicketRow)
            )
            return found.one_or_none()

    async def _just_spent(self, session: AsyncSession, digest: str) -> bool:
        token = await session.get(RefreshTokenRow, digest)
        since_ms = now_ms() - self._settings.refresh_grace_s * 1000
        return token is not None and (token.spent_at_ms or 0) > since_ms

    async def _continued(self, session: AsyncSession, digest: str) -> SessionRow | None:
        """The session of a token just spent, if it and its user are still good."""
        token = await session.get(RefreshTokenRow, digest)
        row = await session.get(SessionRow, token.session_id) if token else None
        if token is None or row is None or row.revoked_at_ms is not None:
            return None
        user = await session.get(UserRow, row.user_id)
        if token.expires_at_ms <= now_ms() or user is None or not user.active:
            return None
        here = await membership(session, row.user_id, row.organisation_id)
        anywhere = here or await membership(session, row.user_id)
        if anywhere is None:
            return None
        row.organisation_id = anywhere.organisation_id
        row.expires_at_ms = self._expiry()
        return row

    def _expiry(self) -> int:
        return now_ms() + self._settings.refresh_token_s * 1000

    def _add_refresh(self, session: AsyncSession, row: SessionRow) -> str:
        text = new_secret("pdr")
        session.add(
            RefreshTokenRow(
                digest=digest_of(text), session_id=row.id, expires_at_ms=row.expires_at_ms
            )
        )
        return text

    async def _issued(self, row: SessionRow, refresh: str) -> Tokens:
        access = await self._tokens.issue(Claims(row.user_id, row.organisation_id, row.id))
        return Tokens(
            access=access,
            access_lasts_s=self._tokens.lasts_s,
            refresh=refresh,
            refresh_lasts_s=self._settings.refresh_token_s,
            organisation_id=row.organisation_id,
        )


async def membership(
    session: AsyncSession, user_id: str, organisation_id: str = ""
) -> MembershipRow | None:
    """A user's membership in an organisation, or their oldest one."""
    query = select(MembershipRow).where(MembershipRow.user_id == user_id)
    if organisation_id:
        query = query.where(MembershipRow.organisation_id == organisation_id)
    oldest_first = (MembershipRow.created_at_ms, MembershipRow.organisation_id)
    found: MembershipRow | None = await session.scalar(query.order_by(*oldest_first).limit(1))
    return found


async def end_sessions(session: AsyncSession, user_id: str, *, but: str = "") -> None:
    """Ends all sessions of a user, but for one where that is said."""
    theirs = (SessionRow.user_id == user_id) & (SessionRow.id != but)
    going_on = SessionRow.revoked_at_ms.is_(None)
    await session.execute(update(SessionRow).where(theirs, going_on).values(revoked_at_ms=now_ms()))


async def _spend(session: AsyncSession, digest: str) -> bool:
    """Whether the token was there and unspent; of several at once, only one is told so."""
    spent = await session.execute(
        update(RefreshTokenRow)
        .where(RefreshTokenRow.digest == digest, RefreshTokenRow.spent_at_ms.is_(None))
        .values(spent_at_ms=now_ms())
        .returning(RefreshTokenRow.digest)
    )
    return spent.first() is not None


async def _spend_all(session: AsyncSession, session_id: str) -> None:
    await session.execute(
        update(RefreshTokenRow)
        .where(RefreshTokenRow.session_id == session_id, RefreshTokenRow.spent_at_ms.is_(None))
        .values(spent_at_ms=now_ms())
    )


async def _end_family(session: AsyncSession, digest: str, address: str) -> None:
    token = await session.get(RefreshTokenRow, digest)
    row = await session.get(SessionRow, token.session_id) if token else None
    if row is None or row.revoked_at_ms is not None:
        return
    row.revoked_at_ms = now_ms()
    session.add(entry(Actor(address, row.organisation_id, row.user_id), "token_reused", row.id))
    log.warning("a spent refresh token was shown: its session ends", session_id=row.id)


async def _sweep(session: AsyncSession, user_id: str) -> None:
    """Forgets a user's sessions that have run out, with their tokens."""
    await session.execute(
        delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.expires_at_ms < now_ms())
    )
