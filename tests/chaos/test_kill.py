"""Kill -9 each stage in the middle of a job: the job completes and the result is the same."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
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
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-i",
                str(path),
                "-map",
                "0",
                "-f",
                "streamhash",
                "-",
            ]
            found[kind] = subprocess.check_output(command, text=True)
        else:
            found[kind] = path.read_text()
    return found


def renamed(short_clip: Path, tmp_path: Path, mark: str) -> Path:
    """The same clip as another video, so that nothing made before is reused."""
    path = tmp_path / "short.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(short_clip), "-c", "copy"]
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

    async def wait_for(self, stage: str) -> None:
        await poll_until(
            lambda: self.holds(stage),
            f"{stage} to have a message in its hands",
            timeout_s=120,
            interval_s=0.01,
        )


@pytest.fixture
async def watcher(own_stack: RunningStack) -> AsyncIterator[Watcher]:
    client = await nats.connect(f"nats://127.0.0.1:{own_stack.stack.ports()['nats']}")
    yield Watcher(client.jetstream())
    await client.close()


@dataclass(frozen=True)
class Disturbed:
    """A dub of the short clip as a new video, and where its files end up."""

    out: Path
    job: Future[Run]

    def contents(self) -> dict[str, str]:
        run = self.job.result(timeout=300)
        assert run.status == 0, run.output + run.errors
        return contents(self.out)


@pytest.fixture
def disturbed(
    own_stack: RunningStack,
    short_clip: Path,
    undisturbed: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Disturbed]:
    file = renamed(short_clip, tmp_path, request.node.name)
    with ThreadPoolExecutor() as pool:
        yield Disturbed(tmp_path / "out", pool.submit(own_stack.dub, file, tmp_path / "out", "es"))


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
async def test_a_killed_stage_costs_time_and_nothing_else(
    own_stack: RunningStack,
    undisturbed: dict[str, str],
    disturbed: Disturbed,
    watcher: Watcher,
    stage: str,
) -> None:
    victim = own_stack.pid(stage)
    await watcher.wait_for(stage)
    os.kill(victim, signal.SIGKILL)
    assert await watcher.holds(stage), "it was killed too late to matter"
    assert disturbed.contents() == undisturbed
    assert own_stack.pid(stage) != victim


@pytest.mark.parametrize("process", ["nats", "gateway"])
async def test_what_stands_around_the_stages_may_die_too(
    own_stack: RunningStack,
    undisturbed: dict[str, str],
    disturbed: Disturbed,
    watcher: Watcher,
    process: str,
) -> None:
    await watcher.wait_for("asr")
    os.kill(own_stack.pid(process), signal.SIGKILL)
    assert disturbed.contents() == undisturbed
