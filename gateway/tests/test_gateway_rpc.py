"""The gRPC face says the same as the HTTP face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from polydub.errors import MediaError
from polydub.rpc import error_of
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc, muxing_pb2

pytestmark = pytest.mark.integration


@pytest.fixture
async def dubbing(gateway: Any) -> AsyncIterator[Any]:
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(gateway.grpc_address, options=options) as channel:
        yield dubbing_pb2_grpc.DubbingStub(channel)


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
