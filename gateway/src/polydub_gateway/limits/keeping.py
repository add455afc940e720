"""What is kept in order without a request: measured storage, and nothing older than it need be."""

from __future__ import annotations

import time

from sqlalchemy import delete, select, update

from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub_gateway.db import Database
from polydub_gateway.db.delivery import BucketRow, StoredRow
from polydub_gateway.jobs.feed import Feed

PRUNE_EVERY_S = 3600.0
_BATCH = 20


class Keeping:
    """Doing it twice at once, on several replicas, is harmless."""

    def __init__(self, database: Database, store: ObjectStore, feed: Feed) -> None:
        self._database = database
        self._store = store
        self._feed = feed
        self._prune_at = 0.0

    async def keep(self) -> None:
        """One round."""
        await self._measure()
        if time.monotonic() >= self._prune_at:
            await self._feed.prune()
            await self._forget_full_buckets()
            self._prune_at = time.monotonic() + PRUNE_EVERY_S

    async def _measure(self) -> None:
        """Measures videos whose artifacts have changed."""
        async with self._database.session() as session:
            stale = select(StoredRow.video_id).where(StoredRow.stale.is_(True)).limit(_BATCH)
            videos = list(await session.scalars(stale))
        for video_id in videos:
            of_this = update(StoredRow).where(StoredRow.video_id == video_id)
            async with self._database.session() as session:
                # Before it is measured: what is written meanwhile makes it stale again.
                await session.execute(of_this.values(stale=False))
            try:
                size = await self._size(video_id)
            except StageError:
                async with self._database.session() as session:
                    await session.execute(of_this.values(stale=True))
                raise
            async with self._database.session() as session:
                await session.execute(of_this.values(size_bytes=size))

    async def _size(self, video_id: str) -> int:
        return sum([info.size_bytes async for info in self._store.walk(f"videos/{video_id}")])

    async def _forget_full_buckets(self) -> None:
        async with self._database.session() as session:
            full = BucketRow.arrival_us < time.time_ns() // 1000
            await session.execute(delete(BucketRow).where(full))
