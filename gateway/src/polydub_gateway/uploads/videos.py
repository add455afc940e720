"""Uploaded videos: looked up and deleted."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub_gateway.db import Database, DubRow, VideoRow, owned
from polydub_gateway.db.counts import tell
from polydub_gateway.jobs.consequences import deletion_of
from polydub_gateway.jobs.state import State

_RUNNING = [state.value for state in State if not state.ended]


class Videos:
    """The videos of all owners."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def get(self, owner_id: str, video_id: str) -> VideoRow:
        """One video.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            return await owned(session, VideoRow, owner_id, video_id)

    async def delete(self, owner_id: str, video_id: str) -> None:
        """Deletes a video, its jobs, and all that was made of it.

        Raises:
            StageError: ``not_found``; ``conflict`` while a job of it runs.
        """
        video = await self.get(owner_id, video_id)
        async with self._database.session() as session:
            running = await session.scalar(
                select(DubRow.id).where(DubRow.video_id == video.id, DubRow.state.in_(_RUNNING))
            )
            if running is not None:
                raise StageError(
                    "conflict",
                    f"The job {running} of this video still runs.",
                    hint="Cancel the job, or wait for its end, and delete the video then.",
                )
        # The bytes go first: a row without bytes can be deleted again, bytes without a row can't.
        await self._store.delete_prefix(f"videos/{video.id}")
        try:
            async with self._database.session() as session:
                dubs = list(
                    await session.scalars(select(DubRow).where(DubRow.video_id == video.id))
                )
                for dub in dubs:
                    await tell(session, owner_id, deletion_of(dub))
                await session.execute(delete(DubRow).where(DubRow.video_id == video.id))
                await session.execute(delete(VideoRow).where(VideoRow.id == video.id))
        except IntegrityError as error:
            raise StageError("conflict", "A job of this video started just now.") from error
