"""What more replicas of a stage bring: real broker, workers, ledger and store, simulated engines.

One language of a talk is spoken part by part on 1 to 16 replicas of tts, joined by one of muxing.
Parts take different times, as real ones do. The ideal is what their engines take when whoever is
free takes the next part at once: no broker, no store, no join.
"""

from __future__ import annotations

import asyncio
import heapq
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from simulated import Tally, constant, replicas_of, spec_of
from tables import table

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import Outcome, subject
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing.servers import nats_server
from polydub.v1 import events_pb2

REPLICAS = (1, 2, 4, 8, 16)
PARTS = 64
MEAN_S = 4.0


@dataclass(frozen=True)
class Scaled:
    """One run."""

    replicas: int
    wall_s: float
    ideal_s: float
    busiest: int
    """Parts of the replica that did most."""
    repeated: int
    """Parts that were done more than once."""

    @property
    def efficiency(self) -> float:
        return self.ideal_s / self.wall_s


def scale(replicas: Sequence[int] = REPLICAS) -> None:
    """Prints the table."""
    runs = []
    for count in replicas:
        with tempfile.TemporaryDirectory() as folder:
            runs.append(asyncio.run(run(Path(folder), count, parts=PARTS)))
        print(f"{count} replicas: {runs[-1].wall_s:.1f} s", flush=True)
    table(
        f"{PARTS} parts of {MEAN_S / 2:g} to {1.5 * MEAN_S:g} s through tts, joined by muxing",
        ("replicas", "wall s", "ideal s", "efficiency", "most parts on one", "done twice"),
        (
            (
                each.replicas, f"{each.wall_s:.2f}", f"{each.ideal_s:.2f}",
                f"{each.efficiency:.3f}", each.busiest, each.repeated,
            )
            for each in runs
        ),
    )  # fmt: skip


def seconds_of(part: int) -> float:
    """What a part takes: half as long to one and a half times as long as the mean."""
    return MEAN_S * (0.5 + (part * 7 % 11) / 10)


def ideal_s(parts: int, replicas: int) -> float:
    """How long the parts take when whoever is free takes the next one."""
    free_at = [0.0] * replicas
    for part in range(parts):
        heapq.heapreplace(free_at, free_at[0] + seconds_of(part))
    return max(free_at)


async def run(folder: Path, replicas: int, *, parts: int) -> Scaled:
    """One talk through so many replicas."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(nats_server(folder / "nats"))
        common = CommonSettings(nats_url=url, store_dir=folder / "store")
        bus = await Bus.connect(common, "bench")
        stack.push_async_callback(bus.aclose)
        spoken = replicas_of(
            "tts", replicas, common, lambda event: seconds_of(event.envelope.part), tally
        )
        await stack.enter_async_context(spoken)
        await stack.enter_async_context(replicas_of("muxing", 1, common, constant(0.0), Tally()))
        began = time.perf_counter()
        for event in translated(parts):
            await bus.publish(event)
        async for _ in bus.follow(subject("muxing", Outcome.COMPLETED)):
            wall_s = time.perf_counter() - began
            break
    return Scaled(
        replicas=replicas,
        wall_s=wall_s,
        ideal_s=ideal_s(parts, replicas),
        busiest=max(tally.by_replica.values()),
        repeated=sum(count > 1 for count in tally.pieces.values()),
    )


def translated(parts: int, job_id: str = "job") -> list[events_pb2.Event]:
    """The events that tts works on: one for each part of a talk."""
    cause = events.accepted(job_id=job_id, video_id="video", spec=spec_of(parts))
    return [
        events.completed(
            cause,
            Emission(events_pb2.Products(), part=part, parts=parts, target_language="es"),
            stage="translation",
            elapsed_s=0.0,
            engine_s=0.0,
            used=(),
        )
        for part in range(parts)
    ]
