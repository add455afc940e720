"""Links by which people without an account look at one dub."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class ShareRow(Base):
    """A link to one dub. Its token is told once; here lies the digest alone."""

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_of_a_dub", "dub_id", "expires_at_ms"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    dub_id: Mapped[str] = mapped_column(ForeignKey("dubs.id", ondelete="CASCADE"))
    owner_id: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[str] = mapped_column(String(40))
    """Who made it."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    languages: Mapped[list[str]] = mapped_column(JSON)
    """Target languages that it shows; empty: all of the dub, later ones as well."""
    downloads: Mapped[bool]
    """Whether files may be saved, not only played."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)
