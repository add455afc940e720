"""What every engine owes its caller. Each is a real one: a child here, a server there."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lipsync_clips import make_clip
from lipsync_replicate_server import TOKEN, Fault, ReplicateServer, replicate_server

from polydub import cloud
from polydub.engines import EngineWork, work
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub_lipsync.engines import replicate
from polydub_lipsync.engines.base import LipsyncEngine, SyncTask
from polydub_lipsync.engines.registry import open_registry
from polydub_lipsync.joining import read_picture
from polydub_lipsync.settings import LipsyncSettings

pytest.importorskip("replicate", reason="the extra `replicate` is not installed")
pytestmark = pytest.mark.contract

PROGRAM = Path(__file__).with_name("lipsync_program.py")
ENGINES = ("command", "replicate")


async def _unwatched(fraction: float) -> None:
    assert 0 <= fraction <= 1


def settings(server: ReplicateServer, mode: str = "good", **more: object) -> LipsyncSettings:
    return LipsyncSettings.model_validate(
        {
            "command": f"{shlex.quote(sys.executable)} {shlex.quote(str(PROGRAM))} {mode} "
            "{video} {audio} {output}",
            "replicate_model": "acme/lips:v",
            "replicate_video_input": "video",
            "replicate_audio_input": "audio",
            "replicate_token": TOKEN,
            "replicate_url": server.url,
            "replicate_poll_s": 0.05,
            "request_timeout_s": 5,
            **more,
        }
    )


def engine_of(name: str, configured: LipsyncSettings) -> LipsyncEngine:
    return next(e for e in open_registry(configured, CommonSettings()).all() if e.id == name)


@dataclass
class Bench:
    """An engine by name, its server, and the clip to work on."""

    name: str
    server: ReplicateServer
    clip: Path
    folder: Path

    def engine(self, mode: str = "good") -> LipsyncEngine:
        """One that behaves: ``good``, ``hang``, ``fail``, or gives ``nothing``."""
        self.server.looks = 0 if mode == "hang" else 2
        self.server.ending = "failed" if mode == "fail" else "succeeded"
        self.server.error = "Traceback: secrets\n/src/model.pt: no GPU"
        self.server.result = b"" if mode == "nothing" else self.clip.read_bytes()
        return engine_of(self.name, settings(self.server, mode))

    def task(self, name: str = "task") -> SyncTask:
        folder = self.folder / name
        folder.mkdir()
        audio = self.folder / "dub.wav"
        audio.write_bytes(b"RIFF" + bytes(100))
        return SyncTask(video=self.clip, audio=audio, duration_s=2.0, folder=folder)

    async def begun(self, task: SyncTask) -> bool:
        if self.name == "command":
            return (task.folder / "pid").exists()
        return any(made.looks for made in self.server.predictions.values())

    async def ended(self, task: SyncTask) -> bool:
        if self.name == "command":
            return not Path("/proc", (task.folder / "pid").read_text()).exists()
        return all(made.status == "canceled" for made in self.server.predictions.values())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "dub.mp4", seconds=1)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateServer]:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(replicate, "FIRST_POLL_S", 0.02)
    monkeypatch.setenv("POLYDUB_LIPSYNC_REPLICATE_TOKEN", "from the environment")
    with replicate_server() as running:
        yield running


@pytest.fixture(params=ENGINES)
def bench(
    request: pytest.FixtureRequest, server: ReplicateServer, clip: Path, tmp_path: Path
) -> Bench:
    return Bench(request.param, server, clip, tmp_path)


async def test_it_gives_a_video_and_tells_how_far_it_is(bench: Bench) -> None:
    told: list[float] = []

    async def on_progress(fraction: float) -> None:
        told.append(fraction)

    picture = await bench.engine().sync(bench.task(), timeout_s=30, on_progress=on_progress)
    assert await read_picture(picture) is not None
    assert told == sorted(told)
    assert any(0 < fraction <= 1 for fraction in told)


async def test_cancelling_ends_the_work_where_it_is_done(bench: Bench) -> None:
    task = bench.task()
    running = asyncio.create_task(
        bench.engine("hang").sync(task, timeout_s=60, on_progress=_unwatched)
    )
    await poll_until(lambda: bench.begun(task), "the work to begin")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await bench.ended(task)


async def test_too_slow_is_a_time_out_that_may_be_tried_again(bench: Bench) -> None:
    task = bench.task()
    with pytest.raises(StageError) as caught:
        await bench.engine("hang").sync(task, timeout_s=1.0, on_progress=_unwatched)
    assert (caught.value.code, caught.value.retryable) == ("engine_timeout", True)
    assert await bench.ended(task)


async def test_a_failure_is_told_without_paths(bench: Bench) -> None:
    with pytest.raises(StageError, match="no GPU") as caught:
        await bench.engine("fail").sync(bench.task(), timeout_s=30, on_progress=_unwatched)
    assert caught.value.code == "engine_failed"
    assert "/" not in caught.value.message
    assert "secrets" not in caught.value.message


async def test_no_video_is_a_failure(bench: Bench) -> None:
    with pytest.raises(StageError) as caught:
        await bench.engine("nothing").sync(bench.task(), timeout_s=30, on_progress=_unwatched)
    assert (caught.value.code, caught.value.retryable) == ("engine_failed", False)


async def test_several_at_once_do_not_meet(bench: Bench) -> None:
    engine = bench.engine()
    tasks = [bench.task(f"task{n}") for n in range(3)]
    pictures = await asyncio.gather(
        *(engine.sync(task, timeout_s=30, on_progress=_unwatched) for task in tasks)
    )
    assert [picture.parent for picture in pictures] == [task.folder for task in tasks]
    assert {picture.read_bytes() for picture in pictures} == {bench.clip.read_bytes()}


@pytest.mark.parametrize(
    ("name", "lacking", "named"),
    [
        ("command", {"command": ""}, "POLYDUB_LIPSYNC_COMMAND"),
        ("command", {"command": "sync {video} {audio}"}, "{output}"),
        ("command", {"command": "sync '{video} {audio} {output}"}, "quote"),
        ("command", {"command": "no-such-program {video} {audio} {output}"}, "not there"),
        ("replicate", {"replicate_token": ""}, "POLYDUB_LIPSYNC_REPLICATE_TOKEN"),
        ("replicate", {"replicate_token_file": "/no/such/file"}, "_TOKEN_FILE"),
        ("replicate", {"replicate_model": ""}, "POLYDUB_LIPSYNC_REPLICATE_MODEL"),
        ("replicate", {"replicate_audio_input": ""}, "_AUDIO_INPUT"),
        ("replicate", {"webhook_url": "https://x.example/h"}, "POLYDUB_LIPSYNC_WEBHOOK_SECRET"),
    ],
)
async def test_what_lacks_is_named_and_nothing_is_begun(
    server: ReplicateServer, name: str, lacking: dict[str, object], named: str, tmp_path: Path
) -> None:
    engine = engine_of(name, settings(server, **lacking))
    here = engine.available()
    assert not here.ok
    assert named in f"{here.reason} {here.remedy}"
    task = SyncTask(tmp_path / "v", tmp_path / "a", 1.0, tmp_path)
    with pytest.raises(StageError) as caught:
        await engine.sync(task, timeout_s=30, on_progress=_unwatched)
    assert caught.value.code == "engine_unavailable"
    assert server.requests == []


def test_what_changes_the_result_changes_the_version(server: ReplicateServer) -> None:
    for name, more in (
        ("command", {"command": "cp {audio} {video} {output}"}),
        ("replicate", {"replicate_model": "acme/lips:w"}),
    ):
        versions = {engine_of(name, settings(server, **m)).version for m in ({}, more)}
        assert len(versions) == 2
    told = engine_of("replicate", settings(server, replicate_inputs={"seed": 1})).parameters()
    assert told == {"seed": 1}


def test_known_models_need_no_names_for_their_inputs(server: ReplicateServer) -> None:
    for model in ("bytedance/latentsync:v", "sync/lipsync-2", "chenxwh/video-retalking:v"):
        configured = settings(
            server, replicate_model=model, replicate_video_input="", replicate_audio_input=""
        )
        assert engine_of("replicate", configured).available().ok


class TestReplicate:
    """What only a service can do wrong."""

    @pytest.fixture
    def bench(self, server: ReplicateServer, clip: Path, tmp_path: Path) -> Bench:
        return Bench("replicate", server, clip, tmp_path)

    async def sync(self, bench: Bench, engine: LipsyncEngine | None = None) -> Path:
        chosen = engine or bench.engine()
        return await chosen.sync(bench.task(), timeout_s=30, on_progress=_unwatched)

    async def test_both_files_are_sent_and_taken_back(self, bench: Bench) -> None:
        await self.sync(bench)
        server = bench.server
        (made,) = server.predictions.values()
        assert made.body["version"] == "acme/lips:v"
        assert made.body["input"] == {
            "video": f"{server.url}/v1/files/f0",
            "audio": f"{server.url}/v1/files/f1",
        }
        assert bench.clip.read_bytes() in server.uploads["f0"]
        assert sorted(server.deleted) == ["f0", "f1"]
        assert server.tokens == {f"Bearer {TOKEN}"}

    async def test_a_token_file_is_read_each_time(self, bench: Bench) -> None:
        file = bench.folder / "token"
        file.write_text("stale\n")
        bench.engine()
        engine = engine_of("replicate", settings(bench.server, replicate_token_file=file))
        with pytest.raises(StageError) as caught:
            await self.sync(bench, engine)
        assert caught.value.code == "engine_unavailable"
        assert "POLYDUB_LIPSYNC_REPLICATE_TOKEN" in caught.value.message
        assert "stale" not in caught.value.message
        file.write_text(f"{TOKEN}\n")
        task = bench.task("again")
        await engine.sync(task, timeout_s=30, on_progress=_unwatched)

    async def test_what_it_bills_is_counted(self, bench: Bench) -> None:
        spent = EngineWork()
        token = work.set(spent)
        try:
            await self.sync(bench)
        finally:
            work.reset(token)
        assert spent.used == {("replicate", "seconds"): 3.5}

    @pytest.mark.parametrize(
        ("status", "retryable", "says"),
        [(402, True, "quota"), (422, False, "422"), (403, False, "key")],
    )
    async def test_a_refusal_is_not_repeated(
        self, bench: Bench, status: int, retryable: bool, says: str
    ) -> None:
        engine = bench.engine()
        bench.server.fail("POST", "/v1/predictions", *[Fault(status)] * 5)
        with pytest.raises(StageError, match=says) as caught:
            await self.sync(bench, engine)
        assert caught.value.retryable == retryable
        assert bench.server.asked("POST", "/v1/predictions") == 1
        assert sorted(bench.server.deleted) == ["f0", "f1"]

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "/v1/files"), ("POST", "/v1/predictions"), ("GET", "/v1/predictions"),
         ("GET", "/delivery")],
    )  # fmt: skip
    @pytest.mark.parametrize(
        "fault",
        [Fault(429, {"Retry-After": "0"}), Fault(500), Fault(body=b'{"id"', cut=True)],
        ids=["429", "500", "cut"],
    )
    async def test_what_passes_is_waited_for(
        self, bench: Bench, method: str, path: str, fault: Fault
    ) -> None:
        engine = bench.engine()
        bench.server.fail(method, path, fault, fault)
        assert (await self.sync(bench, engine)).read_bytes() == bench.clip.read_bytes()

    async def test_a_long_wait_is_given_back(self, bench: Bench) -> None:
        engine = bench.engine()
        bench.server.fail("GET", "/v1/predictions", Fault(429, {"Retry-After": "900"}))
        with pytest.raises(StageError, match="900 s") as caught:
            await self.sync(bench, engine)
        assert caught.value.retryable
        assert [made.status for made in bench.server.predictions.values()] == ["canceled"]

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": 1}', b'{"id": "x"}'])
    @pytest.mark.parametrize("path", ["/v1/files", "/v1/predictions"])
    async def test_an_answer_that_is_none(self, bench: Bench, path: str, body: bytes) -> None:
        engine = bench.engine()
        bench.server.fail("POST", path, *[Fault(201, body=body)] * 3)
        with pytest.raises(StageError, match="can't be understood") as caught:
            await self.sync(bench, engine)
        assert caught.value.retryable

    async def test_silence_is_not_waited_for_for_ever(self, bench: Bench) -> None:
        bench.engine()
        engine = engine_of(
            "replicate", settings(bench.server, request_timeout_s=0.3, request_retries=0)
        )
        bench.server.fail("POST", "/v1/files", Fault(hang=True))
        with pytest.raises(StageError, match="could not be reached") as caught:
            await self.sync(bench, engine)
        assert caught.value.retryable

    async def test_nobody_there(self, bench: Bench) -> None:
        engine = engine_of("replicate", settings(bench.server, replicate_url="http://127.0.0.1:9"))
        with pytest.raises(StageError, match="could not be reached"):
            await self.sync(bench, engine)

    @pytest.mark.parametrize(
        ("error", "retryable"),
        [
            ("Prediction interrupted; please retry (code: PA)", True),
            ("Face not detected", False),
            (" \n", False),
        ],
    )
    async def test_whether_a_failure_may_pass(
        self, bench: Bench, error: str, retryable: bool
    ) -> None:
        engine = bench.engine("fail")
        bench.server.error = error
        with pytest.raises(StageError) as caught:
            await self.sync(bench, engine)
        assert caught.value.retryable == retryable

    async def test_of_several_outputs_the_last_is_taken(self, bench: Bench) -> None:
        engine = bench.engine()
        bench.server.several_outputs = True
        await self.sync(bench, engine)
        assert bench.server.requests.count(("GET", "/delivery/p0.mp4")) == 1

    async def test_limits_are_kept_before_anything_is_sent(self, bench: Bench) -> None:
        bench.engine()
        for more, says in ({"max_duration_s": 1}, "longer"), ({"max_upload_mb": 1}, "larger"):
            large = bench.folder / "large.mp4"
            large.write_bytes(bytes(1_000_001))
            task = SyncTask(large, large, 2.0, bench.folder)
            with pytest.raises(StageError, match=says) as caught:
                await engine_of("replicate", settings(bench.server, **more)).sync(
                    task, timeout_s=30, on_progress=_unwatched
                )
            assert not caught.value.retryable
        assert bench.server.requests == []

    async def test_a_result_that_is_too_large_is_broken_off(self, bench: Bench) -> None:
        bench.engine()
        bench.server.result = bytes(3_000_000)
        engine = engine_of("replicate", settings(bench.server, max_download_mb=1))
        with pytest.raises(StageError, match="MAX_DOWNLOAD_MB") as caught:
            await self.sync(bench, engine)
        assert not caught.value.retryable
        assert bench.server.asked("GET", "/delivery") == 1
