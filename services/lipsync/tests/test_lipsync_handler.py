"""The handler and the call on real clips, with a real detector and a real child as engine."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from lipsync_clips import make_clip, make_picture, make_sound, stream_hash

from polydub.artifacts import dump_document
from polydub.engines import Availability
from polydub.errors import WARNINGS, StageError
from polydub.rpc import RpcServer, Served, error_of
from polydub.settings import CommonSettings
from polydub.stage import Emission, StageContext
from polydub.testing import stage_context
from polydub.v1 import common_pb2, events_pb2, lipsync_pb2, lipsync_pb2_grpc, muxing_pb2
from polydub_lipsync.engines.registry import open_registry
from polydub_lipsync.faces import FaceDetector, HaarFaces
from polydub_lipsync.handler import LipsyncHandler
from polydub_lipsync.rpc import LipsyncServicer
from polydub_lipsync.settings import LipsyncSettings
from polydub_lipsync.work import LipsyncWork

pytest.importorskip("cv2", reason="the extra `faces` is not installed")
pytestmark = pytest.mark.integration

PROGRAM = Path(__file__).with_name("lipsync_program.py")
VIDEO_KEY = "videos/v1/muxing/d/dub.mp4"
SYNCED = lipsync_pb2.LIPSYNC_OUTCOME_SYNCED


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "face.mp4")
    make_clip(folder / "bars.mp4", face=False)
    make_sound(folder / "sound.m4a")
    make_picture(folder / "new.mp4")
    make_picture(folder / "long.mp4", seconds=2.5)
    (folder / "junk.mp4").write_bytes(b"<html>sorry</html>")
    return folder


@dataclass
class Job:
    """A dubbed language and the stage that is to work on it."""

    context: StageContext
    event: events_pb2.Event
    work: LipsyncWork
    clip: Path
    results: Path

    async def run(self, **changes: Any) -> Emission:
        handler = LipsyncHandler(self.work)
        (emission,) = await handler.handle(self.event, replace(self.context, **changes))
        return emission

    async def made(self, emission: Emission, folder: Path) -> Path:
        video = next(f for f in emission.products.muxing.files if f.kind == "video")
        data = await self.context.store.get_bytes(video.key)
        assert video.size_bytes == len(data)
        (folder / "made.mp4").write_bytes(data)
        return folder / "made.mp4"


def work_with(
    context: StageContext,
    mode: str = "good",
    detector: FaceDetector | None = None,
    **more: object,
) -> LipsyncWork:
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(PROGRAM))} {mode}"
    settings = LipsyncSettings.model_validate(
        {"command": f"{command} {{video}} {{audio}} {{output}}", **more}
    )
    registry = open_registry(settings, CommonSettings())
    return LipsyncWork(registry, detector or HaarFaces(), settings.limits, context.store)


async def make_job(folder: Path, clips: Path, clip: str = "face.mp4", mode: str = "good") -> Job:
    context = stage_context("lipsync", folder)
    await context.store.put_file(VIDEO_KEY, clips / clip)
    report = muxing_pb2.ReportDocument(
        line_reports=[muxing_pb2.LineReport(id="u1", placed_start_ms=300, placed_end_ms=1500)]
    )
    await context.store.put_bytes("videos/v1/muxing/d/report.json", dump_document(report))
    kind = "audio" if clip.endswith("m4a") else "video"
    files = [
        muxing_pb2.OutputFile(name=f"talk.es.{kind}", kind=kind, key=VIDEO_KEY,
                              media_type=f"{kind}/mp4", size_bytes=1, target_language="es"),
        muxing_pb2.OutputFile(name="talk.es.report.json", kind="report",
                              key="videos/v1/muxing/d/report.json", target_language="es"),
    ]  # fmt: skip
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", part=-1, target_language="es"),
        spec=events_pb2.DubSpec(lipsync=True),
        products=events_pb2.Products(muxing=muxing_pb2.MuxingProducts(files=files, digest="d")),
    )
    return Job(context, event, work_with(context, mode), clips / clip, clips)


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch, clips: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("LIPSYNC_RESULT", str(clips / "new.mp4"))
    return monkeypatch


async def test_jobs_that_do_not_ask_for_it_are_left_alone(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips)
    job.event.spec.lipsync = False
    assert await LipsyncHandler(job.work).handle(job.event, job.context) == ()


async def test_files_with_the_old_lips_are_named(
    tmp_path: Path, clips: Path, result: pytest.MonkeyPatch
) -> None:
    job = await make_job(tmp_path, clips)
    job.event.spec.extras.extend([muxing_pb2.EXTRA_STEMS])
    assert not (await job.run()).warnings
    job.event.spec.extras.extend([muxing_pb2.EXTRA_BURNED, muxing_pb2.EXTRA_MKV])
    (told,) = (await job.run()).warnings
    assert (told.code, told.target_language) == ("extras_before_lipsync", "es")
    assert "mkv, burned show" in told.message
    assert not WARNINGS[told.code].grave


async def test_a_face_gets_a_new_picture_and_the_sound_stays(
    tmp_path: Path, clips: Path, result: pytest.MonkeyPatch
) -> None:
    told: list[float] = []

    async def report(fraction: float, message: str) -> None:
        told.append(fraction)

    job = await make_job(tmp_path, clips)
    emission = await job.run(report=report)
    made = emission.products.lipsync
    assert (made.outcome, made.face_share) == (SYNCED, 1.0)
    assert made.engine.id == "command"
    assert list(job.context.used) == [made.engine]
    assert not emission.warnings
    assert told == sorted(told)

    output = await job.made(emission, tmp_path)
    assert stream_hash(output, "a:0") == stream_hash(job.clip, "a:0")
    assert stream_hash(output, "s:0") == stream_hash(job.clip, "s:0")
    assert stream_hash(output, "v:0") == stream_hash(clips / "new.mp4", "v:0")

    video, report_file = emission.products.muxing.files
    assert video.key == made.video_key != VIDEO_KEY
    assert video.name == "talk.es.video"
    assert report_file == job.event.products.muxing.files[1]
    assert emission.products.muxing.digest == "d"


async def test_what_is_made_is_made_once(
    tmp_path: Path, clips: Path, result: pytest.MonkeyPatch
) -> None:
    job = await make_job(tmp_path, clips)
    first = await job.run()
    result.setenv("LIPSYNC_RESULT", str(clips / "junk.mp4"))
    again = await job.run()
    assert (first.reused, again.reused) == (False, True)
    assert again.products == first.products


async def test_without_a_face_the_files_pass_through(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips, "bars.mp4")
    emission = await job.run()
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_NO_FACE
    assert emission.products.lipsync.face_share == 0
    assert emission.products.muxing == job.event.products.muxing
    assert [w.code for w in emission.warnings] == ["lipsync_no_face"]
    assert not WARNINGS["lipsync_no_face"].grave
    assert not job.context.used
    assert (await job.run()).reused


class Blind(HaarFaces):
    """OpenCV is not installed."""

    def available(self) -> Availability:
        return Availability.no("OpenCV is not installed", "pip install 'polydub-lipsync[faces]'")


async def test_without_opencv_the_mend_is_told_unless_no_face_is_asked_for(
    tmp_path: Path, clips: Path, result: pytest.MonkeyPatch
) -> None:
    job = await make_job(tmp_path, clips, "bars.mp4")
    job.work = work_with(job.context, detector=Blind())
    emission = await job.run()
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    assert "polydub-lipsync[faces]" in emission.warnings[0].message
    job.work = work_with(job.context, detector=Blind(), min_face_share=0)
    assert (await job.run()).products.lipsync.outcome == SYNCED


async def test_sound_alone_passes_through(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips, "sound.m4a")
    emission = await job.run()
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_NO_PICTURE
    assert emission.products.muxing == job.event.products.muxing
    assert [w.code for w in emission.warnings] == ["lipsync_no_face"]


async def test_a_failure_is_repeated_and_then_passed_over(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips, mode="fail")
    with pytest.raises(StageError) as caught:
        await job.run(attempt=1)
    assert caught.value.retryable
    emission = await job.run(attempt=job.context.settings.max_deliver)
    made = emission.products.lipsync
    assert made.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    assert "no GPU" in made.reason
    assert emission.products.muxing == job.event.products.muxing
    (warned,) = emission.warnings
    assert (warned.code, warned.target_language) == ("lipsync_failed", "es")


@pytest.mark.parametrize("given", ["long.mp4", "junk.mp4"])
async def test_a_picture_that_does_not_fit_is_passed_over_at_once(
    tmp_path: Path, clips: Path, result: pytest.MonkeyPatch, given: str
) -> None:
    result.setenv("LIPSYNC_RESULT", str(clips / given))
    job = await make_job(tmp_path, clips)
    emission = await job.run(attempt=1)
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    assert emission.products.muxing == job.event.products.muxing
    assert [w.code for w in emission.warnings] == ["lipsync_failed"]
    result.setenv("LIPSYNC_RESULT", str(clips / "new.mp4"))
    assert (await job.run()).products.lipsync.outcome == SYNCED, "a failure is not remembered"


async def test_without_an_engine_the_dub_stays_and_the_mend_is_told(
    tmp_path: Path, clips: Path
) -> None:
    job = await make_job(tmp_path, clips)
    job.work = work_with(job.context, command="")
    emission = await job.run()
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    assert "POLYDUB_LIPSYNC_COMMAND" in emission.warnings[0].message


async def test_a_lost_file_is_no_failure_of_the_engine(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips)
    del job.event.products.muxing.files[1]
    await job.context.store.delete_prefix("videos/v1/muxing/d")
    with pytest.raises(StageError) as caught:
        await job.run(attempt=job.context.settings.max_deliver)
    assert caught.value.code == "artifact_missing"


async def test_too_slow_is_passed_over_on_the_last_attempt(tmp_path: Path, clips: Path) -> None:
    job = await make_job(tmp_path, clips)
    job.work = work_with(job.context, "hang", timeout_s=1.5)
    emission = await job.run(attempt=job.context.settings.max_deliver)
    assert emission.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    assert "too long" in emission.products.lipsync.reason


async def test_the_call(tmp_path: Path, clips: Path, result: pytest.MonkeyPatch) -> None:
    job = await make_job(tmp_path, clips)
    servicer = LipsyncServicer(job.work, tmp_path / "calls")
    server = RpcServer(Served("lipsync", "Lipsync", servicer))
    port = await server.start("127.0.0.1", 0)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = lipsync_pb2_grpc.LipsyncStub(channel)
            told = await stub.ListEngines(common_pb2.ListEnginesRequest())
            assert {e.id: e.available for e in told.engines} == {
                "command": True, "replicate": False,
            }  # fmt: skip
            request = lipsync_pb2.SyncRequest(video_id="v1", source_key=VIDEO_KEY)
            answer = await stub.Sync(request)
            assert answer.products.outcome == SYNCED
            assert await job.context.store.exists(answer.products.video_key)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Sync(lipsync_pb2.SyncRequest(video_id="../x", source_key=VIDEO_KEY))
            assert error_of(caught.value, "lipsync").code == "invalid_request"
    finally:
        await server.stop(0)
    assert list((tmp_path / "calls").iterdir()) == []
