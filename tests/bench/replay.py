"""A day of work at scaled time: does the backlog stay bounded with the replicas that were planned?

Real broker, workers, ledger and store; engines are waits of the measured seconds, divided by the
speed-up. Videos come evenly; what waits is read from the consumers, as KEDA would.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from simulated import Tally, constant, replicas_of, spec_of
from tables import table

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import BY_NAME, Lane, Scope
from polydub.settings import CommonSettings
from polydub.testing.servers import nats_server
from polydub_client.planning import Load, Rates, plan, rates_of_file

PART_S = 45.0
"""How much talk a part has, about."""


@dataclass(frozen=True)
class Day:
    """What comes, and how fast time runs."""

    load: Load
    video_s: float = 300.0
    speed_up: float = 10.0
    real_s: float = 90.0
    """How long the replay goes on."""

    @property
    def parts(self) -> int:
        return max(1, round(self.video_s / PART_S))

    @property
    def every_s(self) -> float:
        """Real seconds between two videos."""
        return self.video_s * self.load.busy_hours / self.load.hours_per_day / self.speed_up


@dataclass
class Replayed:
    """What was waiting, in seconds of one replica's work, time after time."""

    replicas: Mapping[str, int]
    videos: int = 0
    backlog_s: dict[str, list[float]] = field(default_factory=dict)

    def growth(self, stage: str) -> float:
        """The backlog of the last third over that of the second; about 0 where it is bounded."""
        found = self.backlog_s[stage]
        third = max(1, len(found) // 3)
        return _mean(found[-third:]) - _mean(found[third : 2 * third])


async def replay(
    folder: Path, day: Day, rates: Rates, replicas: Mapping[str, int], *, fewer: str = ""
) -> Replayed:
    """Runs the day with so many replicas.

    Args:
        fewer: a stage that is given half of what the others are planned with.
    """
    counts = {
        name: max(1, count // 2) if name == fewer else count for name, count in replicas.items()
    }
    found = Replayed(counts)
    seconds = {name: _per_event_s(name, rates, day) for name in rates.stages}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(nats_server(folder / "nats"))
        common = CommonSettings(nats_url=url, store_dir=folder / "store", ack_wait_s=30)
        bus = await Bus.connect(common, "replay")
        stack.push_async_callback(bus.aclose)
        for name, count in counts.items():
            takes = constant(seconds[name] / day.speed_up)
            await stack.enter_async_context(replicas_of(name, count, common, takes, Tally()))
        coming = asyncio.create_task(_come(bus, day, found))
        stack.callback(coming.cancel)
        loop = asyncio.get_running_loop()
        over = loop.time() + day.real_s
        while loop.time() < over:
            await asyncio.sleep(day.real_s / 60)
            for name in counts:
                waiting = await _waiting(bus, name)
                found.backlog_s.setdefault(name, []).append(waiting * seconds[name])
    return found


async def _come(bus: Bus, day: Day, found: Replayed) -> None:
    spec = spec_of(day.parts, *(f"l{number}" for number in range(day.load.languages)))
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        found.videos += 1
        name = f"job{found.videos}"
        await bus.publish(events.accepted(job_id=name, video_id=name, spec=spec))
        await asyncio.sleep(max(0.0, began + found.videos * day.every_s - loop.time()))


async def _waiting(bus: Bus, stage: str) -> int:
    """Events that wait or are worked on, as the scaler sees them."""
    waiting = 0
    for lane in Lane:
        subscription = await bus.stage_consumer(BY_NAME[stage], lane)
        info = await subscription.consumer_info()
        await subscription.unsubscribe()
        waiting += (info.num_pending or 0) + (info.num_ack_pending or 0)
    return waiting


def _per_event_s(stage: str, rates: Rates, day: Day) -> float:
    """What one event of a stage takes, in seconds of the day. Muxing's is spread over its parts."""
    whole = day.video_s * rates.stages[stage].worker_s
    scope = BY_NAME[stage].scope
    if stage == "translation" and scope is Scope.PART_AND_LANGUAGE:
        return whole * day.load.languages / day.parts  # one event in, one for each language out
    return whole if scope is Scope.JOB else whole / day.parts


def _mean(found: Sequence[float]) -> float:
    return sum(found) / len(found)


def replays(file: Path, load: Load) -> None:
    """Replays with the replicas that are planned, and with half of them in the busiest stage.

    Args:
        file: measured rates, as ``polydub plan`` takes them.
    """
    day, rates = Day(load), rates_of_file(file.read_text(), str(file))
    known = {name: rate for name, rate in rates.stages.items() if not BY_NAME[name].optional}
    rates = Rates(known, source=rates.source)
    made = {each.stage: each.replicas for each in plan(rates, day.load).stages}
    busiest = max(made, key=made.__getitem__)
    for title, fewer in (("as planned", ""), (f"half of {busiest}", busiest)):
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(replay(Path(folder), day, rates, made, fewer=fewer))
        table(
            f"{day.load.hours_per_day:g} h a day into {day.load.languages} language(s), time x"
            f" {day.speed_up:g}, {title}: {found.videos} videos of {day.video_s / 60:g} min came",
            ("stage", "replicas", "most waited, min of work", "at the end", "grew by"),
            (
                (
                    name, found.replicas[name], f"{max(found.backlog_s[name]) / 60:.1f}",
                    f"{found.backlog_s[name][-1] / 60:.1f}", f"{found.growth(name) / 60:+.1f}",
                )
                for name in found.backlog_s
            ),
        )  # fmt: skip
