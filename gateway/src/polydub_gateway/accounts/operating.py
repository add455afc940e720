"""What an operator does for one user at the machine. The user's organisations have it in their
records, as nobody's deed."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.people import email_key, user_of_email
from polydub_gateway.accounts.sessions import end_sessions
from polydub_gateway.accounts.throttle import Subject
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AttemptRow, MembershipRow, UserRow


async def set_password(
    database: Database, passwords: Passwords, *, email: str, password: str
) -> None:
    """Gives a user another password; what they may do stays. All their sessions end, and nobody
    has to wait for failures of before.

    Raises:
        StageError: ``not_found``; ``invalid_request`` for a password that can't be used.
    """
    hashed = await passwords.hash(password)
    async with database.session() as session:
        user = await _user(session, email)
        user.password_hash = hashed
        await end_sessions(session, user.id)
        failures = AttemptRow.subject == Subject.account(user.email_key).key
        await session.execute(delete(AttemptRow).where(failures))
        await _record(session, user, "password_changed")


async def deactivate(database: Database, *, email: str) -> None:
    """Shuts a user out everywhere, until :func:`activate`; their sessions end.

    Raises:
        StageError: ``not_found``.
    """
    await _set_active(database, email, active=False)


async def activate(database: Database, *, email: str) -> None:
    """Lets a user in again, as what they were. They have to sign in anew.

    Raises:
        StageError: ``not_found``.
    """
    await _set_active(database, email, active=True)


async def _set_active(database: Database, email: str, *, active: bool) -> None:
    async with database.session() as session:
        user = await _user(session, email)
        user.active = active
        await end_sessions(session, user.id)  # none of before comes to life again
        await _record(session, user, "activated" if active else "deactivated")


async def _user(session: AsyncSession, email: str) -> UserRow:
    user = await user_of_email(session, email_key(email))
    if user is None:
        raise StageError("not_found", "There is no such user.", hint="Check the e-mail address.")
    return user


async def _record(session: AsyncSession, user: UserRow, action: str) -> None:
    homes = select(MembershipRow.organisation_id).where(MembershipRow.user_id == user.id)
    for organisation_id in list(await session.scalars(homes)):
        session.add(entry(Actor(organisation_id=organisation_id), action, user.id))
