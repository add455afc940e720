"""Kill -9 each stage in the middle of a job: the job completes and the result is the same."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from running import Run, RunningStack, started

from polydub.pipeline import STAGES, STREAM
from polydub.testing import poll_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def short_clip(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the sample: enough for every stage to have work."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    cut = ["ffmpeg", "-v", "error", "-i", str(clip), "-t", "12", "-c", "copy", str(path)]
    subprocess.run(cut, check=True)
    return path


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack that nobody else is disturbed by."""
    # A dead worker's message goes to the next one after three seconds instead of ten.
    yield from started(tmp_path_factory.mktemp("chaos"), POLYDUB_ACK_WAIT_S="3")


@pytest.fixture(scope="module")
def undisturbed(own_stack: RunningStack, short_clip: Path, tmp_path_factory) -> dict[str, str]:  # type: ignore[no-untyped-def]
    out = tmp_path_factory.mktemp("undisturbed")
    run = own_stack.dub(short_clip, out, "es")
    assert run.status == 0, run.output + run.errors
    return contents(out)


def contents(out: Path) -> dict[str, str]:
    """What each file says, by its kind; sound by its decoded samples."""
    found = {}
    for path in out.iterdir():
        kind = re.sub(r"^.*?\.", "", path.name)
        if path.suffix == ".mp4":
            command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0", "-c:s", "copy"]
            command += ["-f", "streamhash", "-"]
            found[kind] = subprocess.check_output(command, text=True)
        else:
            found[kind] = path.read_text()
    return found


def renamed(short_clip: Path, tmp_path: Path, mark: str) -> Path:
    """The same clip as another video, so that nothing made before is reused."""
    path = tmp_path / "short.mp4"
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(short_clip), "-c", "copy"]
    subprocess.run([*command, "-metadata", f"title={mark}", str(path)], check=True)
    return path


class Watcher:
    """Looks which stage's workers have a message in their hands."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def holds(self, stage: str) -> bool:
        """Whether a message was delivered to a worker of the stage that has not answered yet."""
        try:
            info = await self._js.consumer_info(STREAM, stage)
        except NotFoundError:
            return False
        return (info.num_ack_pending or 0) > 0

    async def caught(self, stage: str, job: Future[Run]) -> bool:
        """Waits until a worker of the stage has a message; False when the job ends before."""

        async def held_or_over() -> bool:
            return await self.holds(stage) or job.done()

        await poll_until(held_or_over, f"{stage} at work", timeout_s=200, interval_s=0.005)
        return not job.done()


@pytest.fixture
async def watcher(own_stack: RunningStack) -> AsyncIterator[Watcher]:
    client = await nats.connect(f"nats://127.0.0.1:{own_stack.stack.ports()['nats']}")
    yield Watcher(client.jetstream())
    await client.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as running:
        yield running


async def test_killed_stages_cost_time_and_nothing_else(
    own_stack: RunningStack,
    short_clip: Path,
    undisturbed: dict[str, str],
    watcher: Watcher,
    pool: ThreadPoolExecutor,
    tmp_path: Path,
) -> None:
    """Each stage of one job, one after the other."""
    left = [stage.name for stage in STAGES if not stage.optional]
    for attempt in range(6):  # a stage that works for a few milliseconds is not caught each time
        out = tmp_path / f"out{attempt}"
        job = pool.submit(own_stack.dub, renamed(short_clip, tmp_path, f"{attempt}"), out, "es")
        killed = [each for each in left if await killed_at_work(own_stack, watcher, each, job)]
        run = job.result(timeout=300)
        assert run.status == 0, run.output + run.errors
        assert contents(out) == undisturbed
        left = [each for each in left if each not in killed]
        if not left:
            return
    pytest.fail(f"never caught at work: {', '.join(left)}")


async def killed_at_work(
    stack: RunningStack, watcher: Watcher, stage: str, job: Future[Run]
) -> bool:
    """Kills a stage's worker once it has a message; False where it was done with it by then."""
    victim = stack.pid(stage)
    if not await watcher.caught(stage, job):
        return False
    os.kill(victim, signal.SIGKILL)
    if not await watcher.holds(stage):
        return False

    async def stands_again() -> bool:
        return stack.pid(stage) not in (victim, 0)

    await poll_until(stands_again, f"another {stage}", timeout_s=60)
    return True


@pytest.mark.parametrize("process", ["nats", "gateway"])
async def test_what_stands_around_the_stages_may_die_too(
    own_stack: RunningStack,
    short_clip: Path,
    undisturbed: dict[str, str],
    watcher: Watcher,
    pool: ThreadPoolExecutor,
    process: str,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    file = renamed(short_clip, tmp_path, process)
    job = pool.submit(own_stack.dub, file, out, "es")
    assert await watcher.caught("asr", job)
    os.kill(own_stack.pid(process), signal.SIGKILL)
    run = job.result(timeout=300)
    assert run.status == 0, run.output + run.errors
    assert contents(out) == undisturbed


async def test_what_ended_by_itself_is_started_by_the_next_up(
    own_stack: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = own_stack.pid("translation")
    os.kill(victim, signal.SIGTERM)

    async def has_ended() -> bool:
        return own_stack.pid("translation") == 0

    await poll_until(has_ended, "translation to end", timeout_s=60)
    own_stack.stack.up()
    assert own_stack.pid("translation") not in (victim, 0)
    assert "translation had ended and is started again." in capsys.readouterr().out
