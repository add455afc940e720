"""The tables of webhooks, of the feed of changes, and of what is counted and limited."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class EndpointRow(Base):
    """Where an organisation wants to be told what happens."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index("ix_webhook_endpoints_newest_first", "owner_id", "created_at_ms", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON)
    enabled: Mapped[bool]
    disabled_reason: Mapped[str] = mapped_column(String(200))
    """Why it was disabled, where no person did it."""
    secret: Mapped[str] = mapped_column(String(500))
    """Sealed."""
    previous_secret: Mapped[str | None] = mapped_column(String(500))
    """Sealed; signs as well until its time is over."""
    previous_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    failing_since_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the first of the failures came that no success has followed."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class DeliveryRow(Base):
    """A message for one endpoint: written with the change that it tells of, sent afterwards."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_newest_first", "endpoint_id", "created_at_ms", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The message's ``webhook-id``: the same on every try."""
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    dub_id: Mapped[str | None] = mapped_column(
        ForeignKey("dubs.id", ondelete="CASCADE"), index=True
    )
    """None: of a test."""
    type: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    """As it is signed and sent, byte for byte."""
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int]
    """Counted when one begins, so that a message on which a process dies is not sent for ever."""
    tries_before: Mapped[int] = mapped_column(default=0)
    """Those that it had when it was replayed last."""
    due_at_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """When it is to be sent, or its sender counts as dead; None: nothing is to be done."""
    lease: Mapped[str | None] = mapped_column(String(40))
    """Which sender has it now."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class DeliveryAttemptRow(Base):
    """What came of one try."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    """None: no answer came."""
    answer: Mapped[str] = mapped_column(Text)
    """The beginning of the answer's body."""
    error: Mapped[str] = mapped_column(String(200))


class CountRow(Base):
    """One row of each organisation. Who writes it first makes the organisation's others wait."""

    __tablename__ = "organisation_counts"

    owner_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    changes: Mapped[int] = mapped_column(BigInteger)
    """The sequence of the newest change in its feed."""


class ChangeRow(Base):
    """Something that the list of an organisation's dubs shows has changed."""

    __tablename__ = "dub_changes"

    owner_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class LimitsRow(Base):
    """What an organisation may use, where that is not just the deployment's default."""

    __tablename__ = "organisation_limits"

    owner_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    limits: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What its admins set: it only tightens."""
    granted: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the operator set for it instead of the default."""


class BucketRow(Base):
    """How far a caller is ahead of their rate (GCRA's theoretical arrival time)."""

    __tablename__ = "rate_buckets"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    """A caller and a class of calls."""
    arrival_us: Mapped[int] = mapped_column(BigInteger, index=True)


class UsageRow(Base):
    """What a job counts for. It outlives the job."""

    __tablename__ = "dub_usage"
    __table_args__ = (
        Index("ix_dub_usage_newest_first", "owner_id", "created_at_ms", "dub_id"),
        Index("ix_dub_usage_month", "owner_id", "month"),
    )

    dub_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    video_id: Mapped[str] = mapped_column(String(40))
    month: Mapped[str] = mapped_column(String(7))
    """``2026-01``, in UTC."""
    state: Mapped[str] = mapped_column(String(32))
    source_ms: Mapped[int] = mapped_column(BigInteger)
    languages: Mapped[int]
    """Those under way or finished: what failed counts for nothing."""
    billed: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """What services bill for it: stage, engine, unit, quantity."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)


class StoredRow(Base):
    """The bytes that a video takes up, with all that was made of it."""

    __tablename__ = "stored_videos"

    video_id: Mapped[str] = mapped_column(
        ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True
    )
    owner_id: Mapped[str] = mapped_column(String(40), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    stale: Mapped[bool] = mapped_column(server_default=false(), index=True)
    """Something was written since it was measured."""
