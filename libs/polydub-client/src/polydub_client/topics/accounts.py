"""Signing in and out, and who is in the organisation."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

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
from polydub_client.transport import Transport


class Account:
    """Who asks. The tokens lie where the client's ``session`` keeps them, and are renewed."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._session = transport.connection.session

    def ways(self) -> SignInWays:
        """How people sign in here."""
        return self._transport.send(calls.ways())

    def login(self, email: str, password: str, *, organisation_id: str = "") -> None:
        """Signs in; without an organisation, in the one that they have been in for longest."""
        tokens = self._transport.once(calls.login(email, password, organisation_id))
        self._keep(tokens)

    def accept_invitation(self, token: str, password: str) -> None:
        """Becomes a member by an invitation, and signs in."""
        self._keep(self._transport.once(calls.accept_invitation(token, password)))

    def switch(self, organisation_id: str) -> None:
        """Goes on in another organisation of the same user."""
        self._keep(self._transport.once(calls.switch(organisation_id)))

    def logout(self) -> None:
        """Ends the session, here and on the server; without one it does nothing."""
        session = self._session.read()
        if session is None:
            return
        with suppress(PolydubError):  # one that has ended there is what was asked for
            self._transport.send(calls.logout(session.refresh_token))
        self._write(None)

    def me(self) -> Me:
        """Who asks, and what they may do where."""
        return self._transport.send(calls.me())

    def change_password(self, current: str, new: str) -> None:
        """Replaces the password; all other sessions end."""
        self._transport.once(calls.change_password(current, new))

    def _keep(self, tokens: Tokens) -> None:
        self._write(SignedIn.of(tokens))

    def _write(self, session: SignedIn | None) -> None:
        with held(self._session.lock()):
            self._session.write(session)


class Organisation:
    """Who is in the organisation; most of it is for its admins."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def members(self) -> tuple[Member, ...]:
        return self._transport.send(calls.list_members())

    def change_role(self, user_id: str, role: str) -> Member:
        """Gives a member another role: viewer, editor or admin. The last admin stays one."""
        return self._transport.send(calls.change_role(user_id, role))

    def remove_member(self, user_id: str) -> None:
        """Takes a member out, and their keys."""
        self._transport.send(calls.remove_member(user_id))

    def invitations(self) -> tuple[Invitation, ...]:
        """The open ones."""
        return self._transport.send(calls.list_invitations())

    def invite(self, email: str, *, role: str = "viewer") -> Invitation:
        """Invites someone; its token is told this once: hand it to them."""
        return self._transport.send(calls.invite(email, role))

    def withdraw_invitation(self, invitation_id: str) -> None:
        self._transport.send(calls.withdraw_invitation(invitation_id))

    def keys(self) -> tuple[ApiKey, ...]:
        return self._transport.send(calls.list_keys())

    def create_key(
        self, name: str, *, scope: str = "read", expires_at: datetime | None = None
    ) -> ApiKey:
        """Makes an API key; its text is told this once."""
        until = expires_at.isoformat() if expires_at else None
        return self._transport.send(calls.create_key(name, scope, until))

    def revoke_key(self, key_id: str) -> None:
        """Ends a key at once."""
        self._transport.send(calls.revoke_key(key_id))

    def limits(self) -> OrganisationLimits:
        """What the organisation may use and how fast it may call, whoever set it."""
        return self._transport.send(calls.get_limits())

    def set_limits(self, own: OwnLimits) -> OrganisationLimits:
        """Sets the organisation's own limits as a whole; what they all are then."""
        return self._transport.send(calls.set_limits(own))

    def audit(self, *, limit: int = 50, cursor: str = "") -> AuditPage:
        """Who did what, newest first."""
        return self._transport.send(calls.audit(limit, cursor))
