"""The members of an organisation, and those who are invited to become some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.people import People, email_key, new_user, user_of_email
from polydub_gateway.accounts.secrets import digest_of, new_secret
from polydub_gateway.accounts.sessions import membership
from polydub_gateway.accounts.standing import Standings
from polydub_gateway.db import Database, is_id
from polydub_gateway.db.accounts import (
    ApiKeyRow,
    InvitationRow,
    MembershipRow,
    OrganisationRow,
    UserRow,
)
from polydub_gateway.identity import Caller, Role, new_id

MAX_INVITATIONS = 1000
"""Open ones of one organisation."""


@dataclass(frozen=True)
class Member:
    """A member of an organisation."""

    user_id: str
    email: str
    role: Role
    since_ms: int


@dataclass(frozen=True)
class Place:
    """An organisation and what a user may do in it."""

    organisation_id: str
    name: str
    role: Role


class Members:
    """Looks at members and changes them."""

    def __init__(self, database: Database, standings: Standings) -> None:
        self._database = database
        self._standings = standings

    async def list(self, organisation_id: str) -> Sequence[Member]:
        """All members, those of longest standing first."""
        query = (
            select(UserRow.id, UserRow.email, MembershipRow.role, MembershipRow.created_at_ms)
            .join(MembershipRow, MembershipRow.user_id == UserRow.id)
            .where(MembershipRow.organisation_id == organisation_id)
            .order_by(MembershipRow.created_at_ms, UserRow.id)
        )
        async with self._database.session() as session:
            rows = (await session.execute(query)).all()
        return [Member(row[0], row[1], Role[row[2].upper()], row[3]) for row in rows]

    async def places(self, user_id: str) -> Sequence[Place]:
        """The organisations of a user."""
        query = (
            select(OrganisationRow.id, OrganisationRow.name, MembershipRow.role)
            .join(MembershipRow, MembershipRow.organisation_id == OrganisationRow.id)
            .where(MembershipRow.user_id == user_id)
            .order_by(MembershipRow.created_at_ms, OrganisationRow.id)
        )
        async with self._database.session() as session:
            rows = (await session.execute(query)).all()
        return [Place(row[0], row[1], Role[row[2].upper()]) for row in rows]

    async def email_of(self, user_id: str) -> str:
        async with self._database.session() as session:
            return (await session.get_one(UserRow, user_id)).email

    async def change_role(self, caller: Caller, user_id: str, role: Role, address: str) -> Member:
        """Gives a member another role.

        Raises:
            StageError: ``not_found``; ``conflict`` where nobody would be admin any more.
        """
        async with self._database.session() as session:
            row = await _locked(session, caller.organisation_id, user_id)
            before, row.role = row.role, role.word
            await _check_an_admin_stays(session, caller.organisation_id)
            user = await session.get_one(UserRow, user_id)
            actor = Actor.of(caller, address)
            session.add(entry(actor, "role_changed", user_id, before=before, after=role.word))
        self._standings.forget()
        return Member(user_id, user.email, role, row.created_at_ms)

    async def remove(self, caller: Caller, user_id: str, address: str) -> None:
        """Takes a member out. Their keys for this organisation go with them.

        Raises:
            StageError: ``not_found``; ``conflict`` where nobody would be admin any more.
        """
        async with self._database.session() as session:
            row = await _locked(session, caller.organisation_id, user_id)
            await session.delete(row)
            await session.flush()
            await _check_an_admin_stays(session, caller.organisation_id)
            await session.execute(
                update(ApiKeyRow)
                .where(
                    ApiKeyRow.user_id == user_id,
                    ApiKeyRow.organisation_id == caller.organisation_id,
                    ApiKeyRow.revoked_at_ms.is_(None),
                )
                .values(revoked_at_ms=now_ms())
            )
            session.add(entry(Actor.of(caller, address), "member_removed", user_id))
        self._standings.forget()


class Invitations:
    """Makes people members by one-time tokens that someone hands to them."""

    def __init__(
        self, database: Database, passwords: Passwords, people: People, *, lasts_s: int
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._people = people
        self._lasts_s = lasts_s

    async def create(
        self, caller: Caller, email: str, role: Role, address: str
    ) -> tuple[InvitationRow, str]:
        """An invitation and its token, which is told only now. It replaces an earlier one.

        Raises:
            StageError: ``invalid_request``; ``conflict`` for members.
        """
        key, token = email_key(email), new_secret("pdi")
        row = InvitationRow(
            id=new_id("inv"),
            organisation_id=caller.organisation_id,
            email=email.strip(),
            email_key=key,
            role=role.word,
            digest=digest_of(token),
            invited_by=caller.user_id,
            created_at_ms=now_ms(),
            expires_at_ms=now_ms() + self._lasts_s * 1000,
        )
        async with self._database.session() as session:
            user = await user_of_email(session, key)
            if user and await membership(session, user.id, caller.organisation_id):
                raise StageError(
                    "conflict",
                    "They are a member already.",
                    hint="Change their role instead. A password that they forgot is set anew by "
                    "who runs this deployment.",
                )
            await _forget_open(session, caller.organisation_id, key)
            await _check_room(session, caller.organisation_id)
            session.add(row)
            actor = Actor.of(caller, address)
            session.add(entry(actor, "invited", row.id, email=row.email, role=row.role))
        return row, token

    async def list(self, organisation_id: str) -> Sequence[InvitationRow]:
        """The open ones, newest first."""
        query = (
            select(InvitationRow)
            .where(
                InvitationRow.organisation_id == organisation_id,
                InvitationRow.expires_at_ms > now_ms(),
            )
            .order_by(InvitationRow.created_at_ms.desc(), InvitationRow.id)
        )
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def withdraw(self, caller: Caller, invitation_id: str, address: str) -> None:
        """Takes an invitation back.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await session.get(InvitationRow, invitation_id) if is_id(invitation_id) else None
            if row is None or row.organisation_id != caller.organisation_id:
                raise StageError("not_found", f"There is no invitation {invitation_id!r}.")
            await session.delete(row)
            session.add(entry(Actor.of(caller, address), "invitation_withdrawn", row.id))

    async def accept(self, token: str, password: str, address: str) -> tuple[str, str]:
        """Makes whoever holds the token a member: their user's id and the organisation's.

        Who has an account shows its password; who has none gets one with this password.

        Raises:
            StageError: ``gone``, ``unauthenticated``, ``invalid_request``.
            RateLimited: after too many wrong passwords.
        """
        async with self._database.session() as session:
            found = await session.scalar(
                select(InvitationRow).where(InvitationRow.digest == digest_of(token))
            )
            if found is None or found.expires_at_ms <= now_ms():
                raise _gone()
            user = await user_of_email(session, found.email_key)
        if user is not None:
            await self._people.prove(found.email_key, password, address)
            hashed = None
        else:
            hashed = await self._passwords.hash(password)
        try:
            async with self._database.session() as session:
                if user is None:
                    user = new_user(found.email, hashed)
                    session.add(user)
                    await session.flush()
                await take(session, found, user.id, address)
        except IntegrityError as error:
            raise StageError(
                "conflict", "Someone accepted it just now.", hint="Sign in instead."
            ) from error
        return user.id, found.organisation_id


async def take(
    session: AsyncSession, invitation: InvitationRow, user_id: str, address: str
) -> None:
    """Turns an invitation into a membership.

    Raises:
        StageError: ``gone`` when it was taken or withdrawn meanwhile.
    """
    used = await session.execute(
        delete(InvitationRow)
        .where(InvitationRow.id == invitation.id, InvitationRow.expires_at_ms > now_ms())
        .returning(InvitationRow.id)
    )
    if used.first() is None:
        raise _gone()
    if await membership(session, user_id, invitation.organisation_id) is None:
        session.add(new_membership(user_id, invitation.organisation_id, invitation.role))
    actor = Actor(address, invitation.organisation_id, user_id)
    session.add(entry(actor, "invitation_accepted", invitation.id, role=invitation.role))


def new_membership(user_id: str, organisation_id: str, role: str) -> MembershipRow:
    return MembershipRow(
        user_id=user_id, organisation_id=organisation_id, role=role, created_at_ms=now_ms()
    )


async def _locked(session: AsyncSession, organisation_id: str, user_id: str) -> MembershipRow:
    """A membership, while nobody else changes one of the organisation."""
    await session.execute(
        update(OrganisationRow)
        .where(OrganisationRow.id == organisation_id)
        .values(changes=OrganisationRow.changes + 1)
    )
    member = (user_id, organisation_id)
    row = await session.get(MembershipRow, member) if is_id(user_id) else None
    if row is None:
        raise StageError("not_found", f"There is no member {user_id!r}.")
    return row


async def _check_an_admin_stays(session: AsyncSession, organisation_id: str) -> None:
    await session.flush()
    admins = await session.scalar(
        select(func.count())
        .select_from(MembershipRow)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(
            MembershipRow.organisation_id == organisation_id,
            MembershipRow.role == Role.ADMIN.word,
            UserRow.active.is_(True),
        )
    )
    if not admins:
        raise StageError(
            "conflict",
            "Nobody would be admin of this organisation any more.",
            hint="Make someone else an admin first.",
        )


async def _forget_open(session: AsyncSession, organisation_id: str, key: str) -> None:
    """Deletes earlier invitations of the same person, and all that have run out."""
    await session.execute(
        delete(InvitationRow).where(
            InvitationRow.organisation_id == organisation_id,
            (InvitationRow.email_key == key) | (InvitationRow.expires_at_ms <= now_ms()),
        )
    )


async def _check_room(session: AsyncSession, organisation_id: str) -> None:
    open_ones = await session.scalar(
        select(func.count()).where(InvitationRow.organisation_id == organisation_id)
    )
    if (open_ones or 0) >= MAX_INVITATIONS:
        raise StageError("conflict", f"There are {MAX_INVITATIONS} open invitations.",
                         hint="Withdraw some first.")  # fmt: skip


def _gone() -> StageError:
    return StageError(
        "gone", "The invitation does not hold, or not any more.", hint="Ask for another one."
    )
