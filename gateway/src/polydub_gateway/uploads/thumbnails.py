"""Small pictures of videos: made when first asked for, and kept beside the video."""

from __future__ import annotations

from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import common_pb2
from polydub_gateway.stages import StageClients
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.videos import Videos

_SHARE = 0.1
"""How far into a video its picture is taken: behind most title cards, before most endings."""
_LATEST_S = 60.0


def thumbnail_url(video_id: str, media: common_pb2.MediaInfo) -> str | None:
    """Where a video's picture is; None where it has none."""
    return f"/v1/videos/{video_id}/thumbnail" if media.video else None


class Thumbnails:
    """The pictures of all owners' videos."""

    def __init__(self, videos: Videos, stages: StageClients, store: ObjectStore) -> None:
        self._videos = videos
        self._stages = stages
        self._store = store

    async def key(self, owner_id: str, video_id: str) -> str:
        """Where in the store a video's picture is: a JPEG of at most 480 by 270 pixels.

        Raises:
            StageError: ``not_found``, for a file without a picture as well; and why none could be
                made.
        """
        video = await self._videos.get(owner_id, video_id)
        media = media_of(video)
        if not media.video:
            raise StageError("not_found", "This file has no picture.")
        key = f"videos/{video.id}/gateway/thumbnail.jpg"
        if await self._store.stat(key) is None:
            at_s = min(_SHARE * media.duration_s, _LATEST_S)
            await self._store.put_bytes(key, await self._stages.thumbnail(video.source_key, at_s))
            await self._check_is_there(owner_id, video.id)
        return key

    async def _check_is_there(self, owner_id: str, video_id: str) -> None:
        """A video that was deleted meanwhile must leave nothing behind."""
        try:
            await self._videos.get(owner_id, video_id)
        except StageError:
            await self._store.delete_prefix(f"videos/{video_id}")
            raise
