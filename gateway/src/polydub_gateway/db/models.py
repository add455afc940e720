"""The tables. Only types that PostgreSQL and SQLite share."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Constraints are named, so that migrations can drop them."""

    metadata = MetaData(naming_convention=_NAMES)


class VideoRow(Base):
    """A file that was uploaded and can be dubbed."""

    noun: ClassVar[str] = "video"
    __tablename__ = "videos"
    __table_args__ = (
        UniqueConstraint("owner_id", "sha256"),
        Index("ix_videos_newest_first", "owner_id", "created_at_ms", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(255))
    source_key: Mapped[str] = mapped_column(String(900))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of its bytes; while it is being deleted its id, so that they may come anew."""
    media: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The probe's ``MediaInfo`` as proto JSON."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    deleting: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It is on its way out: nothing is begun of it any more."""
    search_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """The file's name in the form in which it is searched."""


class DubRow(Base):
    """A job: what was asked for, and the state that its events fold to."""

    noun: ClassVar[str] = "dub"
    __tablename__ = "dubs"
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_dubs_newest_first", "owner_id", "created_at_ms", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    video_id: Mapped[str] = mapped_column(ForeignKey("videos.id"), index=True)
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The ``DubSpec`` as proto JSON."""
    clone_consent: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The recorded consent to imitate voices: id, given_by, statement, recorded_at_ms."""
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(String(32), index=True)
    progress: Mapped[float] = mapped_column(Float)
    folded: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The ``JobState``, whose state, progress and revision the columns repeat."""
    version: Mapped[int] = mapped_column()
    """Counts writes, so that a reader knows whether its copy still stands."""
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_digest: Mapped[str] = mapped_column(String(64))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    finished_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    search_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """The file's name in the form in which it is searched."""
    target_tags: Mapped[str] = mapped_column(String(2500), default="", server_default="")
    """The target languages, each between commas: ``,es,fr,``."""
    stale: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The languages in which something was corrected since they were made."""
    use_memory: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether what people corrected before is used, in languages that are added as well."""
    priority: Mapped[str] = mapped_column(String(8), default="normal", server_default="normal")
    cost_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """How much work it is: milliseconds of source, times languages; 0: too little to count."""
    bulk: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Its events may wait behind those of other jobs."""
    dispatched_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When it was started, or started again; None: it waits for its organisation's share."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
