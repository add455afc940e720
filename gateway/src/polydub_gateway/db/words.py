"""What an organisation wants said how: glossaries, and corrections to be used again."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class GlossaryRow(Base):
    """Terms that dubs may name together."""

    noun: ClassVar[str] = "glossary"
    __tablename__ = "glossaries"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(100))
    terms: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Each with ``source``, ``target`` and ``target_language``."""
    revision: Mapped[int] = mapped_column(Integer)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class MemoryRow(Base):
    """How people of an organisation want a sentence said."""

    noun: ClassVar[str] = "memory entry"
    __tablename__ = "memory"
    __table_args__ = (
        Index("ix_memory_newest", "owner_id", "target_language", "updated_at_ms", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Made of the owner, the languages and the sentence: each has one entry."""
    owner_id: Mapped[str] = mapped_column(String(40))
    source_language: Mapped[str] = mapped_column(String(40))
    target_language: Mapped[str] = mapped_column(String(40))
    source_text: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)
