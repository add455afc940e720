"""Three brokers: the one that leads dies in the middle of jobs, and all of them end well."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from simulated import constant, pipeline_of, spec_of

from polydub import events
from polydub.bus import Bus
from polydub.bus_ledger import LEDGER_BUCKET
from polydub.pipeline import DEAD_STREAM, STREAM, Outcome
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import nats_cluster

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]

JOBS, PARTS = 8, 6


async def ended(bus: Bus) -> list[str]:
    """The jobs that muxing has told of, until it has told of all."""
    found: list[str] = []
    async for recorded in bus.follow("polydub.v1.muxing.*.*"):
        if events.outcome_of(recorded.event) is Outcome.COMPLETED:
            found.append(recorded.event.envelope.job_id)
        if len(set(found)) == JOBS:
            break
    return found


async def test_the_leader_dies_and_all_jobs_complete(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        nodes = await stack.enter_async_context(nats_cluster(tmp_path / "nats"))
        common = CommonSettings(
            nats_url=",".join(node.url for node in nodes),
            store_dir=tmp_path / "store",
            stream_replicas=3,
            ack_wait_s=3,
        )
        bus = await Bus.connect(common, "test")
        stack.push_async_callback(bus.aclose)
        takes = {"asr": constant(0.2), "tts": constant(0.2)}
        tallies = await stack.enter_async_context(pipeline_of(common, takes, {"asr": 2, "tts": 2}))
        for number in range(JOBS):
            job = events.accepted(job_id=f"job{number}", video_id="v", spec=spec_of(PARTS))
            await bus.publish(job)

        async def in_the_middle() -> bool:
            return len(tallies["tts"].handled) >= PARTS

        await poll_until(in_the_middle, "jobs under way", timeout_s=60)
        assert len(tallies["tts"].handled) < JOBS * PARTS
        info = await bus._js.stream_info(STREAM)
        assert info.cluster is not None
        assert len(info.cluster.replicas or ()) == 2
        leader = next(node for node in nodes if node.name == info.cluster.leader)
        leader.kill()

        found = await asyncio.wait_for(ended(bus), 60)
        assert sorted(found) == sorted(set(found)), "each job is told of once"
        assert len(tallies["tts"].pieces) == JOBS * PARTS
        for name in (STREAM, f"KV_{LEDGER_BUCKET}"):
            after = (await bus._js.stream_info(name)).cluster
            assert after is not None
            assert after.leader != leader.name


async def test_whoever_asks_for_copies_gets_them_of_what_is_there(tmp_path: Path) -> None:
    """As where one replica of each stream becomes three: nothing is lost, the ledger included."""
    async with AsyncExitStack() as stack:
        nodes = await stack.enter_async_context(nats_cluster(tmp_path / "nats"))
        single = CommonSettings(nats_url=",".join(node.url for node in nodes))
        before = await Bus.connect(single, "before")
        stack.push_async_callback(before.aclose)
        decided = await (await before.ledger()).decide("job", "language", b"es")
        after = await Bus.connect(single.model_copy(update={"stream_replicas": 3}), "after")
        stack.push_async_callback(after.aclose)

        async def has_copies(name: str) -> bool:
            cluster = (await after._js.stream_info(name)).cluster
            copies = cluster.replicas if cluster else None
            return len(copies or ()) == 2 and all(copy.current for copy in copies or ())

        for name in (STREAM, DEAD_STREAM, f"KV_{LEDGER_BUCKET}"):
            await poll_until(lambda name=name: has_copies(name), f"copies of {name}")  # type: ignore[misc]
        assert await (await after.ledger()).decide("job", "language", b"ca") == decided
