"""Removes what nobody will ever ask for: expired uploads, and bytes whose writers died."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from polydub import telemetry
from polydub.events import now_ms
from polydub.store import ObjectStore
from polydub_gateway.db import Database, VideoRow
from polydub_gateway.db.uploads import ImportRow, LeaseRow, UploadRow
from polydub_gateway.leases import Lease, Leases
from polydub_gateway.uploads.finishing import Finishing
from polydub_gateway.uploads.settings import UploadSettings
from polydub_gateway.uploads.states import UploadState

REMEMBERED_MS = 24 * 3600 * 1000
"""How long an upload that ended is still told of."""
IMPORTS_REMEMBERED_MS = 7 * REMEMBERED_MS
_BATCH = 200

log = telemetry.logger(__name__)


class Sweeping:
    """Args:
    settings: how old bytes without a row must be: writers that live are younger.
    """

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        finishing: Finishing,
        leases: Leases,
        settings: UploadSettings,
    ) -> None:
        self._database = database
        self._store = store
        self._finishing = finishing
        self._leases = leases
        self._age_ms = settings.orphan_age_s * 1000

    async def sweep(self) -> None:
        """Sweeps once, unless another replica does."""
        async with self._leases.held("sweep") as lease:
            if lease is None:
                return
            for step in (
                self._expire,
                self._forget_rows,
                self._abort_parts,
                self._remove_tails,
                self._remove_videos,
            ):
                await self._run(step, lease)
            await self._store.remove_leftovers(older_than_s=self._age_ms / 1000)

    async def _run(self, step: Callable[[], Awaitable[int]], lease: Lease) -> None:
        if lease.over.is_set():
            return
        count = await step()
        if count:
            log.info("swept", what=step.__name__.strip("_"), count=count)

    async def _expire(self) -> int:
        """Drops the bytes of uploads that waited too long; they are told of for a while."""
        async with self._database.session() as session:
            found = await session.scalars(
                select(UploadRow).where(
                    UploadRow.state == UploadState.RECEIVING, UploadRow.expires_at_ms < now_ms()
                )
            )
            rows = list(found)
        for row in rows:
            async with self._leases.held(f"upload:{row.id}") as lease:
                if lease is not None:
                    await self._expire_one(row.id)
        return len(rows)

    async def _expire_one(self, upload_id: str) -> None:
        async with self._database.session() as session:
            row = await session.get(UploadRow, upload_id)
            if row is None or row.state != UploadState.RECEIVING or row.expires_at_ms > now_ms():
                return  # bytes came meanwhile
            row.state = UploadState.EXPIRED
        await self._finishing.drop_bytes(row)

    async def _forget_rows(self) -> int:
        ended = (UploadState.COMPLETED, UploadState.FAILED, UploadState.EXPIRED)
        async with self._database.session() as session:
            uploads = await session.scalars(
                select(UploadRow.id).where(
                    UploadRow.state.in_(ended), UploadRow.expires_at_ms < now_ms() - REMEMBERED_MS
                )
            )
            ids = list(uploads)
            await session.execute(delete(UploadRow).where(UploadRow.id.in_(ids)))
            before_ms = now_ms() - IMPORTS_REMEMBERED_MS
            await session.execute(delete(ImportRow).where(ImportRow.finished_at_ms < before_ms))
            await session.execute(delete(LeaseRow).where(LeaseRow.until_ms < before_ms))
        return len(ids)

    async def _abort_parts(self) -> int:
        """Ends objects that no upload writes any more."""
        count = 0
        async for target in self._store.parts.unfinished("videos"):
            if target.begun_at_ms < now_ms() - self._age_ms and not await self._known(
                UploadRow.token, [target.token]
            ):
                await self._store.parts.abort(target)
                count += 1
        return count

    async def _remove_tails(self) -> int:
        return await self._remove("uploads", lambda _: True, UploadRow.id)

    async def _remove_videos(self) -> int:
        """Removes sources whose writer died before it wrote the video's row.

        Where anything has been made of a source, there was a row: such a folder is left alone.
        """
        return await self._remove(
            "videos", lambda rest: rest.startswith("source/"), VideoRow.id, UploadRow.reserved_id
        )

    async def _remove(
        self,
        prefix: str,
        is_ours: Callable[[str], bool],
        *columns: InstrumentedAttribute[str],
    ) -> int:
        """Removes the folders that none of the columns knows and in which nothing is young."""
        count = 0
        async for names in _batches(self._store.children(prefix)):
            old = [name for name in names if await self._is_old(f"{prefix}/{name}", is_ours)]
            # Asked last: a row may be written while we look at the bytes.
            known = set[str]()
            for column in columns:
                known |= await self._known(column, old)
            for name in set(old) - known:
                await self._store.delete_prefix(f"{prefix}/{name}")
                count += 1
        return count

    async def _is_old(self, prefix: str, is_ours: Callable[[str], bool]) -> bool:
        infos = [info async for info in self._store.walk(prefix)]
        return bool(infos) and all(
            is_ours(info.key.removeprefix(f"{prefix}/"))
            and info.modified_at_ms < now_ms() - self._age_ms
            for info in infos
        )

    async def _known(self, column: InstrumentedAttribute[str], names: Iterable[str]) -> set[str]:
        async with self._database.session() as session:
            return set(await session.scalars(select(column).where(column.in_(list(names)))))


async def _batches(names: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    batch: list[str] = []
    async for name in names:
        batch.append(name)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
