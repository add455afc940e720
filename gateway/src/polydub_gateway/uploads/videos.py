"""Uploaded videos: looked up and deleted."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DubRow, VideoRow, owned
from polydub_gateway.db.counts import tell
from polydub_gateway.db.uploads import ImportRow, UploadRow
from polydub_gateway.jobs.consequences import deletion_of
from polydub_gateway.jobs.state import State


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

    async def delete(self, owner_id: str, video_id: str, *, by: Actor | None = None) -> None:
        """Deletes a video, its jobs, and all that was made of it.

        What the jobs count for stays counted, and what people corrected stays remembered.

        Args:
            by: for the record; None: the gateway itself, which no one asked to keep it.

        Raises:
            StageError: ``not_found``; ``conflict`` while a job of it runs; ``bus_unavailable``.
        """
        video = await self.get(owner_id, video_id)
        jobs = await self._ended_jobs(video.id)
        # Events and bytes go first: a row without them can be deleted again, they without a row
        # can't.
        for job_id in jobs:
            await self._link.bus.forget(job_id)
        await self._store.delete_prefix(f"videos/{video.id}")
        try:
            async with self._database.session() as session:
                dubs = list(
                    await session.scalars(select(DubRow).where(DubRow.video_id == video.id))
                )
                for dub in dubs:
                    await tell(session, owner_id, deletion_of(dub))
                for of_it in (UploadRow.video_id, ImportRow.video_id, DubRow.video_id, VideoRow.id):
                    await session.execute(delete(of_it.class_).where(of_it == video.id))
                if by is not None:
                    session.add(entry(by, "video_deleted", video.id, dubs=len(dubs)))
        except IntegrityError as error:
            raise StageError("conflict", "A job of this video started just now.") from error

    async def _ended_jobs(self, video_id: str) -> list[str]:
        """The ids of a video's jobs, all of which have ended."""
        query = select(DubRow.id, DubRow.state).where(DubRow.video_id == video_id)
        async with self._database.session() as session:
            jobs = list(await session.execute(query))
        running = next((job.id for job in jobs if not State(job.state).ended), None)
        if running is not None:
            raise StageError(
                "conflict",
                f"The job {running} of this video still runs.",
                hint="Cancel the job, or wait for its end, and delete the video then.",
            )
        return [job.id for job in jobs]
