"""Uploaded videos: looked up and deleted."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DubRow, VideoRow, owned
from polydub_gateway.db.counts import lock, tell
from polydub_gateway.db.uploads import ImportRow, UploadRow
from polydub_gateway.jobs.consequences import deletion_of
from polydub_gateway.jobs.state import State
from polydub_gateway.uploads.listing import VideoPage, page_of


class Videos:
    """The videos of all owners."""

    def __init__(self, database: Database, link: BusLink, store: ObjectStore) -> None:
        self._database = database
        self._link = link
        self._store = store

    async def get(self, owner_id: str, video_id: str) -> VideoRow:
        """One video.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            return await owned(session, VideoRow, owner_id, video_id)

    async def page(
        self, owner_id: str, *, limit: int, cursor: str | None = None, text: str = ""
    ) -> VideoPage:
        """A page of the owner's videos whose file's name holds a text, newest first.

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        async with self._database.session() as session:
            return await page_of(session, owner_id, limit=limit, cursor=cursor, text=text)

    async def delete(self, owner_id: str, video_id: str, *, by: Actor | None = None) -> None:
        """Deletes a video, its jobs, and all that was made of it.

        What the jobs count for stays counted, and what people corrected stays remembered. A video
        of which the deletion broke off is deleted by deleting it again; :class:`Retention` does so.

        Args:
            by: for the record; None: the gateway itself, which no one asked to keep it.

        Raises:
            StageError: ``not_found``; ``conflict`` while a job of it runs; ``bus_unavailable``.
        """
        _ = self._link.bus  # away, it raises before anything is marked
        jobs = await self._mark(owner_id, video_id, by)
        # Events and bytes go first: a row without them can be deleted again, they without a row
        # can't.
        for job_id in jobs:
            await self._link.bus.forget(job_id)
        await self._store.delete_prefix(f"videos/{video_id}")
        try:
            await self._delete_rows(owner_id, video_id, jobs)
        except IntegrityError as error:
            # A replica of a former version, which knows no mark.
            raise StageError("conflict", "A job of this video started just now.") from error

    async def _mark(self, owner_id: str, video_id: str, by: Actor | None) -> list[str]:
        """The ids of a video's jobs, all of which have ended; from now on there come no others."""
        async with self._database.session() as session:
            # Who begins a job holds this row as well, and looks for the mark.
            await lock(session, owner_id)
            video = await owned(session, VideoRow, owner_id, video_id)
            jobs = await _ended_jobs(session, video.id)
            if by is not None and not video.deleting:
                session.add(entry(by, "video_deleted", video.id, dubs=len(jobs)))
            video.deleting, video.sha256 = True, video.id
        return jobs

    async def _delete_rows(self, owner_id: str, video_id: str, jobs: list[str]) -> None:
        async with self._database.session() as session:
            await lock(session, owner_id)
            for dub in list(await session.scalars(select(DubRow).where(DubRow.id.in_(jobs)))):
                await tell(session, owner_id, deletion_of(dub))
            await session.execute(delete(DubRow).where(DubRow.id.in_(jobs)))
            for of_it in (UploadRow.video_id, ImportRow.video_id, VideoRow.id):
                await session.execute(delete(of_it.class_).where(of_it == video_id))


async def _ended_jobs(session: AsyncSession, video_id: str) -> list[str]:
    query = select(DubRow.id, DubRow.state).where(DubRow.video_id == video_id)
    jobs = list(await session.execute(query))
    running = next((job.id for job in jobs if not State(job.state).ended), None)
    if running is not None:
        raise StageError(
            "conflict",
            f"The job {running} of this video still runs.",
            hint="Cancel the job, or wait for its end, and delete the video then.",
        )
    return [job.id for job in jobs]
