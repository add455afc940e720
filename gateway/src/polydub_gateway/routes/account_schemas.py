"""The JSON of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from polydub_gateway.accounts.members import Member, Place
from polydub_gateway.accounts.passwords import MAX_CHARACTERS
from polydub_gateway.accounts.people import MAX_EMAIL_CHARACTERS
from polydub_gateway.accounts.sessions import Tokens
from polydub_gateway.db.accounts import ApiKeyRow, AuditRow, InvitationRow
from polydub_gateway.identity import Role
from polydub_gateway.routes.instants import Instant
from polydub_gateway.routes.schemas import moment

RoleWord = Literal["viewer", "editor", "admin"]
Scope = Literal["read", "all"]
_MAX_TOKEN = 200
Email = Annotated[str, Field(min_length=3, max_length=MAX_EMAIL_CHARACTERS)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=MAX_CHARACTERS)]
Token = Annotated[SecretStr, Field(min_length=1, max_length=_MAX_TOKEN)]
Id = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_]*$")]
_IN_A_LINE = r"^[^\x00-\x1f]*$"
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_IN_A_LINE),
]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": example})


class LoginIn(BaseModel):
    """Who signs in."""

    model_config = _example(email="ada@example.com", password="correct horse battery")

    email: Email
    password: Password
    organisation_id: Id = ""
    """Empty: the one that they have been in for longest."""
    cookie: bool = False
    """Whether the tokens come as cookies that scripts can't read, for a page."""


class RefreshIn(BaseModel):
    """A refresh token; without one the cookie's is taken."""

    model_config = _example(refresh_token="pdr_3vQ...")

    refresh_token: Token | None = None


class TokensOut(BaseModel):
    """What a person gets who signs in. With cookies, both tokens are in them and not here."""

    model_config = _example(
        token_type="Bearer",
        access_token="eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9...",
        expires_in=900,
        refresh_token="pdr_3vQ...",
        refresh_expires_in=2592000,
        organisation_id="local",
    )

    token_type: Literal["Bearer"] = "Bearer"
    access_token: str | None
    expires_in: int
    refresh_token: str | None
    refresh_expires_in: int
    organisation_id: str

    @classmethod
    def of(cls, tokens: Tokens, *, in_cookies: bool) -> TokensOut:
        return cls(
            access_token=None if in_cookies else tokens.access,
            expires_in=tokens.access_lasts_s,
            refresh_token=None if in_cookies else tokens.refresh,
            refresh_expires_in=tokens.refresh_lasts_s,
            organisation_id=tokens.organisation_id,
        )


class PasswordIn(BaseModel):
    """Another password."""

    model_config = _example(current="correct horse battery", new="a better one than before")

    current: Password
    new: Password


class SwitchIn(BaseModel):
    """Another organisation of the same user."""

    model_config = _example(organisation_id="org_5b1c0e3f9a7d24c8e610")

    organisation_id: Annotated[Id, Field(min_length=1)]
    cookie: bool = False


class AcceptIn(BaseModel):
    """An invitation's token, and the password: a new one, or that of the account that is there."""

    model_config = _example(token="pdi_9Xw...", password="correct horse battery")

    token: Token
    password: Password
    cookie: bool = False


class TicketOut(BaseModel):
    """Stands once for the headers of whoever asked for it: append `?ticket=` to the address."""

    model_config = _example(ticket="pdt_Zk1...", expires_in=30)

    ticket: str
    expires_in: int


class WaysOut(BaseModel):
    """How people sign in here."""

    model_config = _example(accounts=True, password=True, oidc=False)

    accounts: bool
    """Without accounts, nobody needs to."""
    password: bool
    oidc: bool


class PlaceOut(BaseModel):
    """An organisation, and what someone may do in it."""

    id: str
    name: str
    role: RoleWord

    @classmethod
    def of(cls, place: Place) -> PlaceOut:
        return cls(id=place.organisation_id, name=place.name, role=word(place.role))


class MeOut(BaseModel):
    """Who asks."""

    model_config = _example(
        user_id="usr_5b1c0e3f9a7d24c8e610",
        email="ada@example.com",
        organisation_id="local",
        role="admin",
        key_id=None,
        read_only=False,
        organisations=[{"id": "local", "name": "Polydub", "role": "admin"}],
    )

    user_id: str
    email: str | None
    organisation_id: str
    role: RoleWord
    key_id: str | None
    read_only: bool
    organisations: list[PlaceOut]


class JwksOut(BaseModel):
    """A JWK set (RFC 7517)."""

    model_config = _example(keys=[{"kty": "RSA", "kid": "sig_5b1c", "use": "sig", "alg": "RS256",
                                   "n": "kqay...", "e": "AQAB"}])  # fmt: skip

    keys: list[dict[str, Any]]


_MEMBER: dict[str, Any] = {
    "user_id": "usr_5b1c0e3f9a7d24c8e610",
    "email": "ada@example.com",
    "role": "admin",
    "since": "2026-01-05T09:30:00Z",
}


class MemberOut(BaseModel):
    """A member of the organisation."""

    model_config = _example(**_MEMBER)

    user_id: str
    email: str
    role: RoleWord
    since: datetime

    @classmethod
    def of(cls, member: Member) -> MemberOut:
        return cls(
            user_id=member.user_id,
            email=member.email,
            role=word(member.role),
            since=moment(member.since_ms),
        )


class MembersOut(BaseModel):
    """Everyone in the organisation."""

    model_config = _example(members=[_MEMBER])

    members: list[MemberOut]


class RoleIn(BaseModel):
    """Another role."""

    model_config = _example(role="editor")

    role: RoleWord


class InvitationIn(BaseModel):
    """Whom to invite, and as what."""

    model_config = _example(email="grace@example.com", role="editor")

    email: Email
    role: RoleWord = "viewer"


_INVITATION: dict[str, Any] = {
    "id": "inv_5b1c0e3f9a7d24c8e610",
    "email": "grace@example.com",
    "role": "editor",
    "expires_at": "2026-01-12T09:30:00Z",
}


class InvitationOut(BaseModel):
    """An open invitation."""

    model_config = _example(**_INVITATION)

    id: str
    email: str
    role: RoleWord
    expires_at: datetime

    @classmethod
    def of(cls, row: InvitationRow) -> InvitationOut:
        return cls(
            id=row.id,
            email=row.email,
            role=word(Role[row.role.upper()]),
            expires_at=moment(row.expires_at_ms),
        )


class NewInvitationOut(InvitationOut):
    """An invitation with its token, which is told only now: hand it to them."""

    model_config = _example(**_INVITATION, token="pdi_9Xw...")

    token: str


class InvitationsOut(BaseModel):
    """All open invitations."""

    model_config = _example(invitations=[_INVITATION])

    invitations: list[InvitationOut]


class KeyIn(BaseModel):
    """A key for a program. It acts for whoever makes it."""

    model_config = _example(name="nightly import", scope="all", expires_at="2027-01-05T09:30:00Z")

    name: Name
    scope: Scope = "read"
    """`read` looks and changes nothing; `all` does what its maker may do."""
    expires_at: Instant | None = None


_KEY: dict[str, Any] = {
    "id": "1f0c9a52d1e84b77",
    "name": "nightly import",
    "scope": "all",
    "user_id": "usr_5b1c0e3f9a7d24c8e610",
    "created_at": "2026-01-05T09:30:00Z",
    "expires_at": None,
    "last_used_at": None,
}


class KeyOut(BaseModel):
    """An API key; its text is not kept."""

    model_config = _example(**_KEY)

    id: str
    name: str
    scope: Scope
    user_id: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""

    @classmethod
    def of(cls, row: ApiKeyRow) -> KeyOut:
        return cls(
            id=row.id,
            name=row.name,
            scope="read" if row.scope == "read" else "all",
            user_id=row.user_id,
            created_at=moment(row.created_at_ms),
            expires_at=moment(row.expires_at_ms) if row.expires_at_ms else None,
            last_used_at=moment(row.last_used_at_ms) if row.last_used_at_ms else None,
        )


class NewKeyOut(KeyOut):
    """A key with its text, which is told only now."""

    model_config = _example(**_KEY, key="pdk_1f0c9a52d1e84b77_x0V...")

    key: str


class KeysOut(BaseModel):
    """All keys that hold."""

    model_config = _example(keys=[_KEY])

    keys: list[KeyOut]


_ENTRY: dict[str, Any] = {
    "id": "aud_5b1c0e3f9a7d24c8e610",
    "at": "2026-01-05T09:30:00Z",
    "action": "role_changed",
    "user_id": "usr_5b1c0e3f9a7d24c8e610",
    "key_id": None,
    "target": "usr_8a1c0e3f9a7d24c8e6aa",
    "address": "203.0.113.7",
    "details": {"before": "viewer", "after": "editor"},
}


class AuditOut(BaseModel):
    """Who did what, on what, when, and from where."""

    model_config = _example(**_ENTRY)

    id: str
    at: datetime
    action: str
    user_id: str | None
    key_id: str | None
    target: str
    address: str
    details: dict[str, Any]

    @classmethod
    def of(cls, row: AuditRow) -> AuditOut:
        return cls(
            id=row.id,
            at=moment(row.at_ms),
            action=row.action,
            user_id=row.user_id or None,
            key_id=row.key_id or None,
            target=row.target,
            address=row.address,
            details=row.details,
        )


class AuditPage(BaseModel):
    """Some lines of the record, newest first."""

    model_config = _example(entries=[_ENTRY], next_cursor=None)

    entries: list[AuditOut]
    next_cursor: str | None


def word(role: Role) -> RoleWord:
    words: dict[Role, RoleWord] = {
        Role.VIEWER: "viewer",
        Role.EDITOR: "editor",
        Role.ADMIN: "admin",
    }
    return words[role]
