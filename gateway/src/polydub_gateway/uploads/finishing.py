"""Makes videos of uploads whose bytes are all there; whoever began it, any replica ends it."""

from __future__ import annotations

import asyncio
from functools import partial

from sqlalchemy import select, update

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub.store import ObjectStore
from polydub_gateway.db import Database, VideoRow
from polydub_gateway.db.uploads import UploadRow
from polydub_gateway.leases import Leases
from polydub_gateway.problems import problem
from polydub_gateway.uploads.growing import discard
from polydub_gateway.uploads.receiving import Receiving
from polydub_gateway.uploads.settings import UploadSettings
from polydub_gateway.uploads.states import UploadState, place_of

RETRY_S = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Between attempts, while what is needed for a video is away."""

log = telemetry.logger(__name__)


class Finishing:
    """What happens to an upload after its last byte."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        receiving: Receiving,
        leases: Leases,
        settings: UploadSettings,
    ) -> None:
        self._database = database
        self._store = store
        self._receiving = receiving
        self._leases = leases
        self._settings = settings
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def all_there(self, row: UploadRow) -> None:
        """Notes that an upload is whole: from now on it becomes a video, whoever dies."""
        expires_at_ms = now_ms() + self._settings.upload_expiry_s * 1000
        await self._note(row, state=UploadState.PROCESSING, expires_at_ms=expires_at_ms)

    async def finish(self, row: UploadRow, wait_s: float | None = None) -> None:
        """Makes the video. After ``wait_s`` it goes on without the caller."""
        task = self._tasks.get(row.id)
        if task is None:
            task = asyncio.create_task(self._finish(row.id))
            self._tasks[row.id] = task
            task.add_done_callback(partial(self._ended, row.id))
        await asyncio.wait([task], timeout=wait_s)
        if task.done():
            task.result()

    async def finish_waiting(self) -> None:
        """Goes on with whole uploads that nobody makes a video of."""
        async with self._database.session() as session:
            rows = await session.scalars(
                select(UploadRow).where(
                    UploadRow.state == UploadState.PROCESSING,
                    UploadRow.next_try_at_ms <= now_ms(),
                )
            )
            waiting = list(rows)
        for row in waiting:
            await self.finish(row)

    async def drop_bytes(self, row: UploadRow) -> None:
        """Removes what the store has of an upload that is no video."""
        await discard(self._store, place_of(row))
        async with self._database.session() as session:
            video = await session.get(VideoRow, row.reserved_id)
        if video is None:
            await self._store.delete_prefix(f"videos/{row.reserved_id}")

    async def aclose(self) -> None:
        """Leaves uploads that are not finished to other replicas, or to the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, upload_id: str, _: asyncio.Task[None]) -> None:
        del self._tasks[upload_id]

    async def _finish(self, upload_id: str) -> None:
        async with self._leases.held(f"upload:{upload_id}") as lease:
            if lease is None:
                return
            async with self._database.session() as session:
                row = await session.get(UploadRow, upload_id)
            if row is None or row.state != UploadState.PROCESSING:
                return
            try:
                video_id = await self._video_of(row)
            except StageError as error:
                await self._note_failure(row, error)
            else:
                await self._note(row, state=UploadState.COMPLETED, video_id=video_id, error=None)

    async def _video_of(self, row: UploadRow) -> str:
        if row.length == 0:
            raise StageError("media_empty", "The upload has no bytes.")
        received = await self._receiving.adopt(
            row.owner_id, row.filename, row.reserved_id, sha256=row.sha256
        )
        return received.video.id

    async def _note_failure(self, row: UploadRow, error: StageError) -> None:
        log.info("an upload is no video", upload_id=row.id, code=error.code)
        if error.retryable and row.expires_at_ms > now_ms():
            wait_s = RETRY_S[min(row.attempts, len(RETRY_S) - 1)]
            await self._note(
                row,
                attempts=row.attempts + 1,
                next_try_at_ms=now_ms() + round(wait_s * 1000),
                error=problem(error),
            )
            return
        await self.drop_bytes(row)
        await self._note(row, state=UploadState.FAILED, error=problem(error))

    async def _note(self, row: UploadRow, **values: object) -> None:
        async with self._database.session() as session:
            await session.execute(update(UploadRow).where(UploadRow.id == row.id).values(**values))
