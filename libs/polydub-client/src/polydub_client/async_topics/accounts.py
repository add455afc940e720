"""Signing in and out, and who is in the organisation."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import accounts as calls
from polydub_client.errors import PolydubError
from polydub_client.keeping.locks import held
from polydub_client.keeping.sessions import SignedIn
from polydub_client.models import (
    ApiKey,
    AuditPage,
    Invitation,
    Me,
    Member,
    OrganisationLimits,
    OwnLimits,
    SignInWays,
    Tokens,
)


class AsyncAccount:
    """Who asks. The tokens lie where the client's ``session`` keeps them, and are renewed."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._session = transport.connection.session

    async def ways(self) -> SignInWays:
        """How people sign in here."""
        return await self._transport.send(calls.ways())

    async def login(self, email: str, password: str, *, organisation_id: str = "") -> None:
        """Signs in; without an organisation, in the one that they have been in for longest."""
        tokens = await self._transport.once(calls.login(email, password, organisation_id))
        await self._keep(tokens)

    async def accept_invitation(self, token: str, password: str) -> None:
        """Becomes a member by an invitation, and signs in."""
        await self._keep(await self._transport.once(calls.accept_invitation(token, password)))

    async def switch(self, organisation_id: str) -> None:
        """Goes on in another organisation of the same user."""
        await self._keep(await self._transport.once(calls.switch(organisation_id)))

    async def logout(self) -> None:
        """Ends the session, here and on the server; without one it does nothing."""
        session = self._session.read()
        if session is None:
            return
        with suppress(PolydubError):  # one that has ended there is what was asked for
            await self._transport.send(calls.logout(session.refresh_token))
        await asyncio.to_thread(self._write, None)

    async def me(self) -> Me:
        """Who asks, and what they may do where."""
        return await self._transport.send(calls.me())

    async def change_password(self, current: str, new: str) -> None:
        """Replaces the password; all other sessions end."""
        await self._transport.once(calls.change_password(current, new))

    async def _keep(self, tokens: Tokens) -> None:
        await asyncio.to_thread(self._write, SignedIn.of(tokens))

    def _write(self, session: SignedIn | None) -> None:
        with held(self._session.lock()):
            self._session.write(session)


class AsyncOrganisation:
    """Who is in the organisation; most of it is for its admins."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def members(self) -> tuple[Member, ...]:
        return await self._transport.send(calls.list_members())

    async def change_role(self, user_id: str, role: str) -> Member:
        """Gives a member another role: viewer, editor or admin. The last admin stays one."""
        return await self._transport.send(calls.change_role(user_id, role))

    async def remove_member(self, user_id: str) -> None:
        """Takes a member out, and their keys."""
        await self._transport.send(calls.remove_member(user_id))

    async def invitations(self) -> tuple[Invitation, ...]:
        """The open ones."""
        return await self._transport.send(calls.list_invitations())

    async def invite(self, email: str, *, role: str = "viewer") -> Invitation:
        """Invites someone; its token is told this once: hand it to them."""
        return await self._transport.send(calls.invite(email, role))

    async def withdraw_invitation(self, invitation_id: str) -> None:
        await self._transport.send(calls.withdraw_invitation(invitation_id))

    async def keys(self) -> tuple[ApiKey, ...]:
        return await self._transport.send(calls.list_keys())

    async def create_key(
        self, name: str, *, scope: str = "read", expires_at: datetime | None = None
    ) -> ApiKey:
        """Makes an API key; its text is told this once."""
        until = expires_at.isoformat() if expires_at else None
        return await self._transport.send(calls.create_key(name, scope, until))

    async def revoke_key(self, key_id: str) -> None:
        """Ends a key at once."""
        await self._transport.send(calls.revoke_key(key_id))

    async def limits(self) -> OrganisationLimits:
        """What the organisation may use and how fast it may call, whoever set it."""
        return await self._transport.send(calls.get_limits())

    async def set_limits(self, own: OwnLimits) -> OrganisationLimits:
        """Sets the organisation's own limits as a whole; what they all are then."""
        return await self._transport.send(calls.set_limits(own))

    async def audit(self, *, limit: int = 50, cursor: str = "") -> AuditPage:
        """Who did what, newest first."""
        return await self._transport.send(calls.audit(limit, cursor))
