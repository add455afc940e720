"""The stage's two faces over a local store, with the real engine."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import soundfile

from polydub import pcm
from polydub.errors import EngineUnavailable, StageError
from polydub.pipeline import WHOLE_TALK
from polydub.rpc import RpcServer, Served, error_of
from polydub.settings import CommonSettings
from polydub.stage import StageContext
from polydub.testing import poll_until, stage_context
from polydub.v1 import common_pb2, events_pb2, separation_pb2, separation_pb2_grpc
from polydub_separation.engines.registry import open_registry
from polydub_separation.engines.rnnoise import RnnoiseEngine
from polydub_separation.handler import SeparationHandler
from polydub_separation.rpc import SeparationServicer
from polydub_separation.settings import SeparationSettings
from polydub_separation.work import DOCUMENT, SeparationWork

pytestmark = pytest.mark.integration

SOURCE = "videos/v1/source/talk"


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("separation", tmp_path)


@pytest.fixture
def work(context: StageContext) -> SeparationWork:
    common = CommonSettings(model_dir=context.scratch / "no-models")
    return SeparationWork(context.store, open_registry(SeparationSettings(), common), 60)


def accepted(**spec: Any) -> events_pb2.Event:
    return events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", part=WHOLE_TALK),
        spec=events_pb2.DubSpec(source_key=SOURCE, source_language="auto", **spec),
        accepted=events_pb2.Accepted(),
    )


async def test_first_makes_then_reuses(
    work: SeparationWork, context: StageContext, speech_wav: Path
) -> None:
    await context.store.put_file(SOURCE, speech_wav)
    handler = SeparationHandler(work)
    [made] = await handler.handle(accepted(), context)
    assert (made.part, made.reused) == (WHOLE_TALK, False)
    products = made.products.separation
    assert [use.id for use in context.used] == ["rnnoise"]
    assert products.duration_ms == pytest.approx(soundfile.info(speech_wav).duration * 1000, abs=1)
    assert products.media.selected_audio == 0
    for key in (products.analysis_key, products.voice_key):
        duration_ms = await pcm.PcmReader(context.store, key).duration_ms()
        assert duration_ms == pytest.approx(products.duration_ms, abs=2)
    names = [info.key async for info in context.store.walk("videos/v1/separation")]
    folder = f"videos/v1/separation/{products.digest}"
    assert names == [
        f"{folder}/{name}"
        for name in ("analysis.wav", "bed.flac", "original.flac", DOCUMENT, "voice.wav")
    ]
    [again] = await handler.handle(accepted(), context)
    assert again.reused
    assert again.products == made.products


async def test_progress_only_grows(
    work: SeparationWork, context: StageContext, speech_wav: Path
) -> None:
    await context.store.put_file(SOURCE, speech_wav)
    told: list[float] = []

    async def report(fraction: float, message: str) -> None:
        told.append(fraction)
        assert message

    await SeparationHandler(work).handle(accepted(), replace(context, report=report))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == pytest.approx(0.95)


async def test_cancelling_stops_the_work(
    work: SeparationWork, context: StageContext, speech_wav: Path
) -> None:
    await context.store.put_file(SOURCE, speech_wav)
    running = asyncio.create_task(SeparationHandler(work).handle(accepted(), context))
    started = context.scratch / "voice.raw"

    async def separating() -> bool:
        return started.exists() or running.done()

    await poll_until(separating, "the engine to start")
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not started.exists(), "the engine's thread has ended and cleared up"
    assert [info async for info in context.store.walk("videos/v1/separation")] == []


async def test_no_engine_is_said(
    work: SeparationWork, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polydub_separation.engines.librnnoise.find_library", lambda: None)
    with pytest.raises(EngineUnavailable) as caught:
        await SeparationHandler(work).handle(accepted(), context)
    assert "pip install" in caught.value.hint


async def test_unknown_engine(work: SeparationWork, context: StageContext) -> None:
    with pytest.raises(StageError) as caught:
        await SeparationHandler(work).handle(accepted(engines={"separation": "magic"}), context)
    assert caught.value.code == "invalid_request"


async def test_a_picture_is_small_and_fits_its_frame(
    work: SeparationWork, context: StageContext, ffmpeg: Any, tmp_path: Path
) -> None:
    film, made = tmp_path / "film.mp4", tmp_path / "made.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=720x480:rate=10:d=4", "-vf", "setsar=8/9", film)
    await context.store.put_file(SOURCE, film)
    context.scratch.mkdir(exist_ok=True)
    made.write_bytes(await work.thumbnail(SOURCE, 1.0, context.scratch))
    assert kind_of(made) == "mjpeg,360,270"


def kind_of(picture: Path) -> str:
    """Codec, width and height; the runner's own probe is for what people send."""
    asked = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height"]
    told = subprocess.run([*asked, "-of", "csv=p=0", picture], check=True, capture_output=True)
    return told.stdout.decode().strip()


async def test_calls_do_the_same(
    work: SeparationWork, context: StageContext, speech_wav: Path, tmp_path: Path
) -> None:
    await context.store.put_file(SOURCE, speech_wav)
    servicer = SeparationServicer(work, tmp_path / "calls")
    server = RpcServer(Served("separation", "Separation", servicer))
    port = await server.start("127.0.0.1", 0)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = separation_pb2_grpc.SeparationStub(channel)
            engines = await stub.ListEngines(common_pb2.ListEnginesRequest())
            assert [e.id for e in engines.engines if e.available] == [RnnoiseEngine.id]
            probed = await stub.Probe(separation_pb2.ProbeRequest(source_key=SOURCE))
            assert probed.media.audio[0].sample_rate_hz == 16_000
            request = separation_pb2.SeparateRequest(video_id="v1", source_key=SOURCE)
            called = await stub.Separate(request)
            [emitted] = await SeparationHandler(work).handle(accepted(), context)
            assert emitted.reused
            assert emitted.products.separation == called.products
            assert list((tmp_path / "calls").iterdir()) == []
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Probe(separation_pb2.ProbeRequest(source_key="../secret"))
            assert error_of(caught.value, "separation").code == "invalid_request"
    finally:
        await server.stop(0)
