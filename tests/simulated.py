"""Stages that take the time of work and do none: real workers, broker, ledger and store."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from polydub.bus import Bus
from polydub.pipeline import BY_NAME, STAGES, WHOLE_TALK
from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings, StageSettings
from polydub.stage import Emission, StageContext, StageHandler
from polydub.store import open_store
from polydub.v1 import events_pb2, muxing_pb2, separation_pb2_grpc
from polydub.worker import Worker

Seconds = Callable[[events_pb2.Event], float]
PARTS = "parts"
"""A job's ``DubSpec.engines`` may say under this name how many parts it has."""


def spec_of(parts: int, *languages: str) -> events_pb2.DubSpec:
    """What is asked of simulated stages."""
    return events_pb2.DubSpec(
        source_language="en", target_languages=languages or ("es",), engines={PARTS: str(parts)}
    )


@dataclass
class Tally:
    """What a stage's replicas have handled: once for each time, by replica."""

    handled: list[tuple[int, str, int, str]] = field(default_factory=list)
    """Replica, job, part, language, in the order in which they were done."""

    @property
    def by_replica(self) -> Counter[int]:
        return Counter(replica for replica, *_ in self.handled)

    @property
    def pieces(self) -> Counter[tuple[str, int, str]]:
        return Counter((job, part, language) for _, job, part, language in self.handled)


class Simulated(StageHandler):
    """One replica: waits as long as an engine would work, and stores a small object."""

    def __init__(self, stage: str, seconds: Seconds, replica: int, tally: Tally) -> None:
        self._stage = stage
        self._seconds = seconds
        self._replica = replica
        self._tally = tally

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        key = event.envelope
        await asyncio.sleep(self._seconds(event))  # the engine at work
        folder = context.folder(
            key.video_id, job=key.job_id, part=key.part, language=key.target_language
        )
        await context.store.put_bytes(folder.key("made"), self._stage.encode())
        self._tally.handled.append((self._replica, key.job_id, key.part, key.target_language))
        return await self._emissions(event, context)

    async def _emissions(
        self, event: events_pb2.Event, context: StageContext
    ) -> Sequence[Emission]:
        products = events_pb2.Products()
        match self._stage:
            case "diarization":
                parts = int(event.spec.engines[PARTS])
                return [Emission(products, part=number, parts=parts) for number in range(parts)]
            case "translation":
                languages = event.spec.target_languages
                return [Emission(products, target_language=each) for each in languages]
            case "muxing":
                return await self._joined(event, context)
            case _:
                return [Emission(products)]

    async def _joined(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        """As muxing joins: each part records itself, the last one assembles."""
        key, ledger = event.envelope, context.ledger
        register = f"speech-{key.revision}-{key.target_language}"
        await ledger.record(key.job_id, register, str(key.part), b"made")
        if len(await ledger.names(key.job_id, register)) < key.parts:
            return []
        own = str(key.part).encode()
        assembler = f"assembler-{key.revision}-{key.target_language}"
        if await ledger.decide(key.job_id, assembler, own) != own:
            return []
        products = events_pb2.Products(muxing=muxing_pb2.MuxingProducts())
        return [Emission(products, part=WHOLE_TALK)]


def constant(seconds: float) -> Seconds:
    return lambda _: seconds


@asynccontextmanager
async def replicas_of(
    stage: str,
    count: int,
    common: CommonSettings,
    seconds: Seconds,
    tally: Tally,
    *,
    first: int = 0,
    concurrency: int = 1,
) -> AsyncIterator[list[asyncio.Event]]:
    """Workers at work, each on a connection of its own; the events that stop them one by one."""
    async with AsyncExitStack() as stack:
        stops = []
        for replica in range(first, first + count):
            bus = await Bus.connect(common, f"{stage}-{replica}")
            stack.push_async_callback(bus.aclose)
            worker = Worker(
                stage=BY_NAME[stage],
                handler=Simulated(stage, seconds, replica, tally),
                bus=bus,
                ledger=await bus.ledger(),
                store=open_store(common),
                common=common,
                settings=StageSettings(concurrency=concurrency),
            )
            stop = asyncio.Event()
            running = asyncio.create_task(worker.run(stop))
            stack.push_async_callback(_ended, stop, running)
            stops.append(stop)
        yield stops


@asynccontextmanager
async def pipeline_of(
    common: CommonSettings,
    seconds: Mapping[str, Seconds],
    replicas: Mapping[str, int] | None = None,
) -> AsyncIterator[dict[str, Tally]]:
    """Every stage but lip sync; one replica where nothing is said, no time where none is."""
    tallies = {stage.name: Tally() for stage in STAGES if not stage.optional}
    async with AsyncExitStack() as stack:
        for name, tally in tallies.items():
            count = (replicas or {}).get(name, 1)
            takes = seconds.get(name, constant(0.0))
            await stack.enter_async_context(replicas_of(name, count, common, takes, tally))
        yield tallies


def run_separation(takes_s: float, env: Mapping[str, str]) -> None:
    """A separation in a process of its own, to be started as such: until it is told to stop."""
    os.environ.update(env)
    handler = Simulated("separation", constant(takes_s), 0, Tally())
    servicer = separation_pb2_grpc.SeparationServicer()
    run_stage("separation", StageSettings, lambda *_: StageApp(handler, servicer))


async def _ended(stop: asyncio.Event, running: asyncio.Task[None]) -> None:
    stop.set()
    await running
