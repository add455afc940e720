"""One clip through the running stack, and what its events tell of it."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sample
from google.protobuf import json_format
from stack import Stack

from polydub.bus import Bus
from polydub.pipeline import STAGES, job_subjects
from polydub.settings import CommonSettings
from polydub.v1 import events_pb2, muxing_pb2
from polydub_client import Dub, Polydub

LANGUAGE = "es"
_ALL_TOLD_S = 2.0
"""Silence after which a finished job has told everything."""


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


async def _history(stack: Stack, job_id: str) -> list[events_pb2.Event]:
    """Every event of a finished job."""
    address = f"nats://127.0.0.1:{stack.ports()['nats']}"
    bus = await Bus.connect(CommonSettings(nats_url=address), "bench")
    told = []
    with suppress(TimeoutError):
        async with asyncio.timeout(_ALL_TOLD_S) as limit:
            async for recorded in bus.follow(job_subjects(job_id)):
                told.append(recorded.event)
                limit.reschedule(asyncio.get_running_loop().time() + _ALL_TOLD_S)
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


def dub(stack: Stack, clip: Path) -> Dub:
    """Dubs a clip through the running stack; the finished job."""
    with Polydub(stack.url) as client:
        video = client.upload_video(clip)
        job = client.create_dub(video.id, [LANGUAGE])
        for _ in client.watch(job.id):
            pass
        finished = client.get_dub(job.id)
    assert finished.state.has_results, finished
    return finished


def history(stack: Stack, job_id: str, *, revision: int) -> list[events_pb2.Event]:
    """Every event of one revision of a finished job."""
    told = asyncio.run(_history(stack, job_id))
    return [event for event in told if event.envelope.revision == revision]


def timing_of(stack: Stack, job: Dub) -> Timing:
    """When the pieces of a finished job's work began and ended."""
    return timing(asyncio.run(_history(stack, job.id)))


def report_of(stack: Stack, job: Dub, folder: Path) -> muxing_pb2.ReportDocument:
    """The finished job's own report, by way of a file in ``folder``."""
    with Polydub(stack.url) as client:
        report = next(
            artifact
            for artifact in client.list_artifacts(job.id)
            if artifact.name.endswith(".report.json")
        )
        path = client.download(report, folder)
    found = muxing_pb2.ReportDocument()
    json_format.Parse(path.read_text(), found)
    path.unlink()
    return found


def through_the_stack(stack: Stack, clip: Path) -> Timing:
    """Dubs a clip through the running stack."""
    return timing_of(stack, dub(stack, clip))
