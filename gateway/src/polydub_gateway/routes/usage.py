"""What the organisation used, what of it costs something, and how much it may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor
from polydub_gateway.db.delivery import UsageRow
from polydub_gateway.jobs.state import Billed, State
from polydub_gateway.limits.limits import OwnLimits
from polydub_gateway.limits.quotas import Quotas
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.usage import MonthUsed
from polydub_gateway.prices import Prices
from polydub_gateway.routes import examples
from polydub_gateway.routes.context import AddressOf, Admin, GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import UsageOut, moment

router = APIRouter(prefix="/v1", tags=["usage"])

_MONTH: dict[str, Any] = {
    "month": "2026-01",
    "minutes": 63.4,
    "languages": 3,
    "jobs": {"completed": 2, "failed": 1},
    "usage": [examples.USAGE],
    "cost": 0.024,
}
_QUOTAS: dict[str, Any] = {
    "minutes_per_month": 600.0,
    "storage_bytes": 500_000_000_000,
    "concurrent_jobs": 5,
}
_DUB: dict[str, Any] = {
    "dub_id": "dub_9a7d24c8e6105b1c0e3f",
    "video_id": "vid_5b1c0e3f9a7d24c8e610",
    "month": "2026-01",
    "state": "completed",
    "minutes": 21.2,
    "languages": 2,
    "usage": [examples.USAGE],
    "cost": 0.024,
    "created_at": "2026-01-05T09:30:00Z",
}


class MonthOut(BaseModel):
    """What the jobs of one month count for."""

    month: str = Field(description="In UTC")
    minutes: float = Field(description="Minutes of source, times languages")
    languages: int = Field(description="Dubbed ones, over all jobs")
    jobs: dict[State, int]
    usage: list[UsageOut] = Field(description="What services bill")
    cost: float | None = Field(description="null where something used has no price")

    @classmethod
    def of(cls, used: MonthUsed, prices: Prices) -> MonthOut:
        return cls(
            month=used.month,
            minutes=round(used.minutes, 3),
            languages=used.languages,
            jobs=used.jobs,
            usage=_priced(used.billed, prices),
            cost=prices.total(used.billed),
        )


class QuotasOut(BaseModel):
    """What the organisation may use; null: as much as it likes."""

    minutes_per_month: float | None
    storage_bytes: int | None
    concurrent_jobs: int | None


class OrganisationUsageOut(BaseModel):
    """What the organisation used."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "months": [_MONTH],
                "storage_bytes": 7340032,
                "quotas": _QUOTAS,
                "currency": "USD",
            }
        }
    )

    months: list[MonthOut] = Field(description="Newest first; the first one is this month")
    storage_bytes: int = Field(description="Videos and all that was made of them")
    quotas: QuotasOut
    currency: str


class DubUsageOut(BaseModel):
    """What one job counts for. It stays when the job is deleted."""

    model_config = ConfigDict(json_schema_extra={"example": _DUB})

    dub_id: str
    video_id: str
    month: str
    state: State
    minutes: float
    languages: int
    usage: list[UsageOut]
    cost: float | None
    created_at: datetime

    @classmethod
    def of(cls, row: UsageRow, prices: Prices) -> DubUsageOut:
        billed = [Billed(**each) for each in row.billed]
        return cls(
            dub_id=row.dub_id,
            video_id=row.video_id,
            month=row.month,
            state=State(row.state),
            minutes=round(row.source_ms * row.languages / 60_000, 3),
            languages=row.languages,
            usage=_priced(billed, prices),
            cost=prices.total(billed),
            created_at=moment(row.created_at_ms),
        )


class DubUsagePage(BaseModel):
    """What some jobs count for, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"dubs": [_DUB], "currency": "USD", "next_cursor": None}}
    )

    dubs: list[DubUsageOut]
    currency: str
    next_cursor: str | None


class LimitsOut(BaseModel):
    """The organisation's limits."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "own": {"concurrent_jobs": 5, "rates": {}, "keys": {}},
                "quotas": _QUOTAS,
                "allowed": {**_QUOTAS, "concurrent_jobs": 20},
                "default_rates": {"read": {"quota": 600, "window_s": 60}},
            }
        }
    )

    own: OwnLimits = Field(description="What its admins set")
    quotas: QuotasOut = Field(description="What holds: the lower of both")
    allowed: QuotasOut = Field(description="What the operator lets the organisation use")
    default_rates: dict[CallClass, Rate] = Field(
        description="What the operator lets each member and key call: own rates only tighten them"
    )


@router.get("/usage")
async def get_usage(gateway: GatewayOf, caller: Viewer) -> OrganisationUsageOut:
    """What the organisation used, by month."""
    owner_id = caller.organisation_id
    months = await gateway.usage.months(owner_id, now_ms())
    return OrganisationUsageOut(
        months=[MonthOut.of(used, gateway.prices) for used in months],
        storage_bytes=await gateway.usage.stored_bytes(owner_id),
        quotas=_quotas(await gateway.limits.quotas(owner_id)),
        currency=gateway.prices.currency,
    )


@router.get("/usage/dubs", responses=problems(422))
async def list_dub_usage(
    gateway: GatewayOf,
    caller: Viewer,
    month: Annotated[
        str | None,
        Query(pattern=r"^\d{4}-\d{2}$", examples=["2026-01"], description="Of this month, in UTC"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DubUsagePage:
    """What single dubs count for, newest first, by cursor; deleted ones as well."""
    rows, next_cursor = await gateway.usage.jobs(
        caller.organisation_id, limit=limit, cursor=cursor, month=month
    )
    return DubUsagePage(
        dubs=[DubUsageOut.of(row, gateway.prices) for row in rows],
        currency=gateway.prices.currency,
        next_cursor=next_cursor,
    )


@router.get("/organisation/limits")
async def get_limits(gateway: GatewayOf, caller: Admin) -> LimitsOut:
    """The organisation's quotas and rates."""
    held = await gateway.limits.held(caller.organisation_id)
    return LimitsOut(
        own=held.own,
        quotas=_quotas(held.quotas),
        allowed=_quotas(held.allowed),
        default_rates=dict(held.allowed_rates),
    )


@router.put("/organisation/limits", responses=problems(422))
async def set_limits(
    asked: OwnLimits, gateway: GatewayOf, caller: Admin, address: AddressOf
) -> LimitsOut:
    """Sets the organisation's own quotas and rates as a whole. They only tighten what the operator
    lets it use, which is what holds where nothing is set."""
    await gateway.limits.set(caller.organisation_id, asked, by=Actor.of(caller, address))
    return await get_limits(gateway, caller)


def _quotas(quotas: Quotas) -> QuotasOut:
    return QuotasOut(**asdict(quotas))


def _priced(billed: Sequence[Billed], prices: Prices) -> list[UsageOut]:
    return [UsageOut(**asdict(each.billed), cost=each.amount) for each in prices.costs(billed)]
