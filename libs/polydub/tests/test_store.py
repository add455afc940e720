"""One contract for every backend of the object store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from minio.credentials.providers import StaticProvider
from minio.error import ServerError
from pydantic import SecretStr

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.store.local import LocalStore
from polydub.store.parts import Unfinished
from polydub.store.s3 import S3Store
from polydub.testing.servers import S3Address, _takes_objects, free_ports

pytestmark = pytest.mark.integration


class WakingS3:
    """Makes buckets at once, and takes objects from the second try on."""

    def __init__(self) -> None:
        self.objects: set[str] = set()
        self.tries = 0

    def bucket_exists(self, *, bucket_name: str) -> bool:
        return True

    def put_object(self, *, object_name: str, **_: object) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ServerError("no volume yet", 500)
        self.objects.add(object_name)

    def remove_object(self, *, object_name: str, **_: object) -> None:
        self.objects.remove(object_name)


def test_a_server_that_has_a_bucket_is_not_ready_before_it_takes_objects() -> None:
    waking = WakingS3()
    assert [_takes_objects(waking) for _ in range(2)] == [False, True]  # type: ignore[arg-type]
    assert waking.objects == set()


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(200))) == 200


@pytest.fixture(params=["local", "s3"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3Address
) -> AsyncIterator[ObjectStore]:
    if request.param == "local":
        yield LocalStore(tmp_path / "store")
        return
    backend = S3Store(
        endpoint=s3.endpoint,
        bucket="polydub",
        credentials=StaticProvider(s3.access_key, s3.secret_key),
        secure=False,
        region="us-east-1",
    )
    yield backend
    await backend.delete_prefix("t")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def collect(store: ObjectStore, key: str, *span: int) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key, *span)])


async def keys(store: ObjectStore, prefix: str) -> list[str]:
    return [info.key async for info in store.walk(prefix)]


async def test_what_is_written_is_read(store: ObjectStore) -> None:
    info = await store.put_bytes("t/a/x.bin", b"0123456789")
    assert info.size_bytes == 10
    assert await store.get_bytes("t/a/x.bin") == b"0123456789"
    assert await store.stat("t/a/x.bin") == info


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 4), b"0123"), ((4, None), b"456789"), ((8, 99), b"89"), ((10, 12), b""), ((5, 5), b"")],
)
async def test_ranges_are_half_open(
    store: ObjectStore, span: tuple[int, int | None], expected: bytes
) -> None:
    await store.put_bytes("t/range", b"0123456789")
    assert await store.get_bytes("t/range", *span) == expected
    assert b"".join([c async for c in store.stream("t/range", *span)]) == expected


async def test_replacing_leaves_the_last(store: ObjectStore) -> None:
    await store.put_bytes("t/x", b"first")
    await store.put_bytes("t/x", b"second")
    assert await store.get_bytes("t/x") == b"second"


async def test_create_only_creates(store: ObjectStore) -> None:
    assert await store.create("t/decision", b"mine")
    assert not await store.create("t/decision", b"yours")
    assert await store.get_bytes("t/decision") == b"mine"


async def test_of_many_creators_one_wins(store: ObjectStore) -> None:
    won = await asyncio.gather(*(store.create("t/race", b"%d" % n) for n in range(8)))
    assert won.count(True) == 1
    assert await store.get_bytes("t/race") == b"%d" % won.index(True)


async def test_a_big_stream_round_trips(store: ObjectStore, tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096  # 1 MiB
    info = await store.put_stream("t/big", chunks(*[block] * 20))
    assert info.size_bytes == 20 * len(block)
    assert await collect(store, "t/big", len(block) - 3, len(block) + 3) == block[-3:] + block[:3]
    async with store.local_file("t/big") as path:
        assert path.read_bytes() == block * 20
    (tmp_path / "copy").write_bytes(block)
    await store.put_file("t/copy", tmp_path / "copy")
    assert await store.get_bytes("t/copy") == block


async def test_a_stream_over_its_limit_leaves_nothing(store: ObjectStore) -> None:
    with pytest.raises(StageError) as caught:
        await store.put_stream("t/limit", chunks(b"12345", b"67890"), limit_bytes=9)
    assert caught.value.code == "media_too_large"
    assert await store.stat("t/limit") is None
    assert await keys(store, "t") == []


async def test_a_stream_that_breaks_leaves_nothing(store: ObjectStore) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError):
        await store.put_stream("t/broken", breaking())
    assert await keys(store, "t") == []


async def test_walking_and_deleting_keep_to_the_prefix(store: ObjectStore) -> None:
    for key in ("t/v1/b", "t/v1/a/c", "t/v10/x"):
        await store.put_bytes(key, b"x")
    assert await keys(store, "t/v1") == ["t/v1/a/c", "t/v1/b"]
    assert await store.delete_prefix("t/v1") == 2
    assert await keys(store, "t") == ["t/v10/x"]
    assert await store.delete_prefix("t/v1") == 0


async def test_what_is_missing_says_so(store: ObjectStore) -> None:
    assert await store.stat("t/none") is None
    for attempt in (store.get_bytes("t/none"), collect(store, "t/none")):
        with pytest.raises(StageError) as caught:
            await attempt
        assert caught.value.code == "artifact_missing"
    with pytest.raises(StageError):
        async with store.local_file("t/none"):
            pass


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../b", "a//b", ".hidden", "a b", "a/"])
async def test_keys_that_could_escape_are_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="store key"):
        await store.put_bytes(key, b"x")


async def test_a_healthy_store_passes_its_check(store: ObjectStore) -> None:
    await store.check()


async def test_presigned_urls_download_under_a_name(store: ObjectStore) -> None:
    await store.put_bytes("t/file", b"bytes of the file")
    url = await store.presigned_url("t/file", expires_s=60, filename="año.mp4")
    if url is None:
        assert isinstance(store, LocalStore)
        return
    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers={"Range": "bytes=0-4"})
    assert answer.status_code == 206
    assert answer.content == b"bytes"
    assert "a%C3%B1o.mp4" in answer.headers["content-disposition"]


async def test_a_store_that_is_away_is_worth_another_try() -> None:
    away = S3Store(
        endpoint="127.0.0.1:9",
        bucket="polydub",
        credentials=StaticProvider("a", "b"),
        secure=False,
        region="us-east-1",
    )
    away._client._http.connection_pool_kw["retries"] = False
    with pytest.raises(StageError) as caught:
        await away.get_bytes("t/x")
    assert (caught.value.code, caught.value.retryable) == ("store_unavailable", True)


@pytest.mark.parametrize(
    ("public", "begins"),
    [
        ("", "http://store.internal:8333/polydub/t/file?"),
        ("https://s3.example", "https://s3.example/polydub/t/file?"),
        ("none", None),
    ],
)
async def test_addresses_for_browsers_are_signed_for_the_host_they_see(
    public: str, begins: str | None
) -> None:
    store = S3Store(
        endpoint="store.internal:8333",
        bucket="polydub",
        credentials=StaticProvider("a", "b"),
        secure=False,
        region="us-east-1",
        public_endpoint=public,
    )
    urls = [
        await store.presigned_url("t/file", expires_s=60, filename="f"),
        await store.parts.presigned_put(Unfinished("t/file", "token"), 1, expires_s=60),
    ]
    for url in urls:
        assert url is None if begins is None else (url or "").startswith(begins)


async def test_a_bucket_is_made_once(s3: S3Address) -> None:
    backend = S3Store(
        endpoint=s3.endpoint,
        bucket="another",
        credentials=StaticProvider(s3.access_key, s3.secret_key),
        secure=False,
        region="us-east-1",
        encryption="AES256",
    )
    with pytest.raises(StageError, match="no bucket"):
        await backend.check()
    for _ in range(2):
        await backend.ensure_bucket()
    await backend.check()
    lifecycle = backend._client.get_bucket_lifecycle("another")
    assert lifecycle
    forgets = lifecycle.rules[0].abort_incomplete_multipart_upload
    assert forgets and forgets.days_after_initiation == 30
    encryption = backend._client.get_bucket_encryption("another")
    assert encryption and encryption.rule.sse_algorithm == "AES256"
    await LocalStore(Path("nowhere")).ensure_bucket()


@pytest.mark.parametrize("public", ["s3.example", "ftp://s3.example", "https://"])
def test_an_address_for_browsers_is_one(public: str) -> None:
    with pytest.raises(ValueError, match="POLYDUB_S3_PUBLIC_ENDPOINT"):
        CommonSettings(
            store="s3",
            s3_endpoint="store.internal:8333",
            s3_access_key=SecretStr("a"),
            s3_secret_key=SecretStr("b"),
            s3_public_endpoint=public,
        )


async def test_keys_of_a_role_are_fetched_and_used(
    s3: S3Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS: whoever gives them out is asked, and asked again before they end."""
    given: list[str] = []

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        given.append((await reader.readuntil(b"\r\n\r\n")).decode())
        keys = {
            "AccessKeyId": s3.access_key,
            "SecretAccessKey": s3.secret_key,
            "Token": "",
            "Expiration": "2020-01-01T00:00:00Z" if len(given) == 1 else "2999-01-01T00:00:00Z",
        }
        body = json.dumps(keys).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(give, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{port}/keys")
        settings = CommonSettings(
            store="s3", s3_endpoint=s3.endpoint, s3_secure=False, s3_credentials="role"
        )
        store = open_store(settings)
        for text in (b"once", b"twice", b"thrice"):
            await store.put_bytes("t/role", text)
        assert await store.get_bytes("t/role") == b"thrice"
        assert len(given) == 2
        await store.delete_prefix("t")


async def test_without_a_role_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://elsewhere.example/keys")
    settings = CommonSettings(store="s3", s3_endpoint="127.0.0.1:9", s3_credentials="role")
    with pytest.raises(StageError) as caught:
        await open_store(settings).get_bytes("t/x")
    assert caught.value.code == "store_unavailable"
