"""How much an organisation may use, and how fast it may call."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydub_client.models.usage import Quotas


@dataclass(frozen=True)
class Rate:
    """So many calls in so long."""

    quota: int = 0
    window_s: int = 0


@dataclass(frozen=True)
class OwnLimits:
    """What an organisation's admins set. It only tightens what the operator lets it use."""

    minutes_per_month: float | None = None
    """None: as the operator has it; so the next two."""
    storage_bytes: int | None = None
    concurrent_jobs: int | None = None
    rates: dict[str, Rate] = field(default_factory=dict)
    """Of each member and key, by class of calls: ``read``, ``write``, ``upload``, ``sign_in``."""
    keys: dict[str, dict[str, Rate]] = field(default_factory=dict)
    """Of single API keys, by their ids."""


@dataclass(frozen=True)
class OrganisationLimits:
    """The organisation's limits, whoever set them."""

    own: OwnLimits = field(default_factory=OwnLimits)
    quotas: Quotas = field(default_factory=Quotas)
    """What holds: the lower of both."""
    allowed: Quotas = field(default_factory=Quotas)
    """What the operator lets the organisation use."""
    default_rates: dict[str, Rate] = field(default_factory=dict)
    """What the operator lets each member and key call; own rates only tighten them."""
