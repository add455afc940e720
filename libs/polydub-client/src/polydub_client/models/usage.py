"""What an organisation used, and how much it may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydub_client.models.dubs import Usage
from polydub_client.models.states import DubState


@dataclass(frozen=True)
class MonthUsage:
    """What the dubs of one month count for."""

    month: str = ""
    """``2026-01``, in UTC."""
    minutes: float = 0.0
    """Minutes of source, times languages."""
    languages: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    """State to how many dubs ended so."""
    usage: tuple[Usage, ...] = ()
    cost: float | None = None
    """None where something used has no price."""


@dataclass(frozen=True)
class Quotas:
    """What the organisation may use; None: as much as it likes."""

    minutes_per_month: float | None = None
    storage_bytes: int | None = None
    concurrent_jobs: int | None = None


@dataclass(frozen=True)
class OrganisationUsage:
    """What the organisation used."""

    months: tuple[MonthUsage, ...] = ()
    """Newest first; the first one is this month."""
    storage_bytes: int = 0
    quotas: Quotas = field(default_factory=Quotas)
    currency: str = ""


@dataclass(frozen=True)
class DubUsage:
    """What one dub counts for; it stays when the dub is deleted."""

    dub_id: str = ""
    video_id: str = ""
    month: str = ""
    state: DubState = DubState.UNKNOWN
    minutes: float = 0.0
    languages: int = 0
    usage: tuple[Usage, ...] = ()
    cost: float | None = None
    created_at: str = ""


@dataclass(frozen=True)
class DubUsagePage:
    """What some dubs count for, newest first."""

    dubs: tuple[DubUsage, ...] = ()
    currency: str = ""
    next_cursor: str = ""
