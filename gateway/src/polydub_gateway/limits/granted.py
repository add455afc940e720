"""What the operator grants one organisation instead of the deployment's default."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import OrganisationRow
from polydub_gateway.db.counts import lock, upsert
from polydub_gateway.db.delivery import LimitsRow
from polydub_gateway.identity import LOCAL
from polydub_gateway.limits.quotas import Quotas
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.numbers import Count

DEFAULT = "default"
"""Takes back what was granted."""


class Granted(BaseModel):
    """What is set here holds instead of the default; None: there is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minutes_per_month: float | None = None
    storage_bytes: Count | None = None
    concurrent_jobs: Count | None = None
    rates: dict[CallClass, Rate | None] = Field(default_factory=dict)

    def quotas(self, default: LimitSettings) -> Quotas:
        """What the operator lets the organisation use."""
        return Quotas(
            self._or("minutes_per_month", default.quota_minutes),
            self._or("storage_bytes", default.quota_storage_bytes),
            self._or("concurrent_jobs", default.quota_jobs),
        )

    def rate(self, call_class: CallClass, default: LimitSettings) -> Rate | None:
        """How fast the operator lets each member and key call; None: as they like."""
        return {**default.rate_limits, **self.rates}.get(call_class)

    def _or(self, name: str, default: Any) -> Any:
        return getattr(self, name) if name in self.model_fields_set else default


def granted_in(row: LimitsRow | None) -> Granted:
    """What a row says of it."""
    return Granted.model_validate(row.granted or {} if row else {})


async def grant(
    database: Database, organisation: str, changes: Mapping[str, Any]
) -> tuple[str, Granted]:
    """Changes what an organisation is granted; its id, and all that it is granted now.

    Args:
        organisation: its id, or its name.
        changes: fields of :class:`Granted` as JSON has them, or ``DEFAULT``.

    Raises:
        StageError: ``not_found``; ``conflict`` for the name of several.
    """
    async with database.session() as session:
        owner_id = await _id_of(session, organisation)
        await lock(session, owner_id)
        row = await session.get(LimitsRow, owner_id)
        told = _changed((row.granted or {}) if row else {}, changes)
        granted = Granted.model_validate(told)
        if changes:
            kept = upsert(session, LimitsRow).values(owner_id=owner_id, limits={}, granted=told)
            await session.execute(
                kept.on_conflict_do_update(index_elements=["owner_id"], set_={"granted": told})
            )
            by_operator = Actor(organisation_id=owner_id)
            session.add(entry(by_operator, "limits_set", granted=json.dumps(told)))
    return owner_id, granted


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    rates = _without_defaults({**before.get("rates", {}), **changes.get("rates", {})})
    return _without_defaults({**before, **changes, "rates": rates})


def _without_defaults(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value != DEFAULT}


async def _id_of(session: AsyncSession, organisation: str) -> str:
    named = (OrganisationRow.id == organisation) | (OrganisationRow.name == organisation)
    found = list(await session.scalars(select(OrganisationRow.id).where(named)))
    if organisation in (*found, LOCAL.organisation_id):  # the local one has a row with accounts
        return organisation
    if len(found) > 1:
        raise StageError(
            "conflict",
            f"{len(found)} organisations are called so: {', '.join(sorted(found))}.",
            hint="Name one by its id.",
        )
    if not found:
        raise StageError("not_found", "There is no such organisation.", hint="Check its name.")
    return found[0]
