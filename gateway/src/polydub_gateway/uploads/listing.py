"""Which videos a list shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import DubRow, VideoRow
from polydub_gateway.db.delivery import StoredRow
from polydub_gateway.uploads.names import search_form

# Per row that is shown, not per row that there is: both are looked up by an index.
_DUBS = (
    select(func.count()).where(DubRow.video_id == VideoRow.id).correlate(VideoRow).scalar_subquery()
)
_BYTES = (
    select(StoredRow.size_bytes)
    .where(StoredRow.video_id == VideoRow.id)
    .correlate(VideoRow)
    .scalar_subquery()
)


@dataclass(frozen=True)
class ListedVideo:
    """A video, and what hangs on it."""

    row: VideoRow
    dubs: int
    stored_bytes: int
    """With all that was made of it, as it was measured last."""


@dataclass(frozen=True)
class VideoPage:
    """Some videos, newest first, and where the next page starts."""

    videos: tuple[ListedVideo, ...]
    next_cursor: str | None


async def page_of(
    session: AsyncSession, owner_id: str, *, limit: int, cursor: str | None, text: str
) -> VideoPage:
    """An owner's videos behind a cursor whose file's name holds a text, in either case.

    Raises:
        StageError: ``invalid_request`` for a cursor that we did not give, and text that a database
            can't look for.
    """
    found = await session.execute(_listed(owner_id, cursor, text).limit(limit + 1))
    videos = tuple(ListedVideo(row, dubs, size or 0) for row, dubs, size in found)
    if len(videos) <= limit:
        return VideoPage(videos, None)
    last = videos[limit - 1].row
    return VideoPage(videos[:limit], to_cursor(last.created_at_ms, last.id))


def _listed(owner_id: str, cursor: str | None, text: str) -> Select[Any]:
    if "\0" in text:
        raise StageError("invalid_request", "NUL can't be looked for.")
    query = select(VideoRow, _DUBS, _BYTES).where(VideoRow.owner_id == owner_id)
    if text:
        query = query.where(VideoRow.search_name.contains(search_form(text), autoescape=True))
    if cursor:
        query = query.where(tuple_(VideoRow.created_at_ms, VideoRow.id) < from_cursor(cursor))
    return query.order_by(VideoRow.created_at_ms.desc(), VideoRow.id.desc())
