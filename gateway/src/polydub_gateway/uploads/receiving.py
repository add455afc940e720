"""Takes a file in: store, hash, probe, remember; or leave nothing behind."""

from __future__ import annotations

import asyncio
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
from polydub_gateway.limits.admission import Admission
from polydub_gateway.stages import StageClients
from polydub_gateway.uploads.names import display_name, search_form, source_key

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Received:
    """An upload that was taken in."""

    video: VideoRow
    created: bool
    """False where this owner had uploaded the same bytes before."""


@dataclass(frozen=True)
class Stored:
    """A file whose bytes lie in the store and that is no video yet."""

    owner_id: str
    video_id: str
    """Which it will get, unless the owner has these bytes."""
    name: str
    key: str
    size_bytes: int
    sha256: str


class Receiving:
    """Uploads of all kinds end here."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        stages: StageClients,
        admission: Admission,
        *,
        limit_bytes: int,
    ) -> None:
        self._database = database
        self._store = store
        self._stages = stages
        self._admission = admission
        self._limit_bytes = limit_bytes

    async def check_size(self, owner_id: str, announced_bytes: int | None) -> None:
        """Refuses what is announced to be too large, before any of it is read.

        Raises:
            StageError: ``media_too_large``, ``quota_exceeded``.
        """
        if announced_bytes is not None and announced_bytes > self._limit_bytes:
            raise StageError(
                "media_too_large", f"The upload is larger than {self._limit_bytes} bytes."
            )
        await self._admission.check_room(owner_id, announced_bytes)

    async def room_bytes(self, owner_id: str) -> int | None:
        """How many more bytes an owner may store; None: as many as they like."""
        return await self._admission.room_bytes(owner_id)

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
        new = Stored(owner_id, video_id, name, key, info.size_bytes, sha256.hexdigest())
        taken_in = False
        try:
            received = await self._take_in(new)
            taken_in = True
        finally:
            if not taken_in:
                await self._store.delete_prefix(f"videos/{video_id}")
        return received

    async def adopt(
        self, owner_id: str, filename: str, video_id: str, *, sha256: str | None = None
    ) -> Received:
        """Probes a file that lies in the store already, under the key of this video to be.

        Its bytes are read once, for their digest. Doing it again, after a crash, is safe.

        Args:
            sha256: what the digest has to be.

        Raises:
            StageError: as :meth:`receive`; ``checksum_mismatch``. The file stays where the error
                is retryable, and goes where it is not.
        """
        key = source_key(video_id, filename)
        try:
            digest, size = await self._digest(key)
            if sha256 is not None and sha256 != digest:
                raise StageError("checksum_mismatch", "The file has not the SHA-256 announced.")
            return await self._take_in(Stored(owner_id, video_id, filename, key, size, digest))
        except StageError as error:
            if not error.retryable:
                await self._store.delete_prefix(f"videos/{video_id}")
            raise

    async def _take_in(self, new: Stored) -> Received:
        """The video of stored bytes; they go where the owner has the same already."""
        if new.size_bytes == 0:
            raise MediaError("media_empty", "The upload has no bytes.")
        known = await self._known(new.owner_id, new.sha256)
        if known is None:
            media = await self._stages.probe(new.key)
            media.size_bytes = new.size_bytes
            known = await self._remember(_row(new, media), new.size_bytes)
        created = known.id == new.video_id
        if not created:
            await self._mend(known, new.key)
            await self._store.delete_prefix(f"videos/{new.video_id}")
        telemetry.UPLOADED_BYTES.inc(new.size_bytes)
        log.info("uploaded", video_id=known.id, size_bytes=new.size_bytes, known=not created)
        return Received(known, created=created)

    async def _digest(self, key: str) -> tuple[str, int]:
        sha256, size = hashlib.sha256(), 0
        async for chunk in self._store.stream(key):
            # OpenSSL lets other threads run meanwhile, but not this one: blocks are small.
            sha256.update(chunk)
            size += len(chunk)
        return sha256.hexdigest(), size

    async def _known(self, owner_id: str, sha256: str) -> VideoRow | None:
        async with self._database.session() as session:
            return await session.scalar(
                select(VideoRow).where(VideoRow.owner_id == owner_id, VideoRow.sha256 == sha256)
            )

    async def _remember(self, video: VideoRow, size_bytes: int) -> VideoRow:
        """The row, or the one of an upload of the same bytes that was faster."""
        quotas = await self._admission.quotas(video.owner_id)
        try:
            async with self._database.session() as session:
                await self._admission.admit_video(session, quotas, video, size_bytes)
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


def _row(new: Stored, media: common_pb2.MediaInfo) -> VideoRow:
    return VideoRow(
        id=new.video_id,
        owner_id=new.owner_id,
        filename=new.name,
        search_name=search_form(new.name),
        source_key=new.key,
        sha256=new.sha256,
        media=json_format.MessageToDict(media, preserving_proto_field_name=True),
        created_at_ms=now_ms(),
    )


async def _hashed(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    """The same bytes in blocks of a useful size, hashed while they are written and more come.

    The digest is complete when the last block has been taken.
    """
    hashing = asyncio.ensure_future(asyncio.sleep(0))
    try:
        async for block in _blocks(chunks):
            await hashing
            hashing = asyncio.ensure_future(asyncio.to_thread(digest.update, block))
            yield block
    finally:
        await hashing


async def _blocks(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= CHUNK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def media_of(video: VideoRow) -> common_pb2.MediaInfo:
    """What the probe found in a video."""
    return json_format.ParseDict(video.media, common_pb2.MediaInfo(), ignore_unknown_fields=True)
