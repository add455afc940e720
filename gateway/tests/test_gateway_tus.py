"""tus: uploads that go on after anything that can break off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from polydub.errors import MediaError, StageError
from polydub.testing import poll_until
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
MIB = 2**20


def stored(gateway: Any) -> list[str]:
    root: Path = gateway.store_dir
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


async def create(gateway: Any, length: int, name: str = "talk.mp4", **headers: str) -> str:
    metadata = f"filename {base64.b64encode(name.encode()).decode()},filetype dmlkZW8vbXA0"
    answer = await gateway.http.post(
        "/v1/uploads",
        headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata, **headers},
    )
    assert answer.status_code == 201, answer.text
    location: str = answer.headers["location"]
    return location


async def patch(
    gateway: Any, url: str, offset: int, data: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    answer: httpx.Response = await gateway.http.patch(
        url, headers={**BYTES, "Upload-Offset": str(offset), **headers}, content=data
    )
    return answer


async def head(gateway: Any, url: str) -> httpx.Response:
    answer: httpx.Response = await gateway.http.head(url, headers=TUS)
    return answer


def checksum(algorithm: str, data: bytes) -> str:
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    return f"{algorithm} {digest}"


async def test_options_tell_what_can_be_done(gateway: Any) -> None:
    answer = await gateway.http.options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-max-size"] == str(2 * 2**30)
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"
    for extension in ("creation-with-upload", "checksum", "expiration", "termination"):
        assert extension in answer.headers["tus-extension"].split(",")


async def test_small_pieces_become_a_video(gateway: Any, stages: Any) -> None:
    data = os.urandom(300_000)
    url = await create(gateway, len(data), "Mein Film.MP4")
    for offset in range(0, len(data), 70_000):
        before = await head(gateway, url)
        assert before.headers["upload-offset"] == str(offset)
        assert before.headers["upload-length"] == str(len(data))
        assert before.headers["cache-control"] == "no-store"
        assert "upload-video" not in before.headers
        last = await patch(gateway, url, offset, data[offset : offset + 70_000])
        assert last.status_code == 204, last.text
    assert last.headers["upload-offset"] == str(len(data))
    video = (await gateway.http.get(f"/v1/videos/{last.headers['upload-video']}")).json()
    assert (video["filename"], video["size_bytes"]) == ("Mein Film.MP4", len(data))
    [key] = stored(gateway)
    assert stages.probed == [key]
    assert (gateway.store_dir / key).read_bytes() == data
    told = (await gateway.http.get(url)).json()
    assert (told["state"], told["video"], told["error"]) == ("completed", video, None)
    assert (await head(gateway, url)).headers["upload-video"] == video["id"]


async def test_creation_may_bring_all_bytes_and_known_ones_are_the_same_video(
    gateway: Any,
) -> None:
    known = (await gateway.upload(b"the same bytes")).json()
    answer = await gateway.http.post(
        "/v1/uploads", headers={**BYTES, "Upload-Length": "14"}, content=b"the same bytes"
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "14")
    assert answer.headers["upload-video"] == known["id"]
    assert len(stored(gateway)) == 1


async def test_a_length_may_come_later(gateway: Any) -> None:
    answer = await gateway.http.post("/v1/uploads", headers={**TUS, "Upload-Defer-Length": "1"})
    url = answer.headers["location"]
    await patch(gateway, url, 0, b"first ")
    assert (await head(gateway, url)).headers["upload-defer-length"] == "1"
    last = await patch(gateway, url, 6, b"second", **{"Upload-Length": "12"})
    assert last.headers["upload-video"].startswith("vid_")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "3"}, 409),
        ({"Upload-Offset": "99"}, 409),
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Content-Type": "video/mp4"}, 415),
        ({"Upload-Checksum": "md5 AAAA"}, 422),
        ({"Upload-Checksum": "sha1 ???"}, 422),
        ({"Upload-Offset": "-1"}, 422),
    ],
)
async def test_what_tus_forbids_is_refused_and_changes_nothing(
    gateway: Any, headers: dict[str, str], status: int
) -> None:
    url = await create(gateway, 100)
    await patch(gateway, url, 0, b"12345")
    answer = await patch(gateway, url, 5, b"more", **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.json()["code"]
    assert (await head(gateway, url)).headers["upload-offset"] == "5"


async def test_a_wrong_checksum_keeps_nothing_of_that_piece(gateway: Any) -> None:
    first, second = os.urandom(9 * MIB), os.urandom(9 * MIB)
    url = await create(gateway, len(first + second))
    good = await patch(gateway, url, 0, first, **{"Upload-Checksum": checksum("sha1", first)})
    assert good.status_code == 204
    damaged = await patch(
        gateway, url, len(first), second[::-1], **{"Upload-Checksum": checksum("sha256", second)}
    )
    assert (damaged.status_code, damaged.json()["code"]) == (460, "checksum_mismatch")
    assert (await head(gateway, url)).headers["upload-offset"] == str(len(first))
    last = await patch(
        gateway, url, len(first), second, **{"Upload-Checksum": checksum("sha256", second)}
    )
    assert last.headers["upload-video"]
    assert (gateway.store_dir / stored(gateway)[0]).read_bytes() == first + second


async def test_too_much_is_too_large(gateway: Any) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 100

    large = {**TUS, "Upload-Length": str(2**40)}
    refused = await gateway.http.post("/v1/uploads", headers=large)
    assert (refused.status_code, refused.json()["code"]) == (413, "media_too_large")
    url = await create(gateway, 100)
    for body in (b"x" * 101, unannounced()):
        answer = await patch(gateway, url, 0, body)
        assert (answer.status_code, answer.json()["code"]) == (413, "media_too_large")
        await gateway.http.delete(url, headers=TUS)
        url = await create(gateway, 100)


async def test_what_is_no_video_says_why_and_leaves_nothing(gateway: Any, stages: Any) -> None:
    stages.refusal = MediaError("no_audio_stream", "The file has no audio stream.")
    url = await create(gateway, 6)
    last = await patch(gateway, url, 0, b"silent")
    assert (last.status_code, last.headers["upload-error"]) == (204, "no_audio_stream")
    told = (await gateway.http.get(url)).json()
    assert (told["state"], told["video"]) == ("failed", None)
    assert (told["error"]["code"], told["error"]["status"]) == ("no_audio_stream", 422)
    assert stored(gateway) == []
    empty = await create(gateway, 0)
    await until(gateway, empty, "failed", "media_empty")


async def until(gateway: Any, url: str, state: str, code: str | None = None) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        told: dict[str, Any] = (await gateway.http.get(url)).json()
        error = (told["error"] or {}).get("code")
        return told if (told["state"], error) == (state, code) else None

    found = await poll_until(look, f"the upload to be {state}")
    assert found is not None
    return found


async def test_whole_bytes_wait_for_a_stage_that_is_away(gateway: Any, stages: Any) -> None:
    stages.refusal = StageError("store_unavailable", "Just now it is away.")
    url = await create(gateway, 5)
    last = await patch(gateway, url, 0, b"video")
    assert (last.status_code, last.headers["upload-error"]) == (204, "store_unavailable")
    told = (await gateway.http.get(url)).json()
    assert (told["state"], told["error"]["retryable"]) == ("processing", True)
    stages.refusal = None
    assert (await until(gateway, url, "completed"))["video"]["size_bytes"] == 5


async def test_termination_removes_what_came(gateway: Any) -> None:
    url = await create(gateway, 20 * MIB)
    await patch(gateway, url, 0, b"x" * 9 * MIB)
    assert stored(gateway)
    assert (await gateway.http.delete(url, headers=TUS)).status_code == 204
    assert stored(gateway) == []
    assert (await head(gateway, url)).status_code == 404


async def test_post_can_stand_for_patch(gateway: Any) -> None:
    url = await create(gateway, 5)
    answer = await gateway.http.post(
        url,
        headers={**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"},
        content=b"video",
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "5")


async def test_a_client_that_comes_back_ends_its_old_connection(gateway: Any) -> None:
    going = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"0123456789"
        await going.wait()

    url = await create(gateway, 20)
    old = asyncio.create_task(patch(gateway, url, 0, stalled()))

    async def goes_on() -> httpx.Response | None:
        answer = await patch(gateway, url, 10, b"abcdefghij")
        return answer if answer.status_code == 204 else None

    answer = await poll_until(goes_on, "the upload to go on")
    assert answer is not None
    assert answer.headers["upload-video"]
    going.set()
    refused = await asyncio.gather(old, return_exceptions=True)
    assert isinstance(refused[0], httpx.HTTPError) or refused[0].status_code == 422
    assert (gateway.store_dir / stored(gateway)[0]).read_bytes() == b"0123456789abcdefghij"


async def test_uploads_expire(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, monkeypatch: Any
) -> None:
    settings = UploadSettings(sweep_every_s=0.2)
    async with start_gateway(tmp_path, nats_url, stages.address, uploads=settings) as gateway:
        url = await create(gateway, 20 * MIB)
        answer = await patch(gateway, url, 0, b"x" * 9 * MIB)
        assert "GMT" in answer.headers["upload-expires"]
        later_ms = int(time.time() * 1000) + 25 * 3600 * 1000
        for module in ("resumable", "sweeping", "finishing"):
            name = f"polydub_gateway.uploads.{module}.now_ms"
            monkeypatch.setattr(name, lambda: later_ms)
        answer = await head(gateway, url)
        assert answer.status_code == 410

        async def swept() -> bool:
            return stored(gateway) == []

        await poll_until(swept, "the bytes to go")
        assert (await gateway.http.get(url)).json()["code"] == "gone"


async def test_orphans_of_dead_writers_are_swept(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> None:
    root = tmp_path / "store"
    orphan = "videos/vid_dead/source/original.mp4"
    made = "videos/vid_restored/separation/x/speech.flac"
    young = "videos/vid_young/source/original.mp4"
    tail = "uploads/upl_dead/00001/tail"
    unfinished = f".parts/{'0' * 32}/key"
    for key in (orphan, made, young, tail, unfinished, ".tmp/left"):
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_text("videos/vid_dead2/source/original.mp4")
        if key != young:
            os.utime(root / key, (1, 1))

    settings = UploadSettings(sweep_every_s=0.2)
    async with start_gateway(tmp_path, nats_url, stages.address, uploads=settings) as gateway:
        kept = (await gateway.upload()).json()["id"]
        [source] = [key for key in stored(gateway) if kept in key]
        os.utime(root / source, (1, 1))
        expected = sorted([made, young, source])

        async def swept() -> bool:
            return stored(gateway) == expected

        await poll_until(swept, "the orphans to go")


async def test_replicas_on_postgresql_take_turns(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, postgres_url: str
) -> None:
    settings = {
        "database_url": postgres_url,
        "uploads": UploadSettings(sweep_every_s=0.2, poll_s=0.2),
    }
    async with (
        start_gateway(tmp_path, nats_url, stages.address, **settings) as first,
        start_gateway(tmp_path, nats_url, stages.address, **settings) as second,
    ):
        url = await create(first, 40)
        for turn in range(4):
            answers = await asyncio.gather(
                *(patch(each, url, 10 * turn, b"0123456789") for each in (first, second))
            )
            assert sorted(answer.status_code for answer in answers) == [204, 409]
        assert (await until(second, url, "completed"))["video"]["size_bytes"] == 40
        ask = {"url": "http://192.0.2.1/x.mp4"}
        assert (await first.http.post("/v1/videos/import", json=ask)).status_code == 422
