"""Finding dubs, and deleting them with what was made for them alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from polydub.bus import Bus
from polydub.v1 import dubbing_pb2, dubbing_pb2_grpc

pytestmark = pytest.mark.integration


async def found(gateway: Any, **params: Any) -> list[str]:
    answer = await gateway.http.get("/v1/dubs", params=params)
    assert answer.status_code == 200, answer.text
    return [dub["id"] for dub in answer.json()["dubs"]]


async def named(gateway: Any, name: str, *targets: str) -> dict[str, Any]:
    video = (await gateway.upload(name.encode(), name)).json()
    body = {"video_id": video["id"], "target_languages": targets}
    made: dict[str, Any] = (await gateway.http.post("/v1/dubs", json=body)).json()
    return made


async def test_dubs_are_found_by_what_is_known_of_them(gateway: Any) -> None:
    talk = await named(gateway, "Über_100%.mp4", "es")
    film = await named(gateway, "film.mkv", "es", "fr")
    last = await named(gateway, "ueber uns.mp4", "fr")
    ids = [each["id"] for each in (last, film, talk)]
    assert await found(gateway) == ids
    assert await found(gateway, order="oldest") == ids[::-1]
    assert await found(gateway, q="ÜBER") == [talk["id"]]
    assert await found(gateway, q="0%") == [talk["id"]]
    assert await found(gateway, q="_") == [talk["id"]]
    assert await found(gateway, target_language="ES") == ids[1:]
    assert await found(gateway, video_id=film["video_id"]) == [film["id"]]
    await gateway.http.post(f"/v1/dubs/{film['id']}/cancel")
    assert await found(gateway, state="canceled") == [film["id"]]
    assert await found(gateway, state=["canceled", "queued"]) == ids
    assert await found(gateway, created_from=film["created_at"]) == ids[:2]
    assert await found(gateway, created_before=film["created_at"]) == ids[2:]
    for wrong in ({"state": "none"}, {"order": "best"}, {"created_from": "now"}, {"q": "\0"}):
        assert (await gateway.http.get("/v1/dubs", params=wrong)).status_code == 422
    for order in ("newest", "oldest"):
        paged, cursor = [], None
        while len(paged) < 2:
            params = {"limit": 1, "order": order, "target_language": "es"}
            params |= {"cursor": cursor} if cursor else {}
            page = (await gateway.http.get("/v1/dubs", params=params)).json()
            paged += [dub["id"] for dub in page["dubs"]]
            cursor = page["next_cursor"]
        assert cursor is None
        assert paged == (ids[1:] if order == "newest" else ids[:0:-1])


def put(gateway: Any, key: str, content: object = "x") -> Any:
    path = gateway.store_dir / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


async def test_what_only_a_deleted_dub_refers_to_goes(
    gateway: Any, story_of: Any, tell: Any, bus: Bus
) -> None:
    one, other = await gateway.dub("es"), await gateway.dub("fr")
    video = f"videos/{one['video_id']}"
    shared = put(
        gateway, f"{video}/asr/shared/transcript.json", {"sound": f"{video}/separation/s/v"}
    )
    voice = put(gateway, f"{video}/separation/s/voice.wav")
    own = [put(gateway, f"{video}/tts/{name}/line.wav") for name in ("own", "others")]
    files = [put(gateway, f"{video}/muxing/{name}/talk.mp4") for name in ("own", "others")]
    live = [put(gateway, f"{video}/live/{dub['id']}/0/es/hls.json") for dub in (one, other)]
    for dub, name in ((one, "own"), (other, "others")):
        told = await story_of(dub, parts=1)
        language = told.languages[0]
        spoken = put(
            gateway, f"{video}/tts/{name}-part/speech.json", {"key": f"{video}/tts/{name}/line.wav"}
        )
        events = told.whole()[1:]
        for event in events:
            products, stage = event.products, event.envelope.stage
            if stage == "asr":
                products.asr.document_key = f"{video}/asr/shared/transcript.json"
            if stage == "tts":
                products.tts.document_key = str(spoken.relative_to(gateway.store_dir))
            if stage == "muxing":
                products.muxing.files[0].key = f"{video}/muxing/{name}/talk.{language}.mp4"
        running = await gateway.http.delete(f"/v1/dubs/{dub['id']}")
        assert (running.status_code, running.json()["code"]) == (409, "conflict")
        assert "Cancel it first" in running.json()["hint"]
        await tell(events)
        await gateway.until(dub["id"], "completed")

    assert (await gateway.http.delete(f"/v1/dubs/{one['id']}")).status_code == 204
    assert (await gateway.http.get(f"/v1/dubs/{one['id']}")).status_code == 404
    assert (await gateway.http.delete(f"/v1/dubs/{one['id']}")).status_code == 404
    assert [path.exists() for path in (*own, *files)] == [False, True, False, True]
    assert [path.exists() for path in live] == [False, True]
    assert shared.exists()
    assert voice.exists()
    subjects = await bus._js.stream_info("POLYDUB", f"polydub.v1.*.*.{one['id']}")
    assert not subjects.state.subjects

    assert (await gateway.http.delete(f"/v1/dubs/{other['id']}")).status_code == 204
    left = [path.name for path in (gateway.store_dir / video).rglob("*") if path.is_file()]
    assert left == ["original.mp4"]


# --- the same over gRPC ----------------------------------------------------------------------


@pytest.fixture
async def dubbing(gateway: Any) -> AsyncIterator[Any]:
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(gateway.grpc_address, options=options) as channel:
        yield dubbing_pb2_grpc.DubbingStub(channel)


async def test_videos_and_dubs_are_steered_over_grpc(gateway: Any, dubbing: Any) -> None:
    dub = await gateway.dub("es")
    video = await dubbing.GetVideo(dubbing_pb2.GetVideoRequest(id=dub["video_id"]))
    assert video.filename == "talk.mp4"
    with pytest.raises(grpc.aio.AioRpcError) as running:
        await dubbing.DeleteDub(dubbing_pb2.DeleteDubRequest(id=dub["id"]))
    assert running.value.code() is grpc.StatusCode.ABORTED
    await dubbing.CancelDub(dubbing_pb2.CancelDubRequest(id=dub["id"]))
    again = await dubbing.RetryDub(dubbing_pb2.RetryDubRequest(id=dub["id"]))
    assert again.state == dubbing_pb2.DUB_STATE_QUEUED
    await dubbing.CancelDub(dubbing_pb2.CancelDubRequest(id=dub["id"]))
    await dubbing.DeleteDub(dubbing_pb2.DeleteDubRequest(id=dub["id"]))
    await dubbing.DeleteVideo(dubbing_pb2.DeleteVideoRequest(id=dub["video_id"]))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await dubbing.GetVideo(dubbing_pb2.GetVideoRequest(id=dub["video_id"]))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND


async def test_files_are_downloaded_over_grpc(
    gateway: Any, dubbing: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    told, content = await story_of(dub), bytes(range(256)) * 8192
    file = told.file("es", len(content))
    path = gateway.store_dir / file.key
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    await tell([*told.shared()[1:], *told.spoken("es"), told.muxed("es", files=[file])])
    await gateway.until(dub["id"], "completed")

    async def fetched(**asked: Any) -> list[bytes]:
        request = dubbing_pb2.DownloadArtifactRequest(dub_id=dub["id"], **asked)
        return [each.chunk async for each in dubbing.DownloadArtifact(request)]

    chunks = await fetched(name=file.name)
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) <= 1024 * 1024
    assert b"".join(await fetched(name=file.name, start=1000)) == content[1000:]
    assert await fetched(name=file.name, start=len(content)) == []
    for asked, code in (
        ({"name": "none"}, grpc.StatusCode.NOT_FOUND),
        ({"name": file.name, "start": -1}, grpc.StatusCode.OUT_OF_RANGE),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await fetched(**asked)
        assert refused.value.code() is code
