"""Objects written bit by bit: one contract for every backend."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from minio.credentials.providers import StaticProvider

from polydub.errors import StageError
from polydub.store import ObjectStore, Unfinished
from polydub.store.local import LocalStore
from polydub.store.parts import MIN_PART_BYTES
from polydub.store.s3 import S3Store
from polydub.testing.servers import S3Address

pytestmark = pytest.mark.integration

FIRST = b"\x01" * MIN_PART_BYTES
SECOND = b"\x02" * (MIN_PART_BYTES + 7)
LAST = b"the end"

Opened = Callable[[], ObjectStore]


@pytest.fixture(params=["local", "s3"])
async def opened(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3Address
) -> AsyncIterator[Opened]:
    """Opens the same store anew each time, as another process would."""

    def open_it() -> ObjectStore:
        if request.param == "local":
            return LocalStore(tmp_path / "store")
        keys = StaticProvider(s3.access_key, s3.secret_key)
        return S3Store(
            endpoint=s3.endpoint, bucket="polydub", credentials=keys, secure=False,
            region="us-east-1",
        )  # fmt: skip

    yield open_it
    store = open_it()
    await store.delete_prefix("t")
    async for target in store.parts.unfinished("t"):
        await store.parts.abort(target)


@pytest.fixture
def store(opened: Opened) -> ObjectStore:
    return opened()


async def begun(store: ObjectStore, prefix: str = "t") -> list[tuple[str, str]]:
    return [(each.key, each.token) async for each in store.parts.unfinished(prefix)]


async def test_parts_of_several_processes_become_one_object(opened: Opened) -> None:
    target = await opened().parts.begin("t/big.mp4")
    await opened().parts.put(target, 2, SECOND)
    await opened().parts.put(target, 1, FIRST)
    store = opened()
    await store.parts.put(target, 3, LAST)
    assert await store.stat("t/big.mp4") is None, "it must not be seen before it is whole"
    parts = await opened().parts.stored(target)
    sizes = [(part.number, part.size_bytes) for part in parts]
    assert sizes == [(1, len(FIRST)), (2, len(SECOND)), (3, len(LAST))]
    info = await opened().parts.complete(target, parts)
    assert info.size_bytes == len(FIRST + SECOND + LAST)
    assert await store.get_bytes("t/big.mp4") == FIRST + SECOND + LAST
    assert await begun(store) == []


async def test_a_part_written_again_counts_once(store: ObjectStore) -> None:
    target = await store.parts.begin("t/again")
    for _ in range(2):
        await store.parts.put(target, 1, LAST)
    [part] = await store.parts.stored(target)
    assert part.size_bytes == len(LAST)
    await store.parts.complete(target, [part])
    assert await store.get_bytes("t/again") == LAST


async def test_parts_that_nobody_wrote_make_no_object(store: ObjectStore) -> None:
    target = await store.parts.begin("t/unwritten")
    part = await store.parts.put(target, 1, LAST)
    with pytest.raises(StageError) as caught:
        await store.parts.complete(target, [part, replace(part, number=2)])
    assert caught.value.code == "conflict"
    assert await store.stat("t/unwritten") is None


async def test_the_old_object_stays_until_the_new_one_is_whole(store: ObjectStore) -> None:
    await store.put_bytes("t/x", b"old")
    target = await store.parts.begin("t/x")
    part = await store.parts.put(target, 1, b"new")
    assert await store.get_bytes("t/x") == b"old"
    await store.parts.complete(target, [part])
    assert await store.get_bytes("t/x") == b"new"


async def test_what_was_aborted_is_gone(store: ObjectStore) -> None:
    target = await store.parts.begin("t/aborted")
    await store.parts.put(target, 1, LAST)
    await store.parts.abort(target)
    await store.parts.abort(target)
    assert await begun(store) == []
    assert await store.stat("t/aborted") is None
    for attempt in (store.parts.stored(target), store.parts.put(target, 2, LAST)):
        with pytest.raises(StageError) as caught:
            await attempt
        assert caught.value.code == "artifact_missing"


async def test_completing_twice_says_that_it_is_done(store: ObjectStore) -> None:
    target = await store.parts.begin("t/twice")
    part = await store.parts.put(target, 1, LAST)
    await store.parts.complete(target, [part])
    with pytest.raises(StageError) as caught:
        await store.parts.complete(target, [part])
    assert caught.value.code == "artifact_missing"
    assert await store.get_bytes("t/twice") == LAST


async def test_what_nobody_finishes_is_found_with_its_age(store: ObjectStore) -> None:
    before_ms = int(time.time() * 1000) - 5000
    target = await store.parts.begin("t/left/a.mp4")
    other = await store.parts.begin("t/other/b.mp4")
    await store.parts.put(target, 1, LAST)
    assert await begun(store, "t/left") == [(target.key, target.token)]
    assert sorted(await begun(store)) == sorted((t.key, t.token) for t in (target, other))
    [found] = [each async for each in store.parts.unfinished("t/left")]
    assert before_ms < found.begun_at_ms < time.time() * 1000 + 5000
    await store.parts.abort(found)
    assert await begun(store, "t/left") == []


async def test_more_parts_than_one_answer_lists(store: ObjectStore) -> None:
    target = await store.parts.begin("t/many")
    for number in range(1, 8):
        await store.parts.put(target, number, b"%d" % number)
    assert [p.number for p in await store.parts.stored(target)] == list(range(1, 8))


@pytest.mark.parametrize("number", [0, 10_001])
async def test_part_numbers_have_bounds(store: ObjectStore, number: int) -> None:
    with pytest.raises(ValueError, match="part's number"):
        await store.parts.put(Unfinished("t/x", "0" * 32), number, b"x")


async def test_parts_can_be_put_by_url(store: ObjectStore) -> None:
    target = await store.parts.begin("t/direct")
    urls = [await store.parts.presigned_put(target, n, expires_s=60) for n in (1, 2)]
    if urls[0] is None:
        assert isinstance(store, LocalStore)
        return
    async with httpx.AsyncClient(trust_env=False) as client:
        for url, data in zip(urls, (FIRST, LAST), strict=True):
            assert url is not None
            assert (await client.put(url, content=data)).status_code == 200
        stranger = urls[0].replace("partNumber=1", "partNumber=3")
        assert (await client.put(stranger, content=LAST)).status_code == 403
    await store.parts.complete(target, await store.parts.stored(target))
    assert await store.get_bytes("t/direct") == FIRST + LAST


async def test_children_and_ages(store: ObjectStore) -> None:
    for key in ("t/v/b/x", "t/v/a/y/z", "t/v/c"):
        await store.put_bytes(key, b"x")
    assert [name async for name in store.children("t/v")] == ["a", "b", "c"]
    assert [name async for name in store.children("t/none")] == []
    [info] = [info async for info in store.walk("t/v/b")]
    assert abs(info.modified_at_ms / 1000 - time.time()) < 60


async def test_leftovers_of_dead_writers_go_by_age(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    await store.check()
    old, young = tmp_path / ".tmp/old", tmp_path / ".tmp/young"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert await store.remove_leftovers(older_than_s=3600) == 1
    assert (old.exists(), young.exists()) == (False, True)


async def test_a_token_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="token"):
        await LocalStore(tmp_path).parts.abort(Unfinished("t/x", "../../etc"))
