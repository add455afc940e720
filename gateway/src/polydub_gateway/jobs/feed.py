"""The feed of an organisation's dubs: what its list shows, as it changes; resumable by sequence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from polydub.errors import StageError
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


class Looks:
    """Looks for changes: one question a moment for all readers of this process together."""

    def __init__(self, database: Database, stopping: asyncio.Event, poll_s: float) -> None:
        self._database = database
        self._stopping = stopping
        self._poll_s = poll_s
        self._readers: Counter[str] = Counter()
        self._newest: dict[str, int] = {}
        self._looked = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def after(self, owner_id: str) -> Iterator[None]:
        """Has an organisation's changes looked for meanwhile."""
        self._readers[owner_id] += 1
        try:
            yield
        finally:
            self._readers[owner_id] -= 1
            self._readers += Counter()  # forgets those that nobody reads
            if owner_id not in self._readers:
                self._newest.pop(owner_id, None)

    def newest(self, owner_id: str) -> int:
        """The sequence of the last change that was seen; 0 before anything was."""
        return self._newest.get(owner_id, 0)

    async def next(self) -> None:
        """Returns after the next look, or when the process ends."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
        await self._looked.wait()

    async def _look_on(self) -> None:
        while self._readers and not self._stopping.is_set():
            with suppress(StageError):  # what happens while the database is away is seen later
                await self._look()
            self._wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._stopping.wait()
        self._wake()

    async def _look(self) -> None:
        counts = select(CountRow.owner_id, CountRow.changes).where(
            CountRow.owner_id.in_(list(self._readers))
        )
        async with self._database.session() as session:
            self._newest.update((owner, newest) for owner, newest in await session.execute(counts))

    def _wake(self) -> None:
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()


class Feed:
    """The feeds of all organisations, read from the database by whoever is asked."""

    def __init__(
        self, database: Database, stopping: asyncio.Event, *, poll_s: float, heartbeat_s: float
    ) -> None:
        self._database = database
        self._stopping = stopping
        self._looks = Looks(database, stopping, poll_s)
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
        with self._looks.after(owner_id):
            entries = await self._behind(owner_id, sequence)
            while not self._stopping.is_set():
                for entry in entries:
                    yield entry
                    sequence = entry.sequence
                quiet = 0 if entries else quiet + 1
                if quiet >= self._quiet_polls:
                    yield None
                    quiet = 0
                if len(entries) < BATCH:
                    await self._looks.next()
                news = self._looks.newest(owner_id) > sequence or len(entries) == BATCH
                entries = await self._behind(owner_id, sequence) if news else []

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
