"""Who speaks in an organisation's videos again and again."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class RegisteredSpeakerRow(Base):
    """Someone whom the speakers of dubs may be."""

    noun: ClassVar[str] = "registered speaker"
    __tablename__ = "registered_speakers"
    __table_args__ = (UniqueConstraint("owner_id", "folded_name"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    folded_name: Mapped[str] = mapped_column(String(400))
    """The name as names are compared: an organisation has each once."""
    voices: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Target language -> the id of the voice."""
    revision: Mapped[int] = mapped_column(Integer)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012
