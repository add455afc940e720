"""What jobs tell of the video that they are made of, and of who speaks in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub_gateway.db import DubRow, VideoRow
from polydub_gateway.db.edits import SpeakerRow
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.thumbnails import thumbnail_url

# Built once: lists and single jobs are asked for more often than anything else.
_VIDEOS = select(VideoRow).where(VideoRow.id.in_(bindparam("videos", expanding=True)))
_NAMED_SPEAKERS = select(SpeakerRow.dub_id, SpeakerRow.id, SpeakerRow.name).where(
    SpeakerRow.dub_id.in_(bindparam("dubs", expanding=True)), SpeakerRow.name != SpeakerRow.id
)


@dataclass(frozen=True)
class Source:
    """The video of a job, and its speakers."""

    duration_s: float = 0.0
    thumbnail_url: str | None = None
    speaker_names: Mapping[str, str] = field(default_factory=dict)
    """By id, of those whom a person has named."""


async def sources_of(session: AsyncSession, rows: Sequence[DubRow]) -> Mapping[str, Source]:
    """The sources of some jobs, by the jobs' ids."""
    found = await session.scalars(_VIDEOS, {"videos": list({row.video_id for row in rows})})
    videos = {video.id: media_of(video) for video in found}
    named = await session.execute(_NAMED_SPEAKERS, {"dubs": [row.id for row in rows]})
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for dub_id, speaker_id, name in named:
        names[dub_id][speaker_id] = name
    return {
        row.id: Source(
            videos[row.video_id].duration_s,
            thumbnail_url(row.video_id, videos[row.video_id]),
            names.get(row.id, {}),
        )
        for row in rows
        if row.video_id in videos
    }
