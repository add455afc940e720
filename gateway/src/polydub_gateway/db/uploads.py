"""The tables of uploads that may be resumed, of imports, and of leases."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class UploadRow(Base):
    """A file that comes bit by bit. How much of it there is, only the store knows."""

    noun: ClassVar[str] = "upload"
    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_state_expires_at_ms", "state", "expires_at_ms"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """``tus`` or ``direct``."""
    filename: Mapped[str] = mapped_column(String(255))
    length: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of the whole file; None until the client says."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """What the client says that the file's digest is."""
    part_bytes: Mapped[int] = mapped_column(BigInteger)
    reserved_id: Mapped[str] = mapped_column(String(40), index=True)
    """The id of the video that this will become, unless its bytes are known."""
    key: Mapped[str] = mapped_column(String(900))
    token: Mapped[str] = mapped_column(String(1024))
    """With the key: the store's unfinished object."""
    state: Mapped[str] = mapped_column(String(16))
    video_id: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why there is no video, or not yet: a problem document."""
    attempts: Mapped[int]
    next_try_at_ms: Mapped[int] = mapped_column(BigInteger)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class ImportRow(Base):
    """A file that the gateway fetches from an address."""

    noun: ClassVar[str] = "import"
    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_state_next_try_at_ms", "state", "next_try_at_ms"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40), index=True)
    host: Mapped[str] = mapped_column(String(255))
    sealed_url: Mapped[str] = mapped_column(String(8000))
    """The address, sealed: some let anyone in who knows them. Empty when it is not needed more."""
    state: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(Float)
    received_bytes: Mapped[int] = mapped_column(BigInteger)
    video_id: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attempts: Mapped[int]
    next_try_at_ms: Mapped[int] = mapped_column(BigInteger)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    finished_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class LeaseRow(Base):
    """Who does something that only one may do at a time, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(String(40))
    until_ms: Mapped[int] = mapped_column(BigInteger)
    wanted: Mapped[bool]
    """Whether another asks the holder to let go."""
