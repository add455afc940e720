"""What jobs tell of the video that they are made of, and of who speaks in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.db.edits import SpeakerRow
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.thumbnails import thumbnail_url


@dataclass(frozen=True)
class Source:
    """The video of a job, and its speakers."""

    duration_s: float = 0.0
    thumbnail_url: str | None = None
    speaker_names: Mapping[str, str] = field(default_factory=dict)
    """By id, of those whom a person has named."""


async def sources_of(database: Database, rows: Sequence[DubRow]) -> Mapping[str, Source]:
    """The sources of some jobs, by the jobs' ids."""
    async with database.session() as session:
        found = await session.scalars(
            select(VideoRow).where(VideoRow.id.in_({row.video_id for row in rows}))
        )
        videos = {video.id: media_of(video) for video in found}
        named = await session.scalars(
            select(SpeakerRow).where(
                SpeakerRow.dub_id.in_([row.id for row in rows]), SpeakerRow.name != SpeakerRow.id
            )
        )
        names: dict[str, dict[str, str]] = defaultdict(dict)
        for speaker in named:
            names[speaker.dub_id][speaker.id] = speaker.name
    return {
        row.id: Source(
            videos[row.video_id].duration_s,
            thumbnail_url(row.video_id, videos[row.video_id]),
            names.get(row.id, {}),
        )
        for row in rows
        if row.video_id in videos
    }
