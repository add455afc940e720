"""Users, and how they prove with a password that they are who they say."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.sessions import Sessions, Tokens, membership
from polydub_gateway.accounts.throttle import Subject, Throttle
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import UserRow
from polydub_gateway.identity import Caller, new_id

MAX_EMAIL_CHARACTERS = 254
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")
"""Anything with one @: only a mail server can say more."""


def email_key(email: str) -> str:
    """How addresses are compared: in one case.

    Raises:
        StageError: ``invalid_request`` for what is no address.
    """
    found = email.strip()
    if len(found) > MAX_EMAIL_CHARACTERS or not _EMAIL.fullmatch(found):
        raise StageError("invalid_request", "This is no e-mail address.")
    return found.lower()


def new_user(email: str, password_hash: str | None) -> UserRow:
    return UserRow(
        id=new_id("usr"),
        email=email.strip(),
        email_key=email_key(email),
        password_hash=password_hash,
        active=True,
        created_at_ms=now_ms(),
    )


async def user_of_email(session: AsyncSession, key: str) -> UserRow | None:
    found: UserRow | None = await session.scalar(select(UserRow).where(UserRow.email_key == key))
    return found


class People:
    """Signs people in by their passwords, and changes those."""

    def __init__(
        self, database: Database, passwords: Passwords, throttle: Throttle, sessions: Sessions
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._throttle = throttle
        self._sessions = sessions

    async def sign_in(
        self, email: str, password: str, address: str, *, organisation_id: str = ""
    ) -> Tokens:
        """Tokens for an e-mail address and its password.

        Raises:
            StageError: ``unauthenticated``, in the same words and after the same work whether
                there is such an account or not; ``forbidden`` for who is no member there.
            RateLimited: after too many failures.
        """
        user = await self.prove(email_key(email), password, address)
        return await self._sessions.begin(
            user.id, address, how="password", organisation_id=organisation_id
        )

    async def prove(self, key: str, password: str, address: str) -> UserRow:
        """The user of an e-mail address whose password this is.

        Raises:
            StageError: ``unauthenticated``.
            RateLimited: after too many failures.
        """
        by_address, by_account = Subject.address(address), Subject.account(key)
        await self._throttle.enter(by_address, by_account)
        async with self._database.session() as session:
            user = await user_of_email(session, key)
        verdict = await self._passwords.check(user.password_hash if user else None, password)
        if user is None or not verdict.fits or not user.active:
            await self._note_failure(user, address)
            raise StageError(
                "unauthenticated",
                "The e-mail address or the password is wrong.",
                hint="Check both. Who runs this deployment can set a new password for you.",
            )
        await self._throttle.succeed(by_account, by_address)
        if verdict.rehashed:
            await self._keep(user.id, verdict.rehashed)
        return user

    async def change_password(self, caller: Caller, current: str, new: str, address: str) -> None:
        """Replaces a user's password; all their other sessions end.

        Raises:
            StageError: ``forbidden`` when the current one is wrong, ``invalid_request``.
            RateLimited: after too many failures.
        """
        async with self._database.session() as session:
            user = await session.get_one(UserRow, caller.user_id)
        try:
            await self.prove(user.email_key, current, address)
        except StageError as error:
            if error.code != "unauthenticated":
                raise
            raise StageError(
                "forbidden", "The current password is wrong.", hint="Check it."
            ) from error
        hashed = await self._passwords.hash(new)
        async with self._database.session() as session:
            (await session.get_one(UserRow, caller.user_id)).password_hash = hashed
            session.add(entry(Actor.of(caller, address), "password_changed", caller.user_id))
        await self._sessions.end_others(caller)

    async def _keep(self, user_id: str, password_hash: str) -> None:
        async with self._database.session() as session:
            (await session.get_one(UserRow, user_id)).password_hash = password_hash

    async def _note_failure(self, user: UserRow | None, address: str) -> None:
        async with self._database.session() as session:
            found = await membership(session, user.id if user else "")
            actor = Actor(address, found.organisation_id if found else None)
            session.add(entry(actor, "sign_in_failed", user.id if user else ""))
