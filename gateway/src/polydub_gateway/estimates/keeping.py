"""The measured rates, in the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub_gateway.db import Database
from polydub_gateway.db.estimates import RateRow
from polydub_gateway.estimates.rates import Rate, RateKey, Rates, learned
from polydub_gateway.estimates.samples import samples_of
from polydub_gateway.jobs.state import JobState


class MeasuredRates:
    """What this deployment has measured, as all its replicas see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Rates:
        """The rates as they stand."""
        async with self._database.session() as session:
            return _rates(await session.scalars(select(RateRow)))


async def learn(session: AsyncSession, state: JobState, duration_s: float, now_ms: int) -> None:
    """Writes what an ended job teaches, in the transaction that ends it.

    Only the projection ends jobs, one event at a time for all replicas: nobody writes meanwhile.
    """
    rows = {_key(row): row for row in await session.scalars(select(RateRow))}
    before = _rates(rows.values())
    after = learned(before, samples_of(state, duration_s, before), now_ms)
    for key, rate in after.known.items():
        if rate == before.known.get(key):
            continue
        row = rows.get(key) or RateRow(stage=key.stage, engine=key.engine, unit=key.unit)
        row.quantity, row.base, row.jobs = rate.quantity, rate.base, rate.jobs
        row.updated_at_ms = rate.updated_at_ms
        session.add(row)


def _rates(rows: Iterable[RateRow]) -> Rates:
    return Rates(
        {_key(row): Rate(row.quantity, row.base, row.jobs, row.updated_at_ms) for row in rows}
    )


def _key(row: RateRow) -> RateKey:
    return RateKey(row.stage, row.engine, row.unit)
