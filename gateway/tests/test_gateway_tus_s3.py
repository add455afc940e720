"""Uploads into an S3 store: through the gateway in pieces of any size, and straight into it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.testing.servers import S3Address, s3_server
from polydub_gateway import gateway as assembling
from polydub_gateway.uploads import resumable

pytestmark = pytest.mark.integration

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
MIB = 2**20


@pytest.fixture(scope="module")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Address]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture
async def store(s3: S3Address) -> AsyncIterator[ObjectStore]:
    settings = CommonSettings(
        store="s3",
        s3_endpoint=s3.endpoint,
        s3_access_key=SecretStr(s3.access_key),
        s3_secret_key=SecretStr(s3.secret_key),
        s3_secure=False,
    )
    found = open_store(settings)
    yield found
    for prefix in ("videos", "uploads"):
        await found.delete_prefix(prefix)


@pytest.fixture
async def gateway(
    start_gateway: Any,
    tmp_path: Path,
    nats_url: str,
    stages: Any,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Any]:
    monkeypatch.setattr(assembling, "open_store", lambda _: store)
    async with start_gateway(tmp_path, nats_url, stages.address) as running:
        yield running


def listed(etags: dict[int, str]) -> list[dict[str, Any]]:
    return [{"number": number, "etag": etag} for number, etag in etags.items()]


async def keys(store: ObjectStore, prefix: str) -> list[str]:
    return [info.key async for info in store.walk(prefix)]


async def test_pieces_smaller_than_s3_takes_become_a_video(
    gateway: Any, store: ObjectStore
) -> None:
    data = os.urandom(19 * MIB + 3)
    length = {**TUS, "Upload-Length": str(len(data))}
    url = (await gateway.http.post("/v1/uploads", headers=length)).headers["location"]
    for offset in range(0, len(data), 3 * MIB):
        looked = await gateway.http.head(url, headers=TUS)
        assert looked.headers["upload-offset"] == str(offset)
        answer = await gateway.http.patch(
            url,
            headers={**BYTES, "Upload-Offset": str(offset)},
            content=data[offset : offset + 3 * MIB],
        )
        assert answer.status_code == 204, answer.text
        assert len(await keys(store, "uploads")) <= 1, "one tail at a time"
    video = answer.headers["upload-video"]
    key = f"videos/{video}/source/original.bin"
    assert await store.get_bytes(key) == data
    assert await keys(store, "uploads") == []
    assert [each async for each in store.parts.unfinished("videos")] == []


async def test_parts_go_straight_into_the_store(
    gateway: Any, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable, "DIRECT_PART_BYTES", 5 * MIB)
    data = os.urandom(11 * MIB)
    sha256 = hashlib.sha256(data).hexdigest()
    asked = {"filename": "talk.mp4", "size": len(data), "sha256": sha256}
    begun = await gateway.http.post("/v1/uploads/direct", json=asked)
    assert begun.status_code == 201, begun.text
    url, told = begun.headers["location"], begun.json()
    assert (told["part_size"], told["parts_total"]) == (5 * MIB, 3)
    sizes = [(part["number"], part["size"]) for part in told["parts"]]
    assert sizes == [(1, 5 * MIB), (2, 5 * MIB), (3, MIB)]
    etags = {}
    async with httpx.AsyncClient(trust_env=False) as client:
        for part in told["parts"][:2]:
            piece = data[part["offset"] : part["offset"] + part["size"]]
            answer = await client.put(part["url"], content=piece)
            etags[part["number"]] = answer.headers["etag"]
        early = await gateway.http.post(f"{url}/complete", json={"etags": listed(etags)})
        assert (early.status_code, early.json()["code"]) == (409, "conflict")
        rest = (await gateway.http.get(f"{url}/parts", params={"first": 2})).json()["parts"]
        assert [(part["number"], bool(part["etag"])) for part in rest] == [(2, True), (3, False)]
        answer = await client.put(rest[1]["url"], content=data[rest[1]["offset"] :])
        etags[3] = answer.headers["etag"]
    assert (await gateway.http.get(url)).json()["offset"] == len(data)
    wrong = await gateway.http.post(
        f"{url}/complete", json={"etags": listed({**etags, 1: "other"})}
    )
    assert wrong.status_code == 409
    done = await gateway.http.post(f"{url}/complete", json={"etags": listed(etags)})
    assert (done.status_code, done.json()["state"]) == (200, "completed"), done.text
    video = done.json()["video"]
    assert await store.get_bytes(f"videos/{video['id']}/source/original.mp4") == data
    again = await gateway.http.post(f"{url}/complete", json={})
    assert again.json()["video"] == video
    patched = await gateway.http.patch(url, headers={**BYTES, "Upload-Offset": "0"}, content=b"x")
    assert patched.status_code == 409


async def test_a_direct_file_that_is_another_is_refused(gateway: Any, store: ObjectStore) -> None:
    asked = {"filename": "talk.mp4", "size": 4, "sha256": "0" * 64}
    begun = await gateway.http.post("/v1/uploads/direct", json=asked)
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.put(begun.json()["parts"][0]["url"], content=b"data")
    url = begun.headers["location"]
    done = (await gateway.http.post(f"{url}/complete", json={})).json()
    assert (done["state"], done["error"]["code"]) == ("failed", "checksum_mismatch")
    assert await keys(store, "videos") == []


async def test_a_direct_upload_can_be_ended(gateway: Any, store: ObjectStore) -> None:
    begun = await gateway.http.post("/v1/uploads/direct", json={"filename": "a.mp4", "size": 4})
    url = begun.headers["location"]
    assert (await gateway.http.delete(url, headers=TUS)).status_code == 204
    assert [each async for each in store.parts.unfinished("videos")] == []
    assert (await gateway.http.get(f"{url}/parts")).status_code == 404


async def test_a_replica_that_went_in_the_middle_is_missed_by_nobody(
    start_gateway: Any,
    tmp_path: Path,
    nats_url: str,
    stages: Any,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All that an upload is lies in the database and the store: another replica goes on."""
    monkeypatch.setattr(assembling, "open_store", lambda _: store)
    data = os.urandom(10 * MIB)
    async with start_gateway(tmp_path, nats_url, stages.address) as first:
        length = {**TUS, "Upload-Length": str(len(data))}
        url = (await first.http.post("/v1/uploads", headers=length)).headers["location"]
        await first.http.patch(
            url, headers={**BYTES, "Upload-Offset": "0"}, content=data[: 9 * MIB]
        )
        async with start_gateway(tmp_path, nats_url, stages.address) as second:
            answers = await asyncio.gather(
                *(each.http.head(url, headers=TUS) for each in (first, second))
            )
            assert {each.headers["upload-offset"] for each in answers} == {str(9 * MIB)}
            last = await second.http.patch(
                url, headers={**BYTES, "Upload-Offset": str(9 * MIB)}, content=data[9 * MIB :]
            )
            assert last.headers["upload-video"]
