"""The limits that hold for an organisation: its own where its admins set some, else the default."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from polydub.errors import StageError
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.db import Database
from polydub_gateway.db.counts import upsert
from polydub_gateway.db.delivery import LimitsRow
from polydub_gateway.identity import Caller
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.numbers import Count

T = TypeVar("T")

KNOWN_FOR_S = 5.0
"""How long a replica may go by limits that were changed since."""
MAX_KEYS = 200
_MOST = 2**53


class OwnLimits(BaseModel):
    """What an organisation's admins set. What is not set is the deployment's default."""

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
class Quotas:
    """What an organisation may use; None: as much as it likes."""

    minutes_per_month: float | None
    storage_bytes: int | None
    concurrent_jobs: int | None


class Limits:
    """The limits of all organisations."""

    def __init__(self, database: Database, settings: LimitSettings) -> None:
        self._database = database
        self._settings = settings
        self._known: dict[str, tuple[float, OwnLimits]] = {}

    async def own(self, owner_id: str) -> OwnLimits:
        """What an organisation's admins set."""
        async with self._database.session() as session:
            row = await session.get(LimitsRow, owner_id)
        return OwnLimits.model_validate(row.limits) if row else OwnLimits()

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
        own, default = await self.own(owner_id), self._settings
        return Quotas(
            _first(own.minutes_per_month, default.quota_minutes),
            _first(own.storage_bytes, default.quota_storage_bytes),
            _first(own.concurrent_jobs, default.quota_jobs),
        )

    async def rate(self, caller: Caller, call_class: CallClass) -> Rate | None:
        """The rate that holds for a caller; None: none does."""
        own = await self._lately(caller.organisation_id)
        of_key = own.keys.get(caller.key_id, {})
        return of_key.get(call_class) or own.rates.get(call_class) or self.default_rate(call_class)

    def default_rate(self, call_class: CallClass) -> Rate | None:
        """The rate of callers who belong to no organisation yet."""
        return self._settings.rate_limits.get(call_class)

    async def _lately(self, owner_id: str) -> OwnLimits:
        until, own = self._known.get(owner_id, (0.0, OwnLimits()))
        if time.monotonic() >= until:
            own = await self.own(owner_id)
            self._known[owner_id] = time.monotonic() + KNOWN_FOR_S, own
        return own


def _first(own: T | None, default: T | None) -> T | None:
    return default if own is None else own
