"""Moments in requests: written out (RFC 3339), and never a bare number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _written_out(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and "T" in value.upper()):
        return value
    raise ValueError("must be a date and a time like 2026-01-05T09:30:00Z")


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A moment with its zone. Seconds since 1970, which pydantic would take, are refused."""
