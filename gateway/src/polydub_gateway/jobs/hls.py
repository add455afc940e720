"""What of a job can be played while it is made: muxing's lists, read from the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from polydub.artifacts import read_document
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import muxing_pb2
from polydub_gateway.jobs.playlists import (
    ORIGINAL,
    PICTURE,
    Presentation,
    key_of,
    master_playlist,
    media_playlist,
    subtitles_of,
)
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import LanguageState
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.videos import Videos

_MEDIA_TYPES = {
    muxing_pb2.HLS_KIND_PICTURE: "video/mp4",
    muxing_pb2.HLS_KIND_SOUND: "audio/mp4",
    muxing_pb2.HLS_KIND_SUBTITLES: "text/vtt",
}


@dataclass(frozen=True)
class StreamFile:
    """A header or segment in the store."""

    key: str
    media_type: str
    final: bool
    """Its address never stands for other bytes."""


def live_prefix(video_id: str, dub_id: str) -> str:
    """Where everything lies that muxing stores of a job's presentations."""
    return f"videos/{video_id}/live/{dub_id}"


class LiveStreams:
    """The presentations of jobs that asked for the extra ``hls``."""

    def __init__(self, videos: Videos, store: ObjectStore) -> None:
        self._videos = videos
        self._store = store

    async def is_playable(self, owner_id: str, dub: Dub) -> bool:
        """Whether there is a first segment of picture and of one language."""
        return _is_asked(dub) and await self._presentation(owner_id, dub) is not None

    async def master(self, owner_id: str, dub: Dub) -> str:
        """The playlist that a player is given.

        Raises:
            StageError: ``not_found``.
        """
        return master_playlist(await self._shown(owner_id, dub))

    async def media(self, owner_id: str, dub: Dub, name: str) -> str:
        """The playlist of one rendition.

        Raises:
            StageError: ``not_found``.
        """
        shown = await self._shown(owner_id, dub)
        rendition = shown.rendition(name)
        if rendition is None:
            raise _no_such(name)
        ended = rendition.complete or _has_ended(dub, name)
        return media_playlist(name, rendition, target_s=shown.target_s, ended=ended)

    async def file(self, dub: Dub, name: str, file: str) -> StreamFile:
        """A file that a rendition's playlist names.

        Raises:
            StageError: ``not_found``.
        """
        _check_asked(dub)
        rendition = await self._read(dub, name) if name in _names(dub) else None
        key = key_of(rendition, file) if rendition else None
        if rendition is None or key is None:
            raise _no_such(f"{name}/{file}")
        return StreamFile(key, _MEDIA_TYPES[rendition.kind], rendition.complete)

    async def _shown(self, owner_id: str, dub: Dub) -> Presentation:
        _check_asked(dub)
        shown = await self._presentation(owner_id, dub)
        if shown is None:
            raise StageError(
                "not_found",
                "Nothing of the dub can be played yet.",
                hint="Ask again in a while: the dub's `hls_url` is null until then.",
            )
        return shown

    async def _presentation(self, owner_id: str, dub: Dub) -> Presentation | None:
        """What there is; None until picture and one language have a segment."""
        names = _names(dub)
        read = await asyncio.gather(*(self._read(dub, name) for name in names))
        found = {name: each for name, each in zip(names, read, strict=True) if each}
        tags = list(dub.spec.target_languages)
        sounds = {tag: found[tag] for tag in tags if tag in found}
        if not sounds or (PICTURE not in found and await self._has_picture(owner_id, dub)):
            return None
        return Presentation(
            sounds=sounds,
            subtitles={
                tag: found[subtitles_of(tag)] for tag in sounds if subtitles_of(tag) in found
            },
            picture=found.get(PICTURE),
            original=found.get(ORIGINAL),
            source_language=dub.state.source_language,
        )

    async def _has_picture(self, owner_id: str, dub: Dub) -> bool:
        return bool(media_of(await self._videos.get(owner_id, dub.video_id)).video)

    async def _read(self, dub: Dub, name: str) -> muxing_pb2.HlsRendition | None:
        """A rendition as muxing has listed it; None without segments."""
        key = f"{live_prefix(dub.video_id, dub.id)}/{dub.state.revision}/{name}/hls.json"
        if not await self._store.exists(key):
            return None
        found = await read_document(self._store, key, muxing_pb2.HlsRendition)
        return found if found.segments else None


def _names(dub: Dub) -> list[str]:
    tags = list(dub.spec.target_languages)
    return [PICTURE, ORIGINAL, *tags, *(subtitles_of(tag) for tag in tags)]


def _is_asked(dub: Dub) -> bool:
    return muxing_pb2.EXTRA_HLS in dub.spec.extras


def _check_asked(dub: Dub) -> None:
    if not _is_asked(dub):
        raise StageError(
            "not_found",
            "The dub has no live stream.",
            hint="Start a dub with the extra `hls` to have one.",
        )


def _has_ended(dub: Dub, name: str) -> bool:
    """Whether nothing will be added, because its language or the job was given up."""
    language = dub.state.languages.get(name, LanguageState())
    return dub.state.state.ended or language.state.ended


def _no_such(name: str) -> StageError:
    return StageError("not_found", f"The dub's live stream has no {name!r}.")
