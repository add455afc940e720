"""The feed of an organisation's dubs: what its list shows, as it changes; resumable by sequence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from polydub.events import now_ms
from polydub_gateway.db import Database
from polydub_gateway.db.delivery import ChangeRow, CountRow

BATCH = 200
KEPT_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Start:
    """Where the feed begins for a reader. Lists that are fetched from now on show all before."""

    sequence: int
    missed: bool
    """What the reader asked for is not kept any more: fetch the list anew."""


@dataclass(frozen=True)
class Entry:
    """One change."""

    sequence: int
    at_ms: int
    payload: dict[str, Any]


class Feed:
    """The feeds of all organisations, read from the database by whoever is asked."""

    def __init__(
        self, database: Database, stopping: asyncio.Event, *, poll_s: float, heartbeat_s: float
    ) -> None:
        self._database = database
        self._stopping = stopping
        self._poll_s = poll_s
        self._quiet_polls = max(1, round(heartbeat_s / poll_s))

    async def follow(
        self, owner_id: str, *, after: int | None = None
    ) -> AsyncGenerator[Start | Entry | None, None]:
        """Where it starts, then what changes behind a sequence (None: from now on).

        Gives None now and then while nothing happens; ends when the process does.
        """
        start = await self._start(owner_id, after)
        yield start
        sequence, quiet = start.sequence, 0
        while not self._stopping.is_set():
            entries = await self._behind(owner_id, sequence)
            for entry in entries:
                yield entry
                sequence = entry.sequence
            quiet = 0 if entries else quiet + 1
            if quiet >= self._quiet_polls:
                yield None
                quiet = 0
            if len(entries) < BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._stopping.wait()

    async def prune(self) -> None:
        """Forgets what is old."""
        async with self._database.session() as session:
            old = ChangeRow.at_ms < now_ms() - KEPT_MS
            await session.execute(delete(ChangeRow).where(old))

    async def _start(self, owner_id: str, after: int | None) -> Start:
        async with self._database.session() as session:
            count = await session.get(CountRow, owner_id)
            first = await session.scalar(
                select(ChangeRow.sequence)
                .where(ChangeRow.owner_id == owner_id)
                .order_by(ChangeRow.sequence)
                .limit(1)
            )
        newest = count.changes if count else 0
        if after is None or after == newest:
            return Start(newest, missed=False)
        if after > newest or after + 1 < (newest + 1 if first is None else first):
            return Start(newest, missed=True)
        return Start(after, missed=False)

    async def _behind(self, owner_id: str, sequence: int) -> list[Entry]:
        query = (
            select(ChangeRow)
            .where(ChangeRow.owner_id == owner_id, ChangeRow.sequence > sequence)
            .order_by(ChangeRow.sequence)
            .limit(BATCH)
        )
        async with self._database.session() as session:
            rows = await session.scalars(query)
            return [Entry(row.sequence, row.at_ms, row.payload) for row in rows]
