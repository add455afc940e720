"""Who asks, and who else is in the organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tokens:
    """What a person has who signed in."""

    access_token: str = field(default="", repr=False)
    expires_in: int = 0
    """Seconds, from when they were given."""
    refresh_token: str = field(default="", repr=False)
    """Good once: what it is changed for comes with another one."""
    refresh_expires_in: int = 0
    organisation_id: str = ""


@dataclass(frozen=True)
class SignInWays:
    """How people sign in to a deployment."""

    accounts: bool = False
    """Without accounts, nobody needs to."""
    password: bool = False
    oidc: bool = False


@dataclass(frozen=True)
class Place:
    """An organisation, and what someone may do in it."""

    id: str = ""
    name: str = ""
    role: str = ""
    """viewer, editor or admin."""


@dataclass(frozen=True)
class Me:
    """Who asks."""

    user_id: str = ""
    email: str = ""
    organisation_id: str = ""
    role: str = ""
    key_id: str = ""
    """Of the API key that was shown; empty for a person who signed in."""
    read_only: bool = False
    organisations: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Member:
    """A member of the organisation."""

    user_id: str = ""
    email: str = ""
    role: str = ""
    since: str = ""


@dataclass(frozen=True)
class Invitation:
    """An open invitation."""

    id: str = ""
    email: str = ""
    role: str = ""
    expires_at: str = ""
    token: str = field(default="", repr=False)
    """Told only when it is made: hand it to them."""


@dataclass(frozen=True)
class ApiKey:
    """A key for a program."""

    id: str = ""
    name: str = ""
    scope: str = ""
    """``read`` looks and changes nothing; ``all`` does what its maker may do."""
    user_id: str = ""
    created_at: str = ""
    expires_at: str = ""
    last_used_at: str = ""
    key: str = field(default="", repr=False)
    """Its text; told only when it is made."""


@dataclass(frozen=True)
class AuditEntry:
    """Who did what, on what, when, and from where."""

    id: str = ""
    at: str = ""
    action: str = ""
    user_id: str = ""
    key_id: str = ""
    target: str = ""
    address: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditPage:
    """Some of the record, newest first."""

    entries: tuple[AuditEntry, ...] = ()
    next_cursor: str = ""
