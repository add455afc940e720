"""Uploads that come bit by bit, through the gateway or straight into the store.

The database knows that there is an upload and what became of it; how much has come, only the
store knows. So any replica can go on where another was killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from polydub.errors import StageError
from polydub.events import now_ms
from polydub.store import ObjectStore, StoredPart
from polydub_gateway.db import Database, VideoRow, owned
from polydub_gateway.db.uploads import UploadRow
from polydub_gateway.identity import new_id
from polydub_gateway.leases import Lease, Leases
from polydub_gateway.limits.admission import Admission
from polydub_gateway.uploads.checksums import Checksum, checked
from polydub_gateway.uploads.finishing import Finishing
from polydub_gateway.uploads.growing import (
    Growing,
    part_bytes,
    require_whole,
    stored_offset,
)
from polydub_gateway.uploads.names import display_name, source_key
from polydub_gateway.uploads.receiving import Receiving
from polydub_gateway.uploads.settings import UploadSettings
from polydub_gateway.uploads.states import UploadState, place_of, target_of

DIRECT_PART_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Upload:
    """An upload, and how much of it is safe."""

    row: UploadRow
    offset: int
    video: VideoRow | None = None

    @property
    def parts(self) -> int:
        """Of how many parts the whole file is; of one at least."""
        return max(1, -(-(self.row.length or 0) // self.row.part_bytes))


class Uploads:
    """The uploads of all owners."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        receiving: Receiving,
        finishing: Finishing,
        leases: Leases,
        admission: Admission,
        settings: UploadSettings,
        *,
        limit_bytes: int,
    ) -> None:
        self._database = database
        self._store = store
        self._receiving = receiving
        self._leases = leases
        self._admission = admission
        self._settings = settings
        self._limit_bytes = limit_bytes
        self._finishing = finishing

    # --- beginning and looking -----------------------------------------------------------------

    async def begin(
        self,
        owner_id: str,
        filename: str,
        length: int | None,
        *,
        direct: bool = False,
        sha256: str | None = None,
    ) -> Upload:
        """An upload with nothing in it yet.

        Args:
            length: bytes of the whole file; None where the client will say later.
            direct: whether its parts go straight into the store.

        Raises:
            StageError: ``media_too_large``, ``quota_exceeded``.
        """
        await self._receiving.check_size(owner_id, length)
        name, reserved_id = display_name(filename), new_id("vid")
        target = await self._store.parts.begin(source_key(reserved_id, name))
        size = self._limit_bytes if length is None else length
        row = UploadRow(
            id=new_id("upl"), owner_id=owner_id, kind="direct" if direct else "tus",
            filename=name, length=length, sha256=sha256,
            part_bytes=part_bytes(size, DIRECT_PART_BYTES) if direct else part_bytes(size),
            reserved_id=reserved_id, key=target.key, token=target.token,
            state=UploadState.RECEIVING, attempts=0, next_try_at_ms=0,
            created_at_ms=now_ms(), expires_at_ms=self._expiry_ms(),
        )  # fmt: skip
        quotas = await self._admission.quotas(owner_id)
        async with self._database.session() as session:
            await self._admission.admit_upload(session, quotas, owner_id, length or 0)
            session.add(row)
        if length == 0:
            await self._finishing.all_there(row)
        return Upload(row, 0)

    async def get(self, owner_id: str, upload_id: str) -> Upload:
        """An upload, with its video where it became one.

        Raises:
            StageError: ``not_found``; ``gone`` when it expired.
        """
        async with self._database.session() as session:
            row = await owned(session, UploadRow, owner_id, upload_id)
            found = await session.get(VideoRow, row.video_id) if row.video_id else None
        if row.state == UploadState.EXPIRED or (
            row.state == UploadState.RECEIVING and row.expires_at_ms < now_ms()
        ):
            raise StageError("gone", "The upload waited too long for its next bytes.")
        return Upload(row, await self._offset(row), found)

    async def _offset(self, row: UploadRow) -> int:
        if row.state != UploadState.RECEIVING:
            return row.length or 0
        try:
            if row.kind == "direct":
                parts = await self._store.parts.stored(target_of(row))
                return sum(part.size_bytes for part in parts)
            return await stored_offset(self._store, place_of(row))
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            return await self._size_of_whole(row)

    async def _size_of_whole(self, row: UploadRow) -> int:
        """The size of an object that was completed by one who died before saying so."""
        info = await self._store.stat(row.key)
        if info is None:
            raise StageError("gone", "The store has lost this upload.")
        return info.size_bytes

    # --- receiving -----------------------------------------------------------------------------

    async def append(
        self,
        upload: Upload,
        offset: int,
        body: AsyncIterator[bytes],
        *,
        length: int | None = None,
        checksum: Checksum | None = None,
    ) -> Upload:
        """Takes in what comes. What came before a connection broke stays.

        Args:
            offset: where the client thinks that its bytes go.
            length: of the whole file, where it was not known before.
            checksum: of these bytes; where it does not fit, none of them stays.

        Raises:
            StageError: ``conflict`` when the offset is another; ``upload_locked`` when another
                request writes and does not let go; ``checksum_mismatch``; ``media_too_large`` for
                more bytes than announced.
        """
        row = upload.row
        async with self._leases.held(f"upload:{row.id}", insist=True) as lease:
            if lease is None:
                raise StageError("upload_locked", "Another request writes this upload.")
            upload = await self.get(row.owner_id, row.id)
            row = upload.row
            if offset != upload.offset:
                raise _at_another_offset(upload.offset)
            if row.state != UploadState.RECEIVING:
                return upload
            row = await self._announced(row, length)
            reached = await self._write(row, body, lease, checksum)
        if reached == row.length:
            await self._finishing.finish(row, self._settings.upload_wait_s)
        return await self.get(row.owner_id, row.id)

    async def _announced(self, row: UploadRow, length: int | None) -> UploadRow:
        """The upload with its length, if the client says it only now, and a new expiry."""
        if length is not None and row.length not in (None, length):
            raise StageError("conflict", f"The upload was announced with {row.length} bytes.")
        if row.length is None:
            await self._receiving.check_size(row.owner_id, length)
        quotas = await self._admission.quotas(row.owner_id)
        async with self._database.session() as session:
            if row.length is None:
                await self._admission.admit_upload(session, quotas, row.owner_id, length or 0)
            row = await owned(session, UploadRow, row.owner_id, row.id)
            row.length = length if row.length is None else row.length
            row.expires_at_ms = self._expiry_ms()
        return row

    async def _write(
        self, row: UploadRow, body: AsyncIterator[bytes], lease: Lease, checksum: Checksum | None
    ) -> int:
        try:
            growing = await Growing.open(self._store, place_of(row))
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            return await self._size_of_whole(row)
        limit = self._limit_bytes if row.length is None else row.length
        chunks = _until_over(body, lease, self._settings.upload_idle_s)
        if checksum is not None:
            chunks = checked(chunks, checksum, limit_bytes=limit - growing.offset)
        try:
            async for chunk in chunks:
                if growing.offset + len(chunk) > limit:
                    raise StageError("media_too_large", f"More than the {limit} bytes announced.")
                await growing.write(chunk)
        finally:
            # Also when the connection broke: what has come need not come again.
            await asyncio.shield(growing.flush())
        if growing.offset == row.length:
            await growing.complete()
            await self._finishing.all_there(row)
        return growing.offset

    async def complete_direct(self, upload: Upload, etags: dict[int, str]) -> Upload:
        """Makes a video of parts that came straight into the store.

        Args:
            etags: of the parts that the client means; none: of all that are there.

        Raises:
            StageError: ``conflict`` when parts are missing or are others.
        """
        row = upload.row
        async with self._leases.held(f"upload:{row.id}", insist=True) as lease:
            if lease is None:
                raise StageError("upload_locked", "Another request completes this upload.")
            row = (await self.get(row.owner_id, row.id)).row
            if row.state == UploadState.RECEIVING:
                await self._join(row, etags)
                await self._finishing.all_there(row)
        await self._finishing.finish(row, self._settings.upload_wait_s)
        return await self.get(row.owner_id, row.id)

    async def _join(self, row: UploadRow, etags: dict[int, str]) -> None:
        try:
            parts = await self._store.parts.stored(target_of(row))
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            await self._size_of_whole(row)  # joined by one who died before saying so
            return
        there = {part.number: part.etag.strip('"') for part in parts}
        for number, etag in etags.items():
            if there.get(number) != etag.strip('"'):
                raise StageError("conflict", f"Part {number} is missing, or is another.")
        require_whole(parts, row.length or 0)
        await self._store.parts.complete(target_of(row), parts)

    async def direct_parts(
        self, row: UploadRow, numbers: Sequence[int]
    ) -> list[tuple[int, str | None, StoredPart | None]]:
        """For each number: where to PUT that part, and what of it is there."""
        target, there = target_of(row), {}
        with suppress(StageError):
            there = {part.number: part for part in await self._store.parts.stored(target)}
        expires_s = self._settings.upload_url_s
        return [
            (n, await self._store.parts.presigned_put(target, n, expires_s=expires_s), there.get(n))
            for n in numbers
        ]

    # --- ending --------------------------------------------------------------------------------

    async def remove(self, upload: Upload) -> None:
        """Ends an upload; its bytes go, unless they became a video."""
        row = upload.row
        async with self._leases.held(f"upload:{row.id}", insist=True) as lease:
            if lease is None:
                raise StageError("upload_locked", "Another request writes this upload.")
            await self.forget(row)

    async def forget(self, row: UploadRow) -> None:
        """Removes an upload whose lease we have."""
        if row.state in (UploadState.RECEIVING, UploadState.PROCESSING):
            await self._finishing.drop_bytes(row)
        async with self._database.session() as session:
            found = await session.get(UploadRow, row.id)
            if found is not None:
                await session.delete(found)

    def _expiry_ms(self) -> int:
        return now_ms() + self._settings.upload_expiry_s * 1000


def _at_another_offset(offset: int) -> StageError:
    return StageError(
        "conflict",
        f"The upload is at offset {offset}.",
        hint="Ask for the offset with HEAD, and go on from there.",
    )


async def _until_over(
    body: AsyncIterator[bytes], lease: Lease, idle_s: float
) -> AsyncIterator[bytes]:
    """The body, until it ends, another request takes over, or nothing comes any more."""
    over = asyncio.create_task(lease.over.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(body, b""))
            try:
                await asyncio.wait(
                    (coming, over), timeout=idle_s, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                if not coming.done():
                    coming.cancel()
            if coming.cancelled() or not coming.done():
                raise StageError("invalid_request", "The upload broke off.")
            chunk = coming.result()
            if not chunk:
                return
            yield chunk
    finally:
        over.cancel()
