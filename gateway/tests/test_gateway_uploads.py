"""Uploads: streamed, probed, known again, refused without a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from polydub.errors import MediaError

pytestmark = pytest.mark.integration


def stored(gateway: Any) -> list[str]:
    root: Path = gateway.store_dir
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


async def test_a_raw_upload_is_probed_where_it_lies(gateway: Any, stages: Any) -> None:
    answer = await gateway.upload(b"some bytes", "Mein Film.MP4")
    video = answer.json()
    assert answer.status_code == 201
    assert stages.probed == [f"videos/{video['id']}/source/original.mp4"]
    assert stored(gateway) == stages.probed
    expected = {
        "filename": "Mein Film.MP4", "size_bytes": 10, "duration_s": 12.5, "container": "mp4",
        "frame_rate": 29.97, "width": 640, "height": 360, "channels": 2, "sample_rate_hz": 48000,
    }  # fmt: skip
    assert {name: video[name] for name in expected} == expected
    assert video["streams"]["audio"][0]["codec"] == "aac"
    again = await gateway.http.get(answer.headers["location"])
    assert again.json() == video


async def test_a_form_upload_is_the_same_video(gateway: Any, stages: Any) -> None:
    data = bytes(range(256)) * 4000
    files = {"file": ("clip.webm", data, "video/webm")}
    first = await gateway.http.post("/v1/videos/upload", files=files, data={"note": "x"})
    assert first.status_code == 201
    assert first.json()["size_bytes"] == len(data)
    [key] = stored(gateway)
    assert (gateway.store_dir / key).read_bytes() == data
    second = await gateway.upload(data, "another name.webm")
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert stored(gateway) == [key]
    assert len(stages.probed) == 1


async def test_a_known_video_gets_lost_bytes_back(gateway: Any) -> None:
    await gateway.upload(b"precious")
    [key] = stored(gateway)
    (gateway.store_dir / key).unlink()
    assert (await gateway.upload(b"precious")).status_code == 200
    assert stored(gateway) == [key]


async def test_what_the_probe_refuses_leaves_nothing(gateway: Any, stages: Any) -> None:
    stages.refusal = MediaError("no_audio_stream", "The file has no audio stream.")
    answer = await gateway.upload(b"silent film")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "no_audio_stream")
    assert problem["stage"] == "separation"
    assert problem["hint"]
    assert stored(gateway) == []
    stages.refusal = None
    assert (await gateway.upload(b"silent film")).status_code == 201


async def test_an_empty_upload_is_refused(gateway: Any, stages: Any) -> None:
    assert (await gateway.upload(b"")).json()["code"] == "media_empty"
    assert stages.probed == []
    assert stored(gateway) == []


async def test_a_separation_stage_that_is_away_is_a_503(
    start_gateway: Any, tmp_path: Path, nats_url: str
) -> None:
    async with start_gateway(tmp_path, nats_url, "127.0.0.1:9", probe_timeout_s=3) as gateway:
        answer = await gateway.upload(b"video")
        assert (answer.status_code, answer.json()["code"]) == (503, "stage_unavailable")
        assert answer.headers["retry-after"]
        assert stored(gateway) == []
        engines = (await gateway.http.get("/v1/engines")).json()
        assert not any(stage["answers"] for stage in engines["stages"])


async def test_too_large_is_too_large_however_it_comes(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 500

    limit = {"max_upload_bytes": 1000}
    async with start_gateway(tmp_path, nats_url, stages.address, **limit) as gateway:
        announced = await gateway.upload(b"x" * 1001)
        chunked = await gateway.http.put(
            "/v1/videos", params={"filename": "a.mp4"}, content=unannounced()
        )
        form = await gateway.http.post(
            "/v1/videos/upload", files={"file": ("a.mp4", b"x" * 1001, "video/mp4")}
        )
        for answer in (announced, chunked, form):
            assert (answer.status_code, answer.json()["code"]) == (413, "media_too_large")
        assert stored(gateway) == []
        assert (await gateway.upload(b"x" * 1000)).status_code == 201


async def test_deleting_takes_everything_but_waits_for_jobs(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    url = f"/v1/videos/{dub['video_id']}"
    running = await gateway.http.delete(url)
    assert (running.status_code, running.json()["code"]) == (409, "conflict")
    await tell((await story_of(dub)).whole()[1:])
    await gateway.until(dub["id"], "completed")
    assert (await gateway.http.delete(url)).status_code == 204
    assert stored(gateway) == []
    for gone in (url, f"/v1/dubs/{dub['id']}"):
        assert (await gateway.http.get(gone)).status_code == 404
    assert (await gateway.http.delete(url)).status_code == 404
