"""Deletes what is kept for no longer than the operator says, and what was to be deleted before."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.leases import Leases
from polydub_gateway.uploads.videos import Videos

DAY_MS = 24 * 3600 * 1000
_GONE_OR_BUSY = ("not_found", "conflict")

log = telemetry.logger(__name__)


class Retention:
    """Args:
    days: after how many without a new dub a video goes, with all that was made of it; 0: never.
    """

    def __init__(self, database: Database, videos: Videos, leases: Leases, days: int) -> None:
        self._database = database
        self._videos = videos
        self._leases = leases
        self._days = days

    async def apply(self) -> None:
        """Deletes what is due, unless another replica does.

        A video of which a job runs stays until the next time.
        """
        async with self._leases.held("retention") as lease:
            if lease is None:
                return
            for owner_id, video_id in await self._due():
                if lease.over.is_set():
                    return
                await self._delete(owner_id, video_id)

    async def _due(self) -> list[tuple[str, str]]:
        due: ColumnElement[bool] = VideoRow.deleting.is_(True)  # who began to delete it died
        if self._days:
            due = or_(due, _unused_since(now_ms() - self._days * DAY_MS))
        query = select(VideoRow.owner_id, VideoRow.id).where(due)
        async with self._database.session() as session:
            return [(owner_id, video_id) for owner_id, video_id in await session.execute(query)]

    async def _delete(self, owner_id: str, video_id: str) -> None:
        try:
            # In the record as nobody's deed.
            await self._videos.delete(owner_id, video_id, by=Actor(organisation_id=owner_id))
        except StageError as error:
            if error.code not in _GONE_OR_BUSY:
                raise
        else:
            log.info("a video was deleted", video_id=video_id)


def _unused_since(before_ms: int) -> ColumnElement[bool]:
    used_since = exists().where(
        DubRow.video_id == VideoRow.id,
        or_(DubRow.finished_at_ms.is_(None), DubRow.finished_at_ms >= before_ms),
    )
    return (VideoRow.created_at_ms < before_ms) & ~used_since
