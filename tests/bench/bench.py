"""What the platform costs: the stack against a plain script over the same engines.

Prints one table from one run. Times on shared machines are noisy: read the ratios.
``python tests/bench/bench.py [--long] [--replicas]``; ``make bench`` starts the stack first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sample
from stack import Stack
from straight import dub_straight

from polydub.bus import Bus
from polydub.pipeline import STAGES, job_subjects
from polydub.settings import CommonSettings
from polydub.v1 import events_pb2
from polydub_client import Polydub

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "es"


@dataclass(frozen=True)
class Handled:
    """One piece of work as its completed event tells it; times in seconds since the job began."""

    stage: str
    began_s: float
    ended_s: float
    engine_s: float
    hop_s: float


@dataclass(frozen=True)
class Timing:
    """One job through the stack."""

    wall_s: float
    work: tuple[Handled, ...]

    @property
    def busy_s(self) -> float:
        """Seconds in which at least one handler ran."""
        total, reached = 0.0, 0.0
        for item in sorted(self.work, key=lambda w: w.began_s):
            total += max(0.0, item.ended_s - max(item.began_s, reached))
            reached = max(reached, item.ended_s)
        return total

    @property
    def platform_share(self) -> float:
        """The part of the wall time in which no engine worked: hops, and handlers' own work."""
        elapsed = sum(w.ended_s - w.began_s for w in self.work)
        engine = sum(w.engine_s for w in self.work)
        return 1 - self.busy_s / self.wall_s * engine / elapsed

    def hop_s(self, stage: str) -> float:
        """The shortest way from one stage's event to the next stage's handler."""
        return min(w.hop_s for w in self.work if w.stage == stage)


def clip_of(folder: Path, seconds: int) -> Path:
    """The sample clip repeated to a length, unlike any other so that nothing is reused."""
    once = folder / "sample.mp4"
    if not once.exists():
        sample.make(once)
    path = folder / f"{seconds}s-{uuid.uuid4().hex[:6]}.mp4"
    subprocess.run(
        [
            "ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", str(once), "-t", str(seconds),
            "-c", "copy", "-metadata", f"title={path.stem}", str(path),
        ],
        check=True,
    )  # fmt: skip
    return path


async def history(stack: Stack, job_id: str) -> list[events_pb2.Event]:
    """Every event of a finished job."""
    bus = await Bus.connect(
        CommonSettings(nats_url=f"nats://127.0.0.1:{stack.ports()['nats']}"), "bench"
    )
    told = []
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            async for recorded in bus.follow(job_subjects(job_id)):
                told.append(recorded.event)
    await bus.aclose()
    return told


def timing(told: Iterable[events_pb2.Event]) -> Timing:
    """What the events say of when each piece of work began and ended."""
    told = list(told)
    zero = told[0].envelope.emitted_at_ms
    causes: dict[tuple[str, int, str], int] = {}
    work = []
    previous = {stage.name: stage.consumes[0] for stage in STAGES}
    for event in told:
        key = event.envelope
        if event.HasField("accepted") or event.HasField("completed"):
            causes[key.stage, key.part, key.target_language] = key.emitted_at_ms
        if not event.HasField("completed"):
            continue
        began = key.emitted_at_ms - event.completed.elapsed_ms
        cause = max(
            (
                at
                for (stage, part, language), at in causes.items()
                if stage == previous[key.stage]
                and (part == key.part or key.part < 0 or part < 0)
                and language in ("", key.target_language)
            ),
            default=began,
        )
        work.append(
            Handled(
                key.stage,
                (began - zero) / 1000,
                (key.emitted_at_ms - zero) / 1000,
                event.completed.engine_ms / 1000,
                max(0.0, (began - cause) / 1000),
            )
        )
    return Timing(max(w.ended_s for w in work), tuple(work))


def through_the_stack(stack: Stack, clip: Path) -> Timing:
    """Dubs a clip through the running stack."""
    with Polydub(stack.url) as client:
        video = client.upload_video(clip)
        job = client.create_dub(video.id, [LANGUAGE])
        for _ in client.watch(job.id):
            pass
        finished = client.get_dub(job.id)
        assert finished.state.startswith("completed"), finished
    return timing(asyncio.run(history(stack, job.id)))


def memory_mb(stack: Stack) -> dict[str, tuple[float, float]]:
    """Resident memory of each process now and at its highest, children not counted."""
    found = {}
    for process in stack.processes():
        status = Path(f"/proc/{process['pid']}/status").read_text()
        sizes = {
            line.split(":")[0]: int(line.split()[1]) / 1024
            for line in status.splitlines()
            if line.startswith(("VmRSS", "VmHWM"))
        }
        found[str(process["name"])] = (sizes["VmRSS"], sizes["VmHWM"])
    return found


def table(title: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def platform(stack: Stack, folder: Path) -> None:
    """A 60 s clip: the stack beside the plain script, hops, memory."""
    through_the_stack(stack, clip_of(folder, 12))  # models are loaded, children are up
    began = time.perf_counter()
    asyncio.run(dub_straight(clip_of(folder, 60), folder / "straight", LANGUAGE))
    straight_s = time.perf_counter() - began
    once = through_the_stack(stack, clip_of(folder, 60))
    table(
        "A 60 s clip to one language",
        ("", "wall s", "ratio"),
        [
            ("plain script, one process", f"{straight_s:.1f}", "1"),
            ("the stack", f"{once.wall_s:.1f}", f"{once.wall_s / straight_s:.2f}"),
            ("of that, no engine at work", f"{once.wall_s * once.platform_share:.1f}",
             f"{once.platform_share:.1%} of the wall time"),
        ],
    )  # fmt: skip
    table(
        "Per stage",
        ("stage", "handlers s", "engines s", "shortest hop ms"),
        (
            (
                stage.name,
                f"{sum(w.ended_s - w.began_s for w in once.work if w.stage == stage.name):.2f}",
                f"{sum(w.engine_s for w in once.work if w.stage == stage.name):.2f}",
                f"{once.hop_s(stage.name) * 1000:.0f}",
            )
            for stage in STAGES
            if not stage.optional
        ),
    )


def long_file(stack: Stack, folder: Path) -> None:
    """Memory and time of one minute and of ten."""
    short = through_the_stack(stack, clip_of(folder, 60))
    after_short = memory_mb(stack)
    long = through_the_stack(stack, clip_of(folder, 600))
    after_long = memory_mb(stack)
    table(
        "Resident memory, MB",
        ("process", "after 1 min: now (peak)", "after 10 min: now (peak)"),
        (
            (
                name,
                "{:.0f} ({:.0f})".format(*after_short[name]),
                "{:.0f} ({:.0f})".format(*after_long[name]),
            )
            for name in after_short
        ),
    )
    print(
        f"\n10 min took {long.wall_s / short.wall_s:.1f} times as long as 1 min"
        f" ({long.wall_s:.0f} s and {short.wall_s:.0f} s)."
    )


def replicas(folder: Path) -> None:
    """Ten minutes with one replica of each stage and with two."""
    walls = {}
    for count in (2, 1):
        var = folder / f"var-{count}"
        base = int(os.environ.get("POLYDUB_PORT", "7700")) + 400
        environment = {**os.environ, "POLYDUB_VAR": str(var), "POLYDUB_PORT": str(base)}
        program = [sys.executable, str(ROOT / "deploy/local/stack.py")]
        subprocess.run([*program, "up", f"--replicas={count}"], env=environment, check=True)
        try:
            stack = Stack(var, base, count)
            through_the_stack(stack, clip_of(folder, 12))
            walls[count] = through_the_stack(stack, clip_of(folder, 600)).wall_s
            print(f"{count} of each stage: {walls[count]:.0f} s", flush=True)
        finally:
            subprocess.run([*program, "down"], env=environment, check=True)
    table(
        "A 10 min file, replicas of each stage",
        ("replicas", "wall s", "ratio"),
        ((count, f"{wall:.0f}", f"{wall / walls[1]:.2f}") for count, wall in walls.items()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="memory of 1 min against 10 min")
    parser.add_argument("--replicas", action="store_true", help="one replica against two")
    arguments = parser.parse_args()
    var = Path(os.environ.get("POLYDUB_VAR", ROOT / "var")).absolute()
    stack = Stack(var, int(os.environ.get("POLYDUB_PORT", "7700")), 1)
    with tempfile.TemporaryDirectory() as name:
        if arguments.replicas:
            replicas(Path(name))
        elif arguments.long:
            long_file(stack, Path(name))
        else:
            platform(stack, Path(name))


if __name__ == "__main__":
    main()
