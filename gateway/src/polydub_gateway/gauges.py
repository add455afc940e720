"""What the database and the broker hold, for ``/metrics``: every replica tells the same of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import REGISTRY
from prometheus_client.registry import Collector
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from polydub import telemetry
from polydub.bus import Bus
from polydub.errors import FAULTS, StageError
from polydub.events import now_ms
from polydub.pipeline import GATEWAY, STAGES, Lane
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DatabaseUnavailable, DubRow
from polydub_gateway.db.delivery import DeliveryRow, StoredRow
from polydub_gateway.jobs.state import State

_OF_DATABASE = (telemetry.WEBHOOKS_WAITING, telemetry.STORED_BYTES, telemetry.JOB_SILENCE_SECONDS)
_OPEN = tuple(state for state in State if not state.ended)


class Gauges:
    """Reads what is told as gauges.

    Nothing is told before it was read. While the database or the broker is away, its open jobs or
    its queues are not told, rather than as they were: alerts see that.
    """

    def __init__(self, database: Database, link: BusLink) -> None:
        self._database = database
        self._link = link
        for gauge in (*_OF_DATABASE, telemetry.DEAD_EVENTS):  # 0 would be told until it is read
            with suppress(KeyError):
                REGISTRY.unregister(gauge)
        # From the start, so that the first failure is a rise that alerts see.
        for state in State:
            if state.ended:
                for fault in FAULTS if state is State.FAILED else ("",):
                    telemetry.JOBS.labels(state=state, fault=fault)

    async def read_database(self) -> None:
        """Reads what the database holds, once.

        Raises:
            SQLAlchemyError, OSError: when it is away.
        """
        try:
            await self._read_database()
        except (SQLAlchemyError, DatabaseUnavailable):
            telemetry.JOBS_OPEN.clear()
            raise

    async def read_bus(self) -> None:
        """Reads what waits in the broker, once.

        Raises:
            StageError: ``bus_unavailable``.
        """
        if not self._link.up:
            telemetry.QUEUE_EVENTS.clear()
            return
        try:
            await self._read_bus(self._link.bus)
        except StageError:
            telemetry.QUEUE_EVENTS.clear()
            raise

    async def _read_database(self) -> None:
        opened = select(DubRow.state, func.count()).where(DubRow.state.in_(_OPEN))
        heard_ms = cast(DubRow.folded["updated_at_ms"].as_string(), BigInteger)
        silent = select(func.min(heard_ms)).where(DubRow.state == State.PROCESSING)
        sending = select(func.count()).where(DeliveryRow.due_at_ms.is_not(None))
        stored = select(func.coalesce(func.sum(StoredRow.size_bytes), 0))
        async with self._database.session() as session:
            found = await session.execute(opened.group_by(DubRow.state))
            numbers = {each[0]: each[1] for each in found}
            oldest_ms = await session.scalar(silent)
            telemetry.WEBHOOKS_WAITING.set(await session.scalar(sending) or 0)
            telemetry.STORED_BYTES.set(float(await session.scalar(stored) or 0))
        for state in _OPEN:
            telemetry.JOBS_OPEN.labels(state=state).set(numbers.get(state, 0))
        silence_ms = 0 if oldest_ms is None else max(0, now_ms() - oldest_ms)
        telemetry.JOB_SILENCE_SECONDS.set(silence_ms / 1000)
        _show(*_OF_DATABASE)

    async def _read_bus(self, bus: Bus) -> None:
        for stage, lane, consumer in _queues():
            if (waiting := await bus.waiting(consumer)) is not None:
                of_queue = telemetry.QUEUE_EVENTS.labels
                of_queue(stage=stage, lane=lane, state="pending").set(waiting.pending)
                of_queue(stage=stage, lane=lane, state="unacked").set(waiting.unacked)
        telemetry.DEAD_EVENTS.set(await bus.buried())
        _show(telemetry.DEAD_EVENTS)


def _show(*gauges: Collector) -> None:
    for gauge in gauges:
        with suppress(ValueError):  # it is shown already
            REGISTRY.register(gauge)


def _queues() -> Iterator[tuple[str, str, str]]:
    """Each queue: its stage, its lane, and the name of its consumer."""
    for stage in STAGES:
        for lane in Lane:
            yield stage.name, lane, stage.consumer_in(lane)
    yield GATEWAY, Lane.PROMPT, GATEWAY
