"""Uploads over gRPC that go on after a break, and imports."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from polydub.rpc import error_of
from polydub.testing import poll_until
from polydub.v1 import uploads_pb2, uploads_pb2_grpc
from polydub_gateway.uploads.growing import PART_BYTES
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration

MIB = 2**20
FILM = bytes(range(256)) * 4096 * 10


@pytest.fixture
async def uploads(channel: grpc.aio.Channel) -> Any:
    return uploads_pb2_grpc.UploadsStub(channel)


def header(upload: Any, offset: int, **more: Any) -> Any:
    told = uploads_pb2.SendUploadHeader(upload_id=upload.id, offset=offset, **more)
    return uploads_pb2.SendUploadRequest(header=told)


def chunk(data: bytes) -> Any:
    return uploads_pb2.SendUploadRequest(chunk=data)


async def begun(uploads: Any, **asked: Any) -> Any:
    request = uploads_pb2.CreateUploadRequest(filename="talk.mp4", **asked)
    return await uploads.CreateUpload(request)


async def look(uploads: Any, upload: Any) -> Any:
    return await uploads.GetUpload(uploads_pb2.GetUploadRequest(id=upload.id))


async def test_an_upload_goes_on_where_it_broke_off(gateway: Any, uploads: Any) -> None:
    upload = await begun(uploads, size_bytes=len(FILM))
    assert (upload.state, upload.offset) == (uploads_pb2.UPLOAD_STATE_RECEIVING, 0)

    async def broken() -> AsyncIterator[Any]:
        yield header(upload, 0)
        for at in range(0, PART_BYTES + MIB, MIB):
            yield chunk(FILM[at : at + MIB])
        await asyncio.Event().wait()  # the line is gone

    call = uploads.SendUpload(broken())

    async def safe() -> bool:
        return bool((await look(uploads, upload)).offset)

    await poll_until(safe, "a part to be safe")
    call.cancel()
    with pytest.raises(grpc.aio.AioRpcError) as elsewhere:
        await uploads.SendUpload(iter([header(upload, 0), chunk(FILM[:MIB])]))
    assert (elsewhere.value.code(), error_of(elsewhere.value, "gateway").code) == (
        grpc.StatusCode.ABORTED, "conflict",
    )  # fmt: skip
    # Who writes is one at a time: what came on the broken line is safe by now.
    offset = (await look(uploads, upload)).offset
    assert PART_BYTES <= offset <= PART_BYTES + MIB
    tus = await gateway.http.head(f"/v1/uploads/{upload.id}", headers={"Tus-Resumable": "1.0.0"})
    assert tus.headers["upload-offset"] == str(offset)
    left = FILM[offset:]
    rest = [chunk(left[at : at + MIB]) for at in range(0, len(left), MIB)]
    digest = hashlib.sha256(left).digest()
    done = await uploads.SendUpload(iter([header(upload, offset, sha256=digest), *rest]))
    assert (done.state, done.offset) == (uploads_pb2.UPLOAD_STATE_COMPLETED, len(FILM))
    assert (done.video.filename, done.video.media.size_bytes) == ("talk.mp4", len(FILM))
    assert (await look(uploads, upload)).video.id == done.video.id


async def test_bytes_that_are_not_those_announced_do_not_stay(gateway: Any, uploads: Any) -> None:
    upload = await begun(uploads)
    assert not upload.HasField("size_bytes")
    with pytest.raises(grpc.aio.AioRpcError) as changed:
        await uploads.SendUpload(iter([header(upload, 0, sha256=bytes(32)), chunk(b"video")]))
    assert changed.value.code() is grpc.StatusCode.DATA_LOSS
    assert (await look(uploads, upload)).offset == 0
    with pytest.raises(grpc.aio.AioRpcError) as more:
        await uploads.SendUpload(iter([header(upload, 0, size_bytes=5), chunk(b"videos")]))
    assert error_of(more.value, "gateway").code == "media_too_large"
    for wrong in ([], [chunk(b"x")], [header(upload, 0), header(upload, 0)]):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await uploads.SendUpload(iter(wrong))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    done = await uploads.SendUpload(iter([header(upload, 0, size_bytes=5), chunk(b"video")]))
    assert done.video.id
    other = await begun(uploads, size_bytes=10)
    await uploads.DeleteUpload(uploads_pb2.DeleteUploadRequest(id=other.id))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await look(uploads, other)
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND


async def test_imports_are_begun_looked_at_and_canceled(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Any
) -> None:
    settings = {
        "uploads": UploadSettings(import_concurrency=0),
        "trusted_networks": (ipaddress.ip_network("127.0.0.0/8"),),
    }
    options = [("grpc.enable_http_proxy", 0)]
    async with (
        start_gateway(tmp_path, nats_url, stages.address, **settings) as running,
        grpc.aio.insecure_channel(running.grpc_address, options=options) as channel,
    ):
        uploads: Any = uploads_pb2_grpc.UploadsStub(channel)
        found = await uploads.ImportVideo(
            uploads_pb2.ImportVideoRequest(url="http://127.0.0.1:9/talk.mp4")
        )
        assert (found.state, found.host) == (uploads_pb2.IMPORT_STATE_QUEUED, "127.0.0.1")
        again = await uploads.GetImport(uploads_pb2.GetImportRequest(id=found.id))
        assert again == found
        other = await uploads.ImportVideo(
            uploads_pb2.ImportVideoRequest(url="http://127.0.0.1:9/other.mp4")
        )
        ended = await uploads.CancelImport(uploads_pb2.CancelImportRequest(id=found.id))
        first = await uploads.ListImports(uploads_pb2.ListImportsRequest(page_size=1))
        asked = uploads_pb2.ListImportsRequest(page_token=first.next_page_token)
        rest = await uploads.ListImports(asked)
        both = {each.id: each for each in (*first.imports, *rest.imports)}
        assert (both, rest.next_page_token) == ({ended.id: ended, other.id: other}, "")
        asked = uploads_pb2.ListImportsRequest(states=[uploads_pb2.IMPORT_STATE_CANCELED])
        assert list((await uploads.ListImports(asked)).imports) == [ended]
        assert ended.state == uploads_pb2.IMPORT_STATE_CANCELED
        assert ended.finished_at_ms >= found.created_at_ms
        for url, code in (("http://10.0.0.1/x", "address_refused"), ("", "invalid_request")):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await uploads.ImportVideo(uploads_pb2.ImportVideoRequest(url=url))
            assert error_of(refused.value, "gateway").code == code
