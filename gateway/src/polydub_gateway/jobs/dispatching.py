"""Starts jobs that wait, as there is room, on whichever replica looks first.

A job waits in the database, as ``queued``; nothing of it is in the stream. Who starts one holds a
row that is there once for the deployment, so that replicas choose one after the other, by what the
others have chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf import json_format
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub import events, telemetry
from polydub.errors import StageError
from polydub.v1 import events_pb2
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DubRow, until_it_stands
from polydub_gateway.db.counts import lock
from polydub_gateway.jobs.fairness import HEAD_STARTS_MS, InFlight, Priority, is_bulk, next_owner
from polydub_gateway.jobs.state import State, load
from polydub_gateway.limits.settings import LimitSettings

UNHEARD_MS = 30_000
"""A job of which the stream has said nothing for so long is published again: who started it may
have died before. The stream recognises repetitions, and the stages find their artifacts."""
_EVERYONE = "*"
"""The row of the counts that belongs to no organisation."""
_RUNNING = [state.value for state in State if not state.ended]

log = telemetry.logger(__name__)


class Dispatching:
    """The way from the database into the stream."""

    def __init__(self, database: Database, link: BusLink, settings: LimitSettings) -> None:
        self._database = database
        self._link = link
        self._settings = settings

    async def keep(self) -> None:
        """One round: what was not heard of for a while, and what there is room for now."""
        if self._link.up:
            await self.start_unheard(older_than_ms=UNHEARD_MS)
            await self.dispatch()

    async def dispatch(self) -> set[str]:
        """Starts waiting jobs as long as there is room; their ids.

        Raises:
            StageError: ``bus_unavailable``; jobs that could not be started wait on.
        """
        _ = self._link.bus  # away, it raises before anything is chosen
        chosen = await until_it_stands(self._choose)
        for number, row in enumerate(chosen):
            try:
                await self.start(row)
            except StageError:
                await self._put_back([each.id for each in chosen[number:]])
                raise
            log.info("started", job_id=row.id, bulk=row.bulk)
        return {row.id for row in chosen}

    async def start(self, row: DubRow) -> None:
        """Publishes a job's start, as part of the trace of the request that asked for it.

        Raises:
            StageError: ``bus_unavailable``.
        """
        with telemetry.within(load(row.folded).traceparent):
            await self._link.publish(accepted_of(row))

    async def _choose(self) -> Sequence[DubRow]:
        """Marks the jobs that start now."""
        async with self._database.session() as session:
            if not await session.scalar(select(DubRow.id).where(_waits()).limit(1)):
                return []
        async with self._database.session() as session:
            await lock(session, _EVERYONE)
            in_flight, chosen = await _in_flight(session), []
            while owner_id := next_owner(
                await _waiting(session), in_flight, self._settings.weights, self._limit_ms
            ):
                row = await _first_of(session, owner_id)
                own = in_flight.get(owner_id, InFlight())
                row.bulk = is_bulk(
                    Priority(row.priority), row.cost_ms, own, self._settings.prompt_minutes * 60_000
                )
                row.dispatched_at_ms = events.now_ms()
                in_flight[owner_id] = own.plus(row.cost_ms, bulk=row.bulk)
                chosen.append(row)
                await session.flush()
        return chosen

    @property
    def _limit_ms(self) -> float | None:
        minutes = self._settings.in_flight_minutes
        return None if minutes is None else minutes * 60_000

    async def _put_back(self, dub_ids: Sequence[str]) -> None:
        async with self._database.session() as session:
            of_these = update(DubRow).where(DubRow.id.in_(dub_ids))
            await session.execute(of_these.values(dispatched_at_ms=None))

    async def start_unheard(self, *, older_than_ms: int = 0) -> None:
        """Publishes the start of jobs again that were started and of which no event was seen.

        Raises:
            StageError: ``bus_unavailable``.
        """
        before_ms = events.now_ms() - older_than_ms
        async with self._database.session() as session:
            started = await session.scalars(
                select(DubRow).where(
                    DubRow.state == State.QUEUED, DubRow.dispatched_at_ms <= before_ms
                )
            )
            unheard = [row for row in started if load(row.folded).last_sequence == 0]
            of_these = update(DubRow).where(DubRow.id.in_([row.id for row in unheard]))
            if unheard:
                await session.execute(of_these.values(dispatched_at_ms=events.now_ms()))
        for row in unheard:
            log.info("published late", job_id=row.id)
            await self.start(row)


def accepted_of(row: DubRow) -> events_pb2.Event:
    """The event that starts a job as its row has it."""
    return events.accepted(
        job_id=row.id,
        video_id=row.video_id,
        spec=json_format.ParseDict(row.spec, events_pb2.DubSpec(), ignore_unknown_fields=True),
        revision=row.revision,
        expected_s=load(row.folded).expected,
        bulk=row.bulk,
    )


def _waits() -> ColumnElement[bool]:
    return (DubRow.state == State.QUEUED) & DubRow.dispatched_at_ms.is_(None)


async def _waiting(session: AsyncSession) -> Sequence[str]:
    return list(await session.scalars(select(DubRow.owner_id).where(_waits()).distinct()))


async def _first_of(session: AsyncSession, owner_id: str) -> DubRow:
    """The organisation's job that is to start next: by age, and by priority as if it were age."""
    head_start_ms = case(HEAD_STARTS_MS, value=DubRow.priority, else_=0)
    found = await session.scalars(
        select(DubRow)
        .where(_waits(), DubRow.owner_id == owner_id)
        .order_by(DubRow.created_at_ms - head_start_ms, DubRow.id)
        .limit(1)
    )
    return found.one()


async def _in_flight(session: AsyncSession) -> dict[str, InFlight]:
    left_ms = DubRow.cost_ms * (1 - DubRow.progress)
    prompt_ms = case((DubRow.bulk.is_(False), left_ms), else_=0.0)
    rows = await session.execute(
        select(DubRow.owner_id, func.sum(left_ms), func.sum(prompt_ms))
        .where(DubRow.state.in_(_RUNNING), DubRow.dispatched_at_ms.is_not(None))
        .group_by(DubRow.owner_id)
    )
    return {owner_id: InFlight(all_ms, prompt) for owner_id, all_ms, prompt in rows}
