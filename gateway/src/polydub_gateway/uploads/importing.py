"""Imports: what an address leads to becomes a video, in the background, on any replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sqlalchemy import ColumnElement, CursorResult, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub.settings import CommonSettings
from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import Database, VideoRow, owned
from polydub_gateway.db.counts import lock
from polydub_gateway.db.uploads import ImportRow, LeaseRow
from polydub_gateway.identity import new_id
from polydub_gateway.leases import Lease, Leases
from polydub_gateway.problems import problem
from polydub_gateway.sealing import Broken, Sealing
from polydub_gateway.settings import GatewaySettings
from polydub_gateway.uploads.fetching import Fetching, FetchLimits, Progress, host_of
from polydub_gateway.uploads.guard import Rules
from polydub_gateway.uploads.receiving import Received, Receiving
from polydub_gateway.uploads.videos import Videos

MAX_ATTEMPTS = 3
_REPORT_EVERY_S = 0.5
_FETCHED = 0.95
"""Of the progress: the rest is probing."""

log = telemetry.logger(__name__)


class ImportState(StrEnum):
    """What an import can be."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


_OPEN = (ImportState.QUEUED, ImportState.RUNNING)


@dataclass(frozen=True)
class Import:
    """An import, and its video where it became one."""

    row: ImportRow
    video: VideoRow | None = None


@dataclass(frozen=True)
class ImportPage:
    """Some imports, newest first, and where the next page starts."""

    imports: tuple[Import, ...]
    next_cursor: str | None


class Imports:
    """The imports of all owners.

    Args:
        concurrency: how many this replica does at a time.
        queue: how many of one owner may wait or run.
        shared: whether the last place is kept for an owner who has none here.
        leftovers_s: how old what others left must be to be removed.
        retry_s: before the second attempt; twice that before the third.
    """

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        receiving: Receiving,
        videos: Videos,
        leases: Leases,
        fetching: Fetching,
        *,
        concurrency: int,
        queue: int,
        shared: bool,
        retry_s: float,
        leftovers_s: float,
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._receiving = receiving
        self._videos = videos
        self._leases = leases
        self._fetching = fetching
        self._concurrency = concurrency
        self._queue = queue
        self._shared = shared and concurrency > 1
        self._retry_s = retry_s
        self._leftovers_s = leftovers_s
        self._running: dict[str, asyncio.Task[None]] = {}
        self._owners: dict[str, str] = {}

    async def begin(self, owner_id: str, url: str) -> Import:
        """Takes an import on.

        Raises:
            StageError: ``invalid_request``; ``address_refused``; ``quota_exceeded`` where too
                many are under way, or nothing more can be stored.
        """
        await self._fetching.check(url)
        await self._receiving.check_size(owner_id, 1)
        import_id = new_id("imp")
        row = ImportRow(
            id=import_id, owner_id=owner_id, host=host_of(url)[:255],
            sealed_url=self._sealing.seal(url.encode(), purpose=import_id),
            state=ImportState.QUEUED, progress=0.0, received_bytes=0, attempts=0,
            next_try_at_ms=0, created_at_ms=now_ms(),
        )  # fmt: skip
        async with self._database.session() as session:
            await lock(session, owner_id)
            await self._check_queue(session, owner_id)
            session.add(row)
        await self.run_waiting()
        return Import(row)

    async def get(self, owner_id: str, import_id: str) -> Import:
        """Raises:
        StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await owned(session, ImportRow, owner_id, import_id)
            video = await session.get(VideoRow, row.video_id) if row.video_id else None
        return Import(row, video)

    async def page(
        self, owner_id: str, *, limit: int, cursor: str | None, states: Sequence[ImportState]
    ) -> ImportPage:
        """An owner's imports behind a cursor that are in one of some states (none: in any).

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        query = select(ImportRow, VideoRow).outerjoin(VideoRow, VideoRow.id == ImportRow.video_id)
        query = query.where(ImportRow.owner_id == owner_id)
        if states:
            query = query.where(ImportRow.state.in_(states))
        if cursor:
            place = tuple_(ImportRow.created_at_ms, ImportRow.id)
            query = query.where(place < from_cursor(cursor))
        query = query.order_by(ImportRow.created_at_ms.desc(), ImportRow.id.desc())
        async with self._database.session() as session:
            found = await session.execute(query.limit(limit + 1))
            imports = tuple(Import(row, video) for row, video in found)
        if len(imports) <= limit:
            return ImportPage(imports, None)
        last = imports[limit - 1].row
        return ImportPage(imports[:limit], to_cursor(last.created_at_ms, last.id))

    async def cancel(self, owner_id: str, import_id: str) -> Import:
        """Stops an import, whichever replica does it.

        Raises:
            StageError: ``not_found``; ``conflict`` when it ended before.
        """
        await self.get(owner_id, import_id)
        stopped = await self._change(
            import_id, state=ImportState.CANCELED, finished_at_ms=now_ms(), sealed_url=""
        )
        found = await self.get(owner_id, import_id)
        if not stopped and found.row.state != ImportState.CANCELED:
            raise StageError(
                "conflict", f"The import is {found.row.state} already.", hint="Nothing is to do."
            )
        return found

    async def run_waiting(self) -> None:
        """Begins what nobody does, as far as this replica has hands: of each owner in turn."""
        for import_id, owner_id in await self._waiting():
            if self._has_hands_for(owner_id) and import_id not in self._running:
                task = asyncio.create_task(self._run(import_id))
                self._running[import_id], self._owners[import_id] = task, owner_id
                task.add_done_callback(partial(self._ended, import_id))

    def _has_hands_for(self, owner_id: str) -> bool:
        free = self._concurrency - len(self._running)
        if self._shared and owner_id in self._owners.values():
            # Slow addresses of one owner are not to keep all others waiting.
            free -= 1
        return free > 0

    async def _waiting(self) -> Sequence[tuple[str, str]]:
        """The next imports and their owners: those first who have fewest at work, on all
        replicas."""
        if len(self._running) >= self._concurrency:
            return ()
        at_work = (
            select(ImportRow.owner_id, func.count().label("count"))
            .where(ImportRow.state.in_(_OPEN), _is_held())
            .group_by(ImportRow.owner_id)
            .subquery()
        )
        turn = func.row_number().over(
            partition_by=ImportRow.owner_id, order_by=(ImportRow.created_at_ms, ImportRow.id)
        )
        query = (
            select(ImportRow.id, ImportRow.owner_id)
            .outerjoin(at_work, at_work.c.owner_id == ImportRow.owner_id)
            .where(ImportRow.state.in_(_OPEN), ImportRow.next_try_at_ms <= now_ms(), ~_is_held())
            .order_by(func.coalesce(at_work.c.count, 0) + turn, ImportRow.created_at_ms)
            .limit(2 * self._concurrency)
        )
        async with self._database.session() as session:
            return [(found[0], found[1]) for found in await session.execute(query)]

    async def _check_queue(self, session: AsyncSession, owner_id: str) -> None:
        of_owner = (ImportRow.owner_id == owner_id) & ImportRow.state.in_(_OPEN)
        count = await session.scalar(select(func.count()).where(of_owner)) or 0
        if count >= self._queue:
            raise StageError(
                "quota_exceeded",
                f"{count} imports are under way, and {self._queue} may be at a time.",
                hint="Wait for one to end, or cancel one.",
            )

    def _ended(self, import_id: str, _: asyncio.Task[None]) -> None:
        del self._running[import_id], self._owners[import_id]

    async def remove_leftovers(self) -> None:
        """Removes what processes that died left on this machine."""
        await self._fetching.remove_leftovers(older_than_s=self._leftovers_s)

    async def aclose(self) -> None:
        """Leaves what is not done to other replicas, or to the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, import_id: str) -> None:
        async with self._leases.held(f"import:{import_id}") as lease:
            row = await self._claimed(import_id) if lease else None
            if lease is None or row is None:
                return
            try:
                await self._work(row, lease)
            except asyncio.CancelledError:
                await asyncio.shield(self._give_back(row))
                raise
            except StageError as error:
                await self._note_failure(row, error)

    async def _claimed(self, import_id: str) -> ImportRow | None:
        async with self._database.session() as session:
            row = await session.get(ImportRow, import_id)
            if row is None or row.state not in _OPEN:
                return None
            row.state = ImportState.RUNNING
            row.attempts += 1
        if row.attempts > MAX_ATTEMPTS:
            died = StageError("stage_crashed", "The import ended its process each time.")
            await self._note_failure(row, died)
            return None
        return row

    async def _work(self, row: ImportRow, lease: Lease) -> None:
        progress = Progress(room_bytes=await self._receiving.room_bytes(row.owner_id))
        fetching = asyncio.create_task(self._fetch(row, progress))
        try:
            while not fetching.done():
                await asyncio.wait([fetching], timeout=_REPORT_EVERY_S)
                if lease.over.is_set() or not await self._told(row.id, progress):
                    return  # another replica has it, or it was canceled
            received = fetching.result()
        finally:
            fetching.cancel()
            with suppress(asyncio.CancelledError, StageError):
                await fetching
        kept = await self._change(
            row.id, state=ImportState.COMPLETED, progress=1.0, video_id=received.video.id,
            finished_at_ms=now_ms(), sealed_url="", error=None,
        )  # fmt: skip
        if not kept and received.created:  # canceled at the last moment
            await self._videos.delete(row.owner_id, received.video.id)

    async def _fetch(self, row: ImportRow, progress: Progress) -> Received:
        try:
            url = self._sealing.unseal(row.sealed_url, purpose=row.id).decode()
        except Broken as error:
            raise StageError(
                "import_failed", "The gateway's secret is another now.", hint="Import it again."
            ) from error
        taken_in: list[Received] = []

        async def receive(name: str, chunks: AsyncIterator[bytes]) -> None:
            taken_in.append(await self._receiving.receive(row.owner_id, name, chunks))

        await self._fetching.fetch(url, progress, receive)
        return taken_in[0]

    async def _told(self, import_id: str, progress: Progress) -> bool:
        return await self._change(
            import_id,
            progress=_FETCHED * progress.fraction,
            received_bytes=progress.received_bytes,
        )

    async def _note_failure(self, row: ImportRow, error: StageError) -> None:
        log.info("an import failed", import_id=row.id, code=error.code)
        if error.retryable and row.attempts < MAX_ATTEMPTS:
            await self._change(
                row.id,
                state=ImportState.QUEUED,
                next_try_at_ms=now_ms() + round(self._retry_s * row.attempts * 1000),
                error=problem(error),
            )
            return
        await self._change(
            row.id, state=ImportState.FAILED, error=problem(error), finished_at_ms=now_ms(),
            sealed_url="",
        )  # fmt: skip

    async def _give_back(self, row: ImportRow) -> None:
        """This process ends in order: that counts as no attempt."""
        await self._change(row.id, state=ImportState.QUEUED, attempts=row.attempts - 1)

    async def _change(self, import_id: str, **values: object) -> bool:
        """Changes an import that has not ended; False where it has."""
        async with self._database.session() as session:
            done = await session.execute(
                update(ImportRow)
                .where(ImportRow.id == import_id, ImportRow.state.in_(_OPEN))
                .values(**values)
            )
        assert isinstance(done, CursorResult)
        return bool(done.rowcount)


def _is_held() -> ColumnElement[bool]:
    """Whether some replica does an import."""
    return exists().where(LeaseRow.name == "import:" + ImportRow.id, LeaseRow.until_ms >= now_ms())


def open_imports(
    settings: GatewaySettings,
    common: CommonSettings,
    database: Database,
    sealing: Sealing,
    receiving: Receiving,
    videos: Videos,
    leases: Leases,
) -> Imports:
    """The imports of this deployment."""
    asked = settings.uploads
    rules = Rules(
        asked.import_allowed_domains, asked.import_blocked_domains, settings.trusted_networks
    )
    limits = FetchLimits(
        bytes=settings.max_upload_bytes,
        seconds=asked.import_timeout_s,
        pages=asked.import_pages,
        max_height=asked.import_max_height,
    )
    fetching = Fetching(rules, limits, common.cache_dir / "imports")
    return Imports(
        database, sealing, receiving, videos, leases, fetching,
        concurrency=asked.import_concurrency, queue=asked.import_queue,
        shared=settings.sign_in.accounts, retry_s=asked.import_retry_s,
        leftovers_s=max(asked.orphan_age_s, asked.import_timeout_s),
    )  # fmt: skip
