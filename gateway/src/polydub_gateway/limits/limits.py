"""The limits that hold for an organisation: what the operator lets it use, and no more than its own
admins want."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from polydub.errors import StageError
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.db import Database
from polydub_gateway.db.counts import upsert
from polydub_gateway.db.delivery import LimitsRow
from polydub_gateway.identity import Caller
from polydub_gateway.limits.granted import Granted, granted_in
from polydub_gateway.limits.quotas import Quotas
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.numbers import Count

KNOWN_FOR_S = 5.0
"""How long a replica may go by limits that were changed since."""
MAX_KEYS = 200
_MOST = 2**53


class OwnLimits(BaseModel):
    """What an organisation's admins set. It only tightens what the operator lets it use."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "minutes_per_month": 600,
                "storage_bytes": 500_000_000_000,
                "concurrent_jobs": 5,
                "rates": {"write": {"quota": 60, "window_s": 60}},
                "keys": {"key_0f1e2d3c4b5a69788796": {"read": {"quota": 30, "window_s": 60}}},
            }
        },
    )

    minutes_per_month: float | None = Field(
        default=None, ge=0, le=_MOST, allow_inf_nan=False, strict=True
    )
    storage_bytes: Count | None = None
    concurrent_jobs: Count | None = None
    rates: dict[CallClass, Rate] = Field(
        default_factory=dict, description="Of each member and key, by class of calls"
    )
    keys: dict[str, dict[CallClass, Rate]] = Field(
        default_factory=dict, max_length=MAX_KEYS, description="Of single API keys"
    )


@dataclass(frozen=True)
class Held:
    """What is set for an organisation, and what comes of it."""

    own: OwnLimits
    """What its admins set."""
    quotas: Quotas
    """What holds: the lower of both."""
    allowed: Quotas
    """What the operator lets it use."""
    allowed_rates: Mapping[CallClass, Rate]
    """How fast the operator lets its members call."""


@dataclass(frozen=True)
class _Set:
    """What was set for an organisation, by its admins and by the operator."""

    own: OwnLimits = field(default_factory=OwnLimits)
    granted: Granted = field(default_factory=Granted)


class Limits:
    """The limits of all organisations."""

    def __init__(self, database: Database, settings: LimitSettings) -> None:
        self._database = database
        self._settings = settings
        self._known: dict[str, tuple[float, _Set]] = {}

    async def set(self, owner_id: str, limits: OwnLimits, *, by: Actor) -> None:
        """Sets an organisation's limits as a whole.

        Args:
            by: for the record.

        Raises:
            StageError: ``forbidden`` where the operator alone sets limits.
        """
        if not self._settings.limits_by_admins:
            raise StageError(
                "forbidden",
                "The operator of this deployment sets the limits.",
                hint="Ask the operator for other limits.",
            )
        told = limits.model_dump(mode="json", exclude_none=True)
        async with self._database.session() as session:
            row = upsert(session, LimitsRow).values(owner_id=owner_id, limits=told)
            await session.execute(
                row.on_conflict_do_update(index_elements=["owner_id"], set_={"limits": told})
            )
            session.add(entry(by, "limits_set", limits=json.dumps(told)))
        self._known.pop(owner_id, None)

    async def quotas(self, owner_id: str) -> Quotas:
        """The quotas that hold for an organisation."""
        return (await self.held(owner_id)).quotas

    async def held(self, owner_id: str) -> Held:
        """All that is set for an organisation."""
        found = await self._read(owner_id)
        own, allowed = found.own, found.granted.quotas(self._settings)
        rates = {each: found.granted.rate(each, self._settings) for each in CallClass}
        return Held(
            own=own,
            quotas=allowed.tightened(
                Quotas(own.minutes_per_month, own.storage_bytes, own.concurrent_jobs)
            ),
            allowed=allowed,
            allowed_rates={each: rate for each, rate in rates.items() if rate is not None},
        )

    async def rate(self, caller: Caller, call_class: CallClass) -> Rate | None:
        """The rate that holds for a caller; None: none does."""
        found = await self._lately(caller.organisation_id)
        of_key = found.own.keys.get(caller.key_id, {})
        own = of_key.get(call_class) or found.own.rates.get(call_class)
        allowed = found.granted.rate(call_class, self._settings)
        return own.tightened(allowed) if own else allowed

    def default_rate(self, call_class: CallClass) -> Rate | None:
        """The rate of callers who belong to no organisation yet."""
        return self._settings.rate_limits.get(call_class)

    async def _lately(self, owner_id: str) -> _Set:
        until, found = self._known.get(owner_id, (0.0, _Set()))
        if time.monotonic() >= until:
            found = await self._read(owner_id)
            self._known[owner_id] = time.monotonic() + KNOWN_FOR_S, found
        return found

    async def _read(self, owner_id: str) -> _Set:
        async with self._database.session() as session:
            row = await session.get(LimitsRow, owner_id)
        own = OwnLimits.model_validate(row.limits) if row else OwnLimits()
        return _Set(own, granted_in(row))
