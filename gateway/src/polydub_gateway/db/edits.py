"""What people correct: the script of a dub, its lines and speakers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base

_DUB = "dubs.id"


class ScriptRow(Base):
    """The script of one dub, made when somebody first looks at it."""

    __tablename__ = "scripts"

    dub_id: Mapped[str] = mapped_column(ForeignKey(_DUB, ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)
    """Counts changes of any line or speaker."""
    published_revision: Mapped[int] = mapped_column(Integer)
    """The one that the dub was last made from."""
    language: Mapped[str] = mapped_column(String(40))
    bases: Mapped[dict[str, Any]] = mapped_column(JSON)
    """``documents``: the stages' own, stage or ``stage/language`` -> part -> key; ``talk_ms``: how
    long the talk is; ``brought_up``: the revision of the job whose translations stand here."""
    touched: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The parts that people changed: target language, empty for the transcript -> parts."""
    changed_at: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """Target language -> the revision that last corrected something in it."""

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class SegmentRow(Base):
    """One line: what is said when by whom, and how it is said in other languages."""

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_in_time", "dub_id", "start_ms", "id"),)

    dub_id: Mapped[str] = mapped_column(ForeignKey(_DUB, ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    part: Mapped[int] = mapped_column(Integer)
    start_ms: Mapped[int] = mapped_column(Integer)
    end_ms: Mapped[int] = mapped_column(Integer)
    speaker_id: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    changed_at: Mapped[int] = mapped_column(Integer)
    """The script's revision that changed what is said, when, or by whom; 0: as it was heard."""
    translations: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Target language -> the fields of a ``Wording``."""
    revision: Mapped[int] = mapped_column(Integer)
    """Counts changes of this line."""


class SpeakerRow(Base):
    """Someone who speaks, as people name them and want to hear them."""

    __tablename__ = "speakers"

    dub_id: Mapped[str] = mapped_column(ForeignKey(_DUB, ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    voices: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Target language -> the id of the voice that a person chose."""
    changed_at: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Target language -> the script's revision that changed the voice."""
    registered_id: Mapped[str | None] = mapped_column(
        ForeignKey("registered_speakers.id", ondelete="SET NULL"), index=True
    )
    """Who of the registry they are, or were: what changes there later changes nothing here."""
    revision: Mapped[int] = mapped_column(Integer)
