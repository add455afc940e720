"""What organisations used: counted with each job, summed up by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import Database
from polydub_gateway.db.delivery import StoredRow, UsageRow
from polydub_gateway.jobs.state import Billed, JobState, State

_UNCOUNTED = (State.FAILED, State.CANCELED)
MONTHS = 12


@dataclass(frozen=True)
class MonthUsed:
    """What an organisation's jobs of one month count for."""

    month: str
    minutes: float
    """Minutes of source, times languages."""
    languages: int
    """Dubbed ones, over all jobs."""
    jobs: dict[State, int]
    billed: tuple[Billed, ...]


def month_of(unix_ms: int) -> str:
    """The month of a moment, in UTC: ``2026-01``."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m")


def counted_languages(state: JobState) -> int:
    """The languages that count: those finished or under way."""
    return sum(each.state not in _UNCOUNTED for each in state.languages.values())


async def recount(session: AsyncSession, state: JobState) -> None:
    """Brings what a job counts for to its state."""
    await session.execute(
        update(UsageRow)
        .where(UsageRow.dub_id == state.job_id)
        .values(
            state=state.state,
            languages=counted_languages(state),
            billed=[asdict(each) for each in state.usage],
        )
    )


class Usage:
    """What all organisations used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def months(self, owner_id: str, now_ms: int) -> list[MonthUsed]:
        """The last months in which there was a job, newest first, this one always."""
        this = month_of(now_ms)
        async with self._database.session() as session:
            rows = await session.scalars(
                select(UsageRow.month)
                .where(UsageRow.owner_id == owner_id)
                .distinct()
                .order_by(UsageRow.month.desc())
                .limit(MONTHS)
            )
            months = sorted({this, *rows}, reverse=True)[:MONTHS]
            return [await _month(session, owner_id, month) for month in months]

    async def stored_bytes(self, owner_id: str) -> int:
        """What an organisation's videos take up, with all that was made of them."""
        async with self._database.session() as session:
            return await stored_bytes(session, owner_id)

    async def jobs(
        self, owner_id: str, *, limit: int, cursor: str | None, month: str | None
    ) -> tuple[list[UsageRow], str | None]:
        """What single jobs count for, newest first, and where the next page starts.

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        newest_first = (UsageRow.created_at_ms.desc(), UsageRow.dub_id.desc())
        query = select(UsageRow).where(UsageRow.owner_id == owner_id).order_by(*newest_first)
        if month:
            query = query.where(UsageRow.month == month)
        if cursor:
            place = from_cursor(cursor)
            query = query.where(tuple_(UsageRow.created_at_ms, UsageRow.dub_id) < place)
        async with self._database.session() as session:
            rows = list(await session.scalars(query.limit(limit + 1)))
        shown = rows[:limit]
        last = shown[-1] if len(rows) > limit else None
        return shown, to_cursor(last.created_at_ms, last.dub_id) if last else None


async def stored_bytes(session: AsyncSession, owner_id: str) -> int:
    """The same, in a transaction."""
    total = select(func.coalesce(func.sum(StoredRow.size_bytes), 0))
    return int(await session.scalar(total.where(StoredRow.owner_id == owner_id)) or 0)


async def used_ms(session: AsyncSession, owner_id: str, month: str, *, but: str = "") -> int:
    """The milliseconds of source, times languages, of a month's jobs; ``but`` one job."""
    spent = func.coalesce(func.sum(UsageRow.source_ms * UsageRow.languages), 0)
    query = select(spent).where(UsageRow.owner_id == owner_id, UsageRow.month == month)
    return int(await session.scalar(query.where(UsageRow.dub_id != but)) or 0)


async def _month(session: AsyncSession, owner_id: str, month: str) -> MonthUsed:
    of_month = (UsageRow.owner_id == owner_id, UsageRow.month == month)
    by_state = await session.execute(
        select(UsageRow.state, func.count(), func.sum(UsageRow.languages))
        .where(*of_month)
        .group_by(UsageRow.state)
    )
    jobs, languages = {}, 0
    for state, number, counted in by_state:
        jobs[State(state)] = number
        languages += counted
    billed = list(await session.scalars(select(UsageRow.billed).where(*of_month)))
    minutes = await used_ms(session, owner_id, month) / 60_000
    return MonthUsed(month, minutes, languages, jobs, _summed(billed))


def _summed(billed: Sequence[Sequence[dict[str, Any]]]) -> tuple[Billed, ...]:
    sums: dict[tuple[str, str, str], float] = {}
    for uses in billed:
        for use in uses:
            each = Billed(**use)
            key = (each.stage, each.engine, each.unit)
            sums[key] = sums.get(key, 0.0) + each.quantity
    return tuple(Billed(*key, quantity) for key, quantity in sorted(sums.items()))
