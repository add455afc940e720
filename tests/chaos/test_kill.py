"""Kill -9 each stage in the middle of a job: the job completes and the result is the same."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats
import pytest
from conftest import RunningStack, started
from nats.js.errors import NotFoundError

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
    yield from started(tmp_path_factory.mktemp("chaos"))


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


async def holds_a_message(own_stack: RunningStack, stage: str) -> bool:
    """Whether a message was delivered to a worker of the stage that has not answered yet."""
    client = await nats.connect(f"nats://127.0.0.1:{own_stack.stack.ports()['nats']}")
    try:
        info = await client.jetstream().consumer_info(STREAM, stage)
    except NotFoundError:
        return False
    finally:
        await client.close()
    return (info.num_ack_pending or 0) > 0


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
async def test_a_killed_stage_costs_time_and_nothing_else(
    own_stack: RunningStack,
    short_clip: Path,
    undisturbed: dict[str, str],
    stage: str,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    file = renamed(short_clip, tmp_path, f"killed {stage}")
    victim = own_stack.pid(stage)
    os.kill(victim, signal.SIGSTOP)  # so that the message surely is in its hands when it dies
    with ThreadPoolExecutor() as pool:
        job = pool.submit(own_stack.dub, file, out, "es")
        await poll_until(
            lambda: holds_a_message(own_stack, stage), f"{stage} to hold a message", timeout_s=120
        )
        os.kill(victim, signal.SIGKILL)
        run = job.result(timeout=300)
    assert run.status == 0, run.output + run.errors
    assert own_stack.pid(stage) != victim
    assert contents(out) == undisturbed


async def test_a_broker_that_dies_loses_nothing(
    own_stack: RunningStack, short_clip: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    file = renamed(short_clip, tmp_path, "killed broker")
    with ThreadPoolExecutor() as pool:
        job = pool.submit(own_stack.dub, file, out, "es")
        await poll_until(
            lambda: holds_a_message(own_stack, "asr"), "asr to hold a message", timeout_s=120
        )
        os.kill(own_stack.pid("nats"), signal.SIGKILL)
        run = job.result(timeout=300)
    assert run.status == 0, run.output + run.errors
    assert contents(out) == undisturbed


def test_a_gateway_that_dies_goes_on_where_it_was(
    own_stack: RunningStack, short_clip: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    file = renamed(short_clip, tmp_path, "killed gateway")
    with ThreadPoolExecutor() as pool:
        job = pool.submit(own_stack.dub, file, out, "es")
        deadline = time.monotonic() + 120
        while not list(own_stack.stack.var.glob("store/videos/*/diarization/*/diarization.json")):
            assert time.monotonic() < deadline and not job.done()
        os.kill(own_stack.pid("gateway"), signal.SIGKILL)
        run = job.result(timeout=300)
    assert run.status == 0, run.output + run.errors
    assert contents(out) == undisturbed
