"""Whether there is room for one more: decided where it is written, one after the other.

Both functions hold the organisation's row from here to the commit, so that two who come at once
can't both take the last place.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.db.counts import lock
from polydub_gateway.db.delivery import StoredRow, UsageRow
from polydub_gateway.db.uploads import UploadRow
from polydub_gateway.jobs.state import JobState, State
from polydub_gateway.limits.limits import Limits
from polydub_gateway.limits.quotas import Quotas
from polydub_gateway.limits.usage import counted_languages, month_of, stored_bytes, used_ms
from polydub_gateway.uploads.states import UploadState

_RUNNING = [state.value for state in State if not state.ended]


class Admission:
    """Lets jobs and uploads in."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def quotas(self, owner_id: str) -> Quotas:
        """What an organisation may use. To be asked for before the transaction begins."""
        return await self._limits.quotas(owner_id)

    async def admit_dub(
        self,
        session: AsyncSession,
        quotas: Quotas,
        row: DubRow,
        state: JobState,
        *,
        source_ms: int = 0,
    ) -> None:
        """Counts a job that is about to be written as queued, for the first time or again.

        To be called before anything else is written in the transaction.

        Args:
            source_ms: of a new job; of one that was counted before it is known.

        Raises:
            StageError: ``quota_exceeded``; ``conflict`` while its video is being deleted.
        """
        await lock(session, row.owner_id)
        await _check_video_stays(session, row.video_id)
        counted = await session.get(UsageRow, row.id)
        source_ms = counted.source_ms if counted else source_ms
        await _check_jobs(session, quotas, row)
        month, languages = month_of(now_ms()), counted_languages(state)
        used = await used_ms(session, row.owner_id, month, but=row.id)
        _check_minutes(quotas, used, source_ms * languages)
        if counted is None:
            counted = UsageRow(
                dub_id=row.id,
                owner_id=row.owner_id,
                video_id=row.video_id,
                month=month,
                source_ms=source_ms,
                billed=[],
                created_at_ms=row.created_at_ms,
            )
            session.add(counted)
        elif counted.languages == 0:
            counted.month = month
        counted.state, counted.languages = state.state, languages

    async def admit_video(
        self, session: AsyncSession, quotas: Quotas, video: VideoRow, size_bytes: int
    ) -> None:
        """Writes a new video's row, and counts its bytes.

        To be called before anything else is written in the transaction.

        Raises:
            StageError: ``quota_exceeded``.
        """
        await lock(session, video.owner_id)
        check_storage(quotas, await _taken(session, video.owner_id, but=video.id), size_bytes)
        session.add(video)
        await session.flush()
        session.add(StoredRow(video_id=video.id, owner_id=video.owner_id, size_bytes=size_bytes))

    async def admit_upload(
        self, session: AsyncSession, quotas: Quotas, owner_id: str, length: int
    ) -> None:
        """Lets in an upload of which so many bytes are announced, and that is about to be written.

        Until it is a video, has expired or was ended, its bytes count as if they were there.

        Raises:
            StageError: ``quota_exceeded``.
        """
        await lock(session, owner_id)
        check_storage(quotas, await _taken(session, owner_id), length)

    async def check_room(self, owner_id: str, more_bytes: int | None) -> None:
        """Refuses an upload that is announced to be too large for what is left, early.

        Raises:
            StageError: ``quota_exceeded``.
        """
        quotas = await self.quotas(owner_id)
        if more_bytes is not None and quotas.storage_bytes is not None:
            async with self._database.session() as session:
                check_storage(quotas, await _taken(session, owner_id), more_bytes)

    async def room_bytes(self, owner_id: str) -> int | None:
        """How many more bytes an organisation may store; None: as many as it likes."""
        allowed = (await self.quotas(owner_id)).storage_bytes
        if allowed is None:
            return None
        async with self._database.session() as session:
            return max(0, allowed - await _taken(session, owner_id))


def check_storage(quotas: Quotas, used_bytes: int, more_bytes: int) -> None:
    """Returns when there is room for more bytes.

    Raises:
        StageError: ``quota_exceeded``.
    """
    allowed = quotas.storage_bytes
    if allowed is not None and used_bytes + more_bytes > allowed:
        raise StageError(
            "quota_exceeded",
            f"{_said(used_bytes)} of {_said(allowed)} are used; this needs {_said(more_bytes)}.",
            hint="Delete videos or dubs that are not needed, or ask an admin for more.",
        )


async def _taken(session: AsyncSession, owner_id: str, *, but: str = "") -> int:
    """The bytes that are stored, and those that uploads under way were let in with.

    Args:
        but: the video to be of an upload that is not to be counted.
    """
    waits = (UploadRow.state == UploadState.RECEIVING) & (UploadRow.expires_at_ms > now_ms())
    reserved = await session.scalar(
        select(func.coalesce(func.sum(UploadRow.length), 0)).where(
            UploadRow.owner_id == owner_id,
            UploadRow.reserved_id != but,
            waits | (UploadRow.state == UploadState.PROCESSING),
            UploadRow.reserved_id.not_in(select(VideoRow.id).where(VideoRow.owner_id == owner_id)),
        )
    )
    return await stored_bytes(session, owner_id) + int(reserved or 0)


async def _check_video_stays(session: AsyncSession, video_id: str) -> None:
    if await session.scalar(select(VideoRow.deleting).where(VideoRow.id == video_id)):
        raise StageError(
            "conflict", "The video is being deleted.", hint="Upload it again to dub it."
        )


async def _check_jobs(session: AsyncSession, quotas: Quotas, row: DubRow) -> None:
    if quotas.concurrent_jobs is None:
        return
    query = select(func.count()).where(
        DubRow.owner_id == row.owner_id, DubRow.state.in_(_RUNNING), DubRow.id != row.id
    )
    running = await session.scalar(query) or 0
    if running >= quotas.concurrent_jobs:
        raise StageError(
            "quota_exceeded",
            f"{running} dubs are running, and {quotas.concurrent_jobs} may run at a time.",
            hint="Wait for one to end, or cancel one.",
        )


def _check_minutes(quotas: Quotas, used: int, more: int) -> None:
    allowed = quotas.minutes_per_month
    if allowed is not None and used + more > allowed * 60_000:
        raise StageError(
            "quota_exceeded",
            f"{used / 60_000:.1f} of {allowed:g} minutes of this month are used; this needs "
            f"{more / 60_000:.1f} (minutes of source, times languages).",
            hint="Wait for the next month, choose fewer languages, or ask an admin for more.",
        )


def _said(size_bytes: int) -> str:
    """A number of bytes as people read it."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} B"
