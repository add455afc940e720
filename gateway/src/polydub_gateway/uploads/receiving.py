"""Takes a file in: store, hash, probe, remember; or leave nothing behind."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from google.protobuf import json_format
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from polydub import telemetry
from polydub.errors import MediaError, StageError
from polydub.events import now_ms
from polydub.store import ObjectStore
from polydub.store.base import CHUNK_BYTES
from polydub.v1 import common_pb2
from polydub_gateway.db import Database, VideoRow
from polydub_gateway.identity import new_id
from polydub_gateway.stages import StageClients
from polydub_gateway.uploads.names import display_name, source_key

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Received:
    """An upload that was taken in."""

    video: VideoRow
    created: bool
    """False where this owner had uploaded the same bytes before."""


class Receiving:
    """Uploads of all kinds end here."""

    def __init__(
        self, database: Database, store: ObjectStore, stages: StageClients, *, limit_bytes: int
    ) -> None:
        self._database = database
        self._store = store
        self._stages = stages
        self._limit_bytes = limit_bytes

    def check_size(self, announced_bytes: int | None) -> None:
        """Refuses what is announced to be too large, before any of it is read.

        Raises:
            StageError: ``media_too_large``.
        """
        if announced_bytes is not None and announced_bytes > self._limit_bytes:
            raise StageError(
                "media_too_large", f"The upload is larger than {self._limit_bytes} bytes."
            )

    async def receive(self, owner_id: str, filename: str, chunks: AsyncIterable[bytes]) -> Received:
        """Stores and probes a file.

        Raises:
            StageError: what the probe says against the file, ``media_too_large``, or that the
                store or the separation stage does not answer. Nothing of the upload stays.
        """
        name = display_name(filename)
        video_id = new_id("vid")
        key = source_key(video_id, name)
        sha256 = hashlib.sha256()
        info = await self._store.put_stream(
            key, _hashed(chunks, sha256), limit_bytes=self._limit_bytes
        )
        kept = False
        try:
            if info.size_bytes == 0:
                raise MediaError("media_empty", "The upload has no bytes.")
            known = await self._known(owner_id, sha256.hexdigest())
            if known is None:
                media = await self._stages.probe(key)
                media.size_bytes = info.size_bytes
                video = _row(video_id, owner_id, name, key, sha256.hexdigest(), media)
                known = await self._remember(video)
                kept = known is video
            if not kept:
                await self._mend(known, key)
        finally:
            if not kept:
                await self._store.delete_prefix(f"videos/{video_id}")
        telemetry.UPLOADED_BYTES.inc(info.size_bytes)
        log.info("uploaded", video_id=known.id, size_bytes=info.size_bytes, known=not kept)
        return Received(known, created=kept)

    async def _known(self, owner_id: str, sha256: str) -> VideoRow | None:
        async with self._database.session() as session:
            return await session.scalar(
                select(VideoRow).where(VideoRow.owner_id == owner_id, VideoRow.sha256 == sha256)
            )

    async def _remember(self, video: VideoRow) -> VideoRow:
        """The row, or the one of an upload of the same bytes that was faster."""
        try:
            async with self._database.session() as session:
                session.add(video)
        except IntegrityError:
            known = await self._known(video.owner_id, video.sha256)
            if known is None:
                raise
            return known
        return video

    async def _mend(self, video: VideoRow, key: str) -> None:
        """Gives a known video its bytes back where the store has lost them."""
        if not await self._store.exists(video.source_key):
            await self._store.put_stream(video.source_key, self._store.stream(key))


def _row(
    video_id: str,
    owner_id: str,
    name: str,
    key: str,
    sha256: str,
    media: common_pb2.MediaInfo,
) -> VideoRow:
    return VideoRow(
        id=video_id,
        owner_id=owner_id,
        filename=name,
        source_key=key,
        sha256=sha256,
        media=json_format.MessageToDict(media, preserving_proto_field_name=True),
        created_at_ms=now_ms(),
    )


async def _hashed(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    """The same bytes in blocks of a useful size, hashed on the way."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= CHUNK_BYTES:
            digest.update(block)
            yield bytes(block)
            block.clear()
    if block:
        digest.update(block)
        yield bytes(block)


def media_of(video: VideoRow) -> common_pb2.MediaInfo:
    """What the probe found in a video."""
    return json_format.ParseDict(video.media, common_pb2.MediaInfo(), ignore_unknown_fields=True)
