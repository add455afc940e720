"""Which user someone is whom another provider knows."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.members import new_membership, take
from polydub_gateway.accounts.oidc import Identity
from polydub_gateway.accounts.people import email_key, new_user, user_of_email
from polydub_gateway.accounts.settings import OidcSettings
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import IdentityRow, InvitationRow, OrganisationRow, UserRow


class Linking:
    """Finds, links or makes the user behind a provider's identity.

    A user who came so before is known by the provider's own id of them. Anyone else is known only
    by an e-mail address of which the provider says that it is verified: else whoever types another
    person's address there would be that person here.
    """

    def __init__(self, database: Database, settings: OidcSettings) -> None:
        self._database = database
        self._settings = settings

    async def user_of(self, identity: Identity, address: str) -> str:
        """The id of the user.

        Raises:
            StageError: ``forbidden`` when they are neither known, nor invited, nor of an e-mail
                domain that may come in.
        """
        try:
            return await self._find(identity, address)
        except IntegrityError:  # they came twice at once: now they are known
            return await self._find(identity, address)

    async def _find(self, identity: Identity, address: str) -> str:
        async with self._database.session() as session:
            user = await self._linked(session, identity)
            if user is None:
                user = await self._linked_now(session, identity, address)
            if not user.active:
                raise _not_let_in()
            if identity.email_verified:
                await _accept_invitations(session, user, identity, address)
        return user.id

    async def _linked(self, session: AsyncSession, identity: Identity) -> UserRow | None:
        known = await session.get(IdentityRow, (identity.issuer, identity.subject))
        return None if known is None else await session.get(UserRow, known.user_id)

    async def _linked_now(self, session: AsyncSession, identity: Identity, address: str) -> UserRow:
        if not identity.email_verified:
            raise StageError(
                "forbidden",
                "The provider has not verified this e-mail address.",
                hint="Verify it there, and sign in again.",
            )
        key = email_key(identity.email)
        user = await user_of_email(session, key)
        if user is None:
            user = await self._let_in(session, identity, key)
        session.add(
            IdentityRow(
                issuer=identity.issuer,
                subject=identity.subject,
                user_id=user.id,
                created_at_ms=now_ms(),
            )
        )
        actor = Actor(address, None, user.id)
        session.add(entry(actor, "identity_linked", user.id, issuer=identity.issuer))
        await session.flush()
        return user

    async def _let_in(self, session: AsyncSession, identity: Identity, key: str) -> UserRow:
        user = new_user(identity.email, None)
        if key.rpartition("@")[2] in self._settings.domains:
            home = await session.get(OrganisationRow, self._settings.organisation_id)
            if home is None:
                raise _not_let_in()
            session.add(user)
            await session.flush()
            session.add(new_membership(user.id, home.id, self._settings.default_role))
        elif await session.scalar(_open_invitations(key).limit(1)) is not None:
            session.add(user)
            await session.flush()
        else:
            raise _not_let_in()
        return user


async def _accept_invitations(
    session: AsyncSession, user: UserRow, identity: Identity, address: str
) -> None:
    """A verified address proves as much as an invitation's token that was sent there."""
    if identity.email.strip().lower() != user.email_key:
        return
    for invitation in list(await session.scalars(_open_invitations(user.email_key))):
        await take(session, invitation, user.id, address)


def _open_invitations(key: str):  # type: ignore[no-untyped-def]
    return select(InvitationRow).where(
        InvitationRow.email_key == key, InvitationRow.expires_at_ms > now_ms()
    )


def _not_let_in() -> StageError:
    return StageError("forbidden", "You have no account here.", hint="Ask an admin to invite you.")
