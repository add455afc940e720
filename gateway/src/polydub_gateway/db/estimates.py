"""What this deployment has measured of its own work, for estimates."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from polydub_gateway.db.models import Base


class RateRow(Base):
    """How much of something there was for how much of something else, over the last jobs.

    What the units are, ``polydub_gateway.estimates.rates`` says.
    """

    __tablename__ = "rates"

    stage: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Empty: of jobs as a whole."""
    engine: Mapped[str] = mapped_column(String(100), primary_key=True)
    """Empty: of whichever engine."""
    unit: Mapped[str] = mapped_column(String(32), primary_key=True)
    quantity: Mapped[float] = mapped_column(Float)
    """A sum in which older jobs weigh less."""
    base: Mapped[float] = mapped_column(Float)
    """What the quantity was for; weighed the same way."""
    jobs: Mapped[int] = mapped_column(Integer)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)
