"""``polydub.v1.Uploads``: the same uploads as over tus, and imports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from polydub.errors import StageError
from polydub.v1 import dubbing_pb2, uploads_pb2, uploads_pb2_grpc
from polydub_gateway.db import VideoRow
from polydub_gateway.identity import Role
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.routes.imports import ImportIn
from polydub_gateway.rpc.calls import Call, Servicer, checked, page_size, unary
from polydub_gateway.rpc.messages.uploads import import_message, import_state_of, upload_message
from polydub_gateway.rpc.videos import DEFAULT_PAGE, MAX_PAGE, shown_video
from polydub_gateway.uploads.checksums import Checksum
from polydub_gateway.uploads.importing import Import
from polydub_gateway.uploads.resumable import Upload


class UploadsServicer(Servicer, uploads_pb2_grpc.UploadsServicer):
    """Uploads that go on after a break, and imports."""

    @unary(Role.EDITOR, CallClass.UPLOAD)
    async def CreateUpload(  # noqa: N802
        self, call: Call, request: uploads_pb2.CreateUploadRequest
    ) -> uploads_pb2.Upload:
        size = _size(request)
        upload = await self.gateway.uploads.begin(call.owner_id, request.filename, size)
        return await self._shown(upload)

    @unary(Role.EDITOR, CallClass.UPLOAD)
    async def SendUpload(  # noqa: N802
        self, call: Call, requests: AsyncIterator[uploads_pb2.SendUploadRequest]
    ) -> uploads_pb2.Upload:
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("content") != "header":
            raise StageError("invalid_request", "The first message must be the header.")
        header = first.header
        upload = await self.gateway.uploads.get(call.owner_id, header.upload_id)
        if upload.row.kind != "tus":
            raise StageError("conflict", "The parts of this upload go straight into the store.")
        writing = asyncio.create_task(self._append(upload, header, _chunks(requests)))
        try:
            upload = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The client has left, so the bytes end. What came is being kept: nobody else may write
            # before that is done.
            await asyncio.gather(writing, return_exceptions=True)
            raise
        return await self._shown(upload)

    async def _append(
        self, upload: Upload, header: uploads_pb2.SendUploadHeader, chunks: AsyncIterator[bytes]
    ) -> Upload:
        checksum = Checksum("sha256", header.sha256) if header.sha256 else None
        return await self.gateway.uploads.append(
            upload, header.offset, chunks, length=_size(header), checksum=checksum
        )

    @unary(Role.VIEWER)
    async def GetUpload(  # noqa: N802
        self, call: Call, request: uploads_pb2.GetUploadRequest
    ) -> uploads_pb2.Upload:
        return await self._shown(await self.gateway.uploads.get(call.owner_id, request.id))

    @unary(Role.EDITOR)
    async def DeleteUpload(  # noqa: N802
        self, call: Call, request: uploads_pb2.DeleteUploadRequest
    ) -> uploads_pb2.DeleteUploadResponse:
        upload = await self.gateway.uploads.get(call.owner_id, request.id)
        await self.gateway.uploads.remove(upload)
        return uploads_pb2.DeleteUploadResponse()

    @unary(Role.EDITOR, CallClass.UPLOAD)
    async def ImportVideo(  # noqa: N802
        self, call: Call, request: uploads_pb2.ImportVideoRequest
    ) -> uploads_pb2.Import:
        asked = checked(ImportIn, url=request.url)
        return await self._found(await self.gateway.imports.begin(call.owner_id, asked.url))

    @unary(Role.VIEWER)
    async def GetImport(  # noqa: N802
        self, call: Call, request: uploads_pb2.GetImportRequest
    ) -> uploads_pb2.Import:
        return await self._found(await self.gateway.imports.get(call.owner_id, request.id))

    @unary(Role.VIEWER)
    async def ListImports(  # noqa: N802
        self, call: Call, request: uploads_pb2.ListImportsRequest
    ) -> uploads_pb2.ListImportsResponse:
        page = await self.gateway.imports.page(
            call.owner_id,
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
            states=[import_state_of(each) for each in request.states],
        )
        return uploads_pb2.ListImportsResponse(
            imports=[await self._found(found) for found in page.imports],
            next_page_token=page.next_cursor or "",
        )

    @unary(Role.EDITOR)
    async def CancelImport(  # noqa: N802
        self, call: Call, request: uploads_pb2.CancelImportRequest
    ) -> uploads_pb2.Import:
        return await self._found(await self.gateway.imports.cancel(call.owner_id, request.id))

    async def _shown(self, upload: Upload) -> uploads_pb2.Upload:
        return upload_message(upload, await self._video(upload.video))

    async def _found(self, found: Import) -> uploads_pb2.Import:
        return import_message(found, await self._video(found.video))

    async def _video(self, row: VideoRow | None) -> dubbing_pb2.Video | None:
        return None if row is None else await shown_video(self.gateway, row)


def _size(
    message: uploads_pb2.CreateUploadRequest | uploads_pb2.SendUploadHeader,
) -> int | None:
    """How long the whole file is, where that is said."""
    if not message.HasField("size_bytes"):
        return None
    if message.size_bytes < 0:
        raise StageError("invalid_request", "size_bytes must be 0 or more.")
    return message.size_bytes


async def _chunks(
    requests: AsyncIterator[uploads_pb2.SendUploadRequest],
) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("content") != "chunk":
            raise StageError("invalid_request", "Only the first message may be the header.")
        if request.chunk:  # an empty one would be the end
            yield request.chunk
