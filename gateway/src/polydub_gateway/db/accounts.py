"""The tables of accounts. Secrets stand in them as digests, or sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class OrganisationRow(Base):
    """Who owns videos and dubs."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    changes: Mapped[int]
    """Counts changes of members: writing it first makes them wait for each other."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class UserRow(Base):
    """A person."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    """As the person writes it."""
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    """The same in one case."""
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """argon2id; None: signs in elsewhere."""
    active: Mapped[bool]
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class MembershipRow(Base):
    """What a user may do in an organisation."""

    __tablename__ = "memberships"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(
        ForeignKey("organisations.id"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class IdentityRow(Base):
    """Who a user is for another provider."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class SessionRow(Base):
    """One signing in: the family of its refresh tokens."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    """The one that the next tokens are for."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class RefreshTokenRow(Base):
    """A refresh token: good for one use."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
    spent_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class TicketRow(Base):
    """A one-time stand-in for headers that a browser can't send."""

    __tablename__ = "tickets"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40))
    session_id: Mapped[str] = mapped_column(String(40))
    """Whose it is; empty: an API key's."""
    key_id: Mapped[str] = mapped_column(String(40))
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class ApiKeyRow(Base):
    """A key that a program shows. It acts for the user who made it."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(8))
    digest: Mapped[str] = mapped_column(String(64))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class InvitationRow(Base):
    """Someone who may become a member."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class SigningKeyRow(Base):
    """A key that signs access tokens. The newest signs, the others only verify."""

    __tablename__ = "signing_keys"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, ...: of several replicas that make the next one, one succeeds."""
    id: Mapped[str] = mapped_column(String(40), unique=True)
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As a JWK."""
    sealed: Mapped[str] = mapped_column(String(8000))
    """The private key in PEM, sealed."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class AttemptRow(Base):
    """How often signing in has failed for an account or from an address."""

    __tablename__ = "sign_in_attempts"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A digest: names of accounts that do not exist are kept for nobody to read."""
    failures: Mapped[int]
    last_at_ms: Mapped[int] = mapped_column(BigInteger)
    blocked_until_ms: Mapped[int] = mapped_column(BigInteger)


class AuditRow(Base):
    """Who did what, on what, when, and from where."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_newest_first", "organisation_id", "at_ms", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str | None] = mapped_column(String(40))
    """None: it concerns no organisation, such as failing to sign in to no account."""
    at_ms: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[str] = mapped_column(String(40))
    """Empty: nobody was signed in."""
    key_id: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
