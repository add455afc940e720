"""The gRPC face says the same as the HTTP face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import nats
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from polydub.errors import MediaError
from polydub.pipeline import STREAM
from polydub.rpc import error_of
from polydub.testing import poll_until
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc, muxing_pb2
from polydub_gateway.rpc import SERVICERS

pytestmark = pytest.mark.integration


@pytest.fixture
async def dubbing(channel: grpc.aio.Channel) -> Any:
    return dubbing_pb2_grpc.DubbingStub(channel)


@asynccontextmanager
async def nats_connection(url: str) -> AsyncIterator[Any]:
    connection = await nats.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def pieces(*chunks: bytes) -> list[dubbing_pb2.UploadVideoRequest]:
    header = dubbing_pb2.UploadHeader(filename="talk.mp4")
    return [
        dubbing_pb2.UploadVideoRequest(header=header),
        *(dubbing_pb2.UploadVideoRequest(chunk=chunk) for chunk in chunks),
    ]


async def test_a_dub_from_upload_to_end(
    gateway: Any, dubbing: Any, story_of: Any, tell: Any
) -> None:
    video = await dubbing.UploadVideo(iter(pieces(b"vi", b"deo")))
    over_http = (await gateway.http.get(f"/v1/videos/{video.id}")).json()
    assert (video.filename, video.media.size_bytes) == ("talk.mp4", 5)
    assert over_http["duration_s"] == video.media.duration_s

    request = dubbing_pb2.CreateDubRequest(video_id=video.id, target_languages=["es"])
    key = (("idempotency-key", "k"),)
    dub = await dubbing.CreateDub(request, metadata=key)
    assert (await dubbing.CreateDub(request, metadata=key)).id == dub.id
    http_dub = (await gateway.http.get(f"/v1/dubs/{dub.id}")).json()
    await tell((await story_of(http_dub)).whole()[1:])
    seen = [progress async for progress in dubbing.WatchDub(dubbing_pb2.WatchDubRequest(id=dub.id))]
    assert seen[-1].state == dubbing_pb2.DUB_STATE_COMPLETED
    resumed = dubbing_pb2.WatchDubRequest(id=dub.id, after_sequence=seen[3].sequence)
    assert [each async for each in dubbing.WatchDub(resumed)] == seen[4:]

    await gateway.until(dub.id, "completed")
    done = await dubbing.GetDub(dubbing_pb2.GetDubRequest(id=dub.id))
    assert done.progress == 1
    assert done.languages[0].files[0].name == "talk.es.mp4"
    page = await dubbing.ListDubs(dubbing_pb2.ListDubsRequest(page_size=1))
    assert [each.id for each in page.dubs] == [dub.id]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await dubbing.CancelDub(dubbing_pb2.CancelDubRequest(id=dub.id))
    assert refused.value.code() is grpc.StatusCode.ABORTED


async def test_the_sound_is_chosen_over_grpc_too(gateway: Any, dubbing: Any) -> None:
    video = await dubbing.UploadVideo(iter(pieces(b"vi", b"deo")))
    sound = muxing_pb2.SoundOptions(voice_over=True, plain_voices=True)
    request = dubbing_pb2.CreateDubRequest(
        video_id=video.id, target_languages=["es"], sound=sound,
        fit_mode=muxing_pb2.FIT_MODE_STRICT, extras=[muxing_pb2.EXTRA_STEMS],
    )  # fmt: skip
    dub = await dubbing.CreateDub(request)
    assert dub.sound == sound
    shown = (await gateway.http.get(f"/v1/dubs/{dub.id}")).json()
    assert (shown["keep_background"], shown["voice_over"], shown["match_voices"]) == (
        True, True, False,
    )  # fmt: skip
    assert (shown["fit_mode"], shown["extras"]) == ("strict", ["stems"])
    request.sound.drop_background = True
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await dubbing.CreateDub(request)
    assert error_of(refused.value, "gateway").code == "invalid_request"


async def test_subtitles_are_taken_over_grpc_too(gateway: Any, dubbing: Any) -> None:
    video = await dubbing.UploadVideo(iter(pieces(b"vi", b"deo")))
    file = dubbing_pb2.SubtitleFile(language="es", text="00:01.000 --> 00:02.000\nHola.\n")
    request = dubbing_pb2.CreateDubRequest(
        video_id=video.id, target_languages=["en"], subtitles=[file]
    )
    dub = await dubbing.CreateDub(request)
    assert dub.source_language == "es"
    shown = (await gateway.http.get(f"/v1/dubs/{dub.id}")).json()
    assert shown["subtitles"] == ["es"]
    file.text = "Hola."
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await dubbing.CreateDub(
            dubbing_pb2.CreateDubRequest(
                video_id=video.id, target_languages=["en"], subtitles=[file]
            )
        )
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_errors_carry_the_same_codes(gateway: Any, dubbing: Any, stages: Any) -> None:
    stages.refusal = MediaError("no_audio_stream", "No audio.")
    with pytest.raises(grpc.aio.AioRpcError) as silent:
        await dubbing.UploadVideo(iter(pieces(b"film")))
    assert silent.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error_of(silent.value, "gateway").code == "no_audio_stream"
    stages.refusal = None
    with pytest.raises(grpc.aio.AioRpcError) as headless:
        await dubbing.UploadVideo(iter(pieces(b"film")[1:]))
    assert error_of(headless.value, "gateway").code == "invalid_request"
    video = await dubbing.UploadVideo(iter(pieces(b"film")))
    with pytest.raises(grpc.aio.AioRpcError) as pair:
        await dubbing.CreateDub(
            dubbing_pb2.CreateDubRequest(video_id=video.id, target_languages=["ja"])
        )
    assert error_of(pair.value, "gateway").code == "unsupported_language_pair"
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await dubbing.GetDub(dubbing_pb2.GetDubRequest(id="dub_none"))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def test_engines_and_languages_are_the_same(gateway: Any, dubbing: Any) -> None:
    engines = await dubbing.ListEngines(common_pb2.ListEnginesRequest())
    http_engines = (await gateway.http.get("/v1/engines")).json()["stages"]
    assert [s.stage for s in engines.stages] == [s["stage"] for s in http_engines]
    pairs = (await dubbing.ListLanguages(dubbing_pb2.ListLanguagesRequest())).pairs
    http_pairs = (await gateway.http.get("/v1/languages")).json()["pairs"]
    assert [(p.source, p.target) for p in pairs] == [(p["source"], p["target"]) for p in http_pairs]


async def test_a_dub_says_what_was_asked_for_and_what_came_of_it(
    gateway: Any, dubbing: Any, story_of: Any, tell: Any
) -> None:
    video = await dubbing.UploadVideo(iter(pieces(b"vi", b"deo")))
    made = await gateway.http.post(
        "/v1/glossaries", json={"name": "Products", "terms": [{"source": "bed", "target": "fondo"}]}
    )
    dub = await dubbing.CreateDub(
        dubbing_pb2.CreateDubRequest(
            video_id=video.id, target_languages=["es"], source_language="en", speakers=2,
            engines={"tts": "espeak"}, glossary_ids=[made.json()["id"]], use_memory=False,
            extras=[muxing_pb2.EXTRA_MKV], min_quality=10,
        )
    )  # fmt: skip
    told = await story_of((await gateway.http.get(f"/v1/dubs/{dub.id}")).json())
    await tell([*told.whole()[1:-1], told.muxed("es", warned=True)])
    shown = await gateway.until(dub.id, "completed_with_warnings")
    done = await dubbing.GetDub(dubbing_pb2.GetDubRequest(id=dub.id))
    assert (done.filename, done.asked_source_language, done.source_language) == (
        "talk.mp4", "en", "en",
    )  # fmt: skip
    assert (list(done.target_languages), done.speakers, dict(done.engines)) == (
        ["es"], 2, {"tts": "espeak"},
    )  # fmt: skip
    assert [(term.source, term.target) for term in done.glossary] == [("bed", "fondo")]
    assert (list(done.extras), done.min_quality) == ([muxing_pb2.EXTRA_MKV], 10)
    used = [(each.stage, each.engine.id) for each in done.engines_used]
    assert used == [(each["stage"], each["id"]) for each in shown["engines_used"]]
    assert used
    assert done.languages[0].report.lines == shown["languages"][0]["report"]["lines"] == 3
    assert done.warnings[0].code == "hard_cap"
    assert (done.finished_at_ms > 0, done.hls_url, done.revision) == (True, "", 0)
    again = await dubbing.AddLanguages(
        dubbing_pb2.AddLanguagesRequest(id=dub.id, target_languages=["fr"])
    )
    assert (list(again.target_languages), again.revision) == (["es", "fr"], 1)


async def test_what_a_dub_will_need_is_told_before(gateway: Any, dubbing: Any) -> None:
    video = await dubbing.UploadVideo(iter(pieces(b"vi", b"deo")))
    assert not video.estimate.is_measured
    request = dubbing_pb2.CreateDubRequest(video_id=video.id, target_languages=["es"])
    estimate = await dubbing.EstimateDub(request)
    body = {"video_id": video.id, "target_languages": ["es"]}
    shown = (await gateway.http.post("/v1/estimates", json=body)).json()
    assert [each.stage for each in estimate.stages] == [each["stage"] for each in shown["stages"]]
    assert (estimate.HasField("seconds"), estimate.currency) == (False, shown["currency"])
    assert (await gateway.http.get("/v1/dubs")).json()["dubs"] == []


async def test_lists_are_narrowed_and_ordered(gateway: Any, dubbing: Any) -> None:
    first, second = [await gateway.dub(target) for target in ("es", "fr")]
    await gateway.http.post(f"/v1/dubs/{second['id']}/cancel")
    await gateway.until(second["id"], "canceled")

    async def found(**sought: Any) -> list[str]:
        page = await dubbing.ListDubs(dubbing_pb2.ListDubsRequest(**sought))
        return [each.id for each in page.dubs]

    both = [first["id"], second["id"]]
    assert (await found(), await found(oldest_first=True)) == (both[::-1], both)
    assert await found(states=[dubbing_pb2.DUB_STATE_CANCELED]) == [second["id"]]
    assert await found(target_language="FR") == [second["id"]]
    assert await found(text="TALK", video_id=first["video_id"], oldest_first=True) == both
    assert await found(text="walk") == []
    moment = (await dubbing.GetDub(dubbing_pb2.GetDubRequest(id=second["id"]))).created_at_ms
    assert second["id"] not in await found(created_before_ms=moment)
    assert second["id"] in await found(created_from_ms=moment)
    for wrong in ({"states": [99]}, {"text": "\0"}, {"page_token": "?"}):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await found(**wrong)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_range_of_a_file_is_fetched(
    gateway: Any, dubbing: Any, store: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    told = await story_of(dub)
    await store.put_bytes(told.file("es").key, b"abcde")
    await tell(told.whole()[1:])
    await gateway.until(dub["id"], "completed")

    async def fetched(start: int, end: int) -> bytes:
        request = dubbing_pb2.DownloadArtifactRequest(
            dub_id=dub["id"], name="talk.es.mp4", start=start, end=end
        )
        return b"".join([each.chunk async for each in dubbing.DownloadArtifact(request)])

    assert (await fetched(0, 0), await fetched(1, 3), await fetched(4, 99)) == (
        b"abcde", b"bc", b"e",
    )  # fmt: skip
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await fetched(3, 2)
    assert refused.value.code() is grpc.StatusCode.OUT_OF_RANGE


async def test_the_list_of_dubs_is_followed_and_resumed(gateway: Any, dubbing: Any) -> None:
    feed = dubbing.WatchDubs(dubbing_pb2.WatchDubsRequest())
    start = (await feed.read()).start
    dub = await gateway.dub("es")
    change = (await feed.read()).change
    assert (change.job_id, change.video_id) == (dub["id"], dub["video_id"])
    assert dict(change.languages) == {"es": change.state}
    feed.cancel()
    resumed = dubbing.WatchDubs(dubbing_pb2.WatchDubsRequest(after_sequence=start.sequence))
    assert (await resumed.read()).start.missed is False
    assert (await resumed.read()).change == change
    await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")
    await gateway.until(dub["id"], "canceled")
    await gateway.http.delete(f"/v1/dubs/{dub['id']}")
    while not (told := (await resumed.read()).change).deleted:
        assert told.job_id == dub["id"]
    resumed.cancel()


async def test_streams_of_a_gateway_that_restarts_say_so(gateway: Any, dubbing: Any) -> None:
    dub = await gateway.dub("es")
    feed = dubbing.WatchDubs(dubbing_pb2.WatchDubsRequest())
    watch = dubbing.WatchDub(dubbing_pb2.WatchDubRequest(id=dub["id"]))
    await feed.read()
    await watch.read()
    gateway.stopping.set()
    for stream in (feed, watch):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            while await stream.read() is not grpc.aio.EOF:
                pass
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
        assert error_of(ended.value, "gateway").message == "The gateway restarts."


async def test_a_stream_ends_when_its_reader_is_shut_out(
    tmp_path: Path, nats_url: str, open_door: Any
) -> None:
    options = [("grpc.enable_http_proxy", 0)]
    url = f"sqlite+aiosqlite:///{tmp_path}/gateway.db"
    async with (
        open_door(tmp_path, nats_url, url) as door,
        grpc.aio.insecure_channel(door.running.grpc_address, options=options) as channel,
    ):
        admin = await door.bearer()
        key = await door.key(admin, "read")
        dubbing: Any = dubbing_pb2_grpc.DubbingStub(channel)
        feed = dubbing.WatchDubs(
            dubbing_pb2.WatchDubsRequest(), metadata=[("x-api-key", key["key"])], timeout=60
        )
        await feed.read()
        await door.http.delete(f"/v1/organisation/keys/{key['id']}", headers=admin)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await feed.read()
        assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_readers_who_leave_take_their_consumers_along(
    gateway: Any, dubbing: Any, nats_url: str
) -> None:
    async with nats_connection(nats_url) as connection:

        async def consumers() -> int:
            info = await connection.jetstream().stream_info(STREAM)
            return int(info.state.consumer_count)

        dub = await gateway.dub("es")
        before = await consumers()
        watch = dubbing.WatchDub(dubbing_pb2.WatchDubRequest(id=dub["id"]))
        await watch.read()
        assert await consumers() > before
        watch.cancel()

        async def gone() -> bool:
            return await consumers() <= before

        await poll_until(gone, "the consumer to go with its reader")


async def test_an_upload_that_ends_early_is_none(gateway: Any, dubbing: Any) -> None:
    header = dubbing_pb2.UploadHeader(filename="talk.mp4", size_bytes=6)
    head = dubbing_pb2.UploadVideoRequest(header=header)
    for wrong, code in ((pieces(b"video"), "invalid_request"),
                        (pieces(b"vid", b"eos!"), "media_too_large")):  # fmt: skip
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await dubbing.UploadVideo(iter([head, *wrong[1:]]))
        assert error_of(refused.value, "gateway").code == code
    assert (await dubbing.UploadVideo(iter([head, *pieces(b"videos")[1:]]))).media.size_bytes == 6


async def test_every_service_is_reflected_and_has_its_health(channel: grpc.aio.Channel) -> None:
    names = {f"polydub.v1.{servicer.__name__[:-8]}" for servicer in SERVICERS.values()}
    reflected = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    (answer,) = [each async for each in reflected]
    assert names <= {each.name for each in answer.list_services_response.service}
    health = health_pb2_grpc.HealthStub(channel)

    async def serving() -> bool:
        told = [await health.Check(health_pb2.HealthCheckRequest(service=n)) for n in ("", *names)]
        return {each.status for each in told} == {health_pb2.HealthCheckResponse.SERVING}

    await poll_until(serving, "all services to be serving")
