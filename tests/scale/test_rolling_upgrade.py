"""Old and new processes of a stage side by side, in the middle of jobs: all of them end well."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from released import released_worker
from simulated import Tally, constant, pipeline_of, replicas_of, spec_of

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import BY_NAME, GATEWAY, Lane, Outcome, subject
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import nats_server

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

JOBS, PARTS, TAKES_S = 8, 6, 0.1


async def ended(bus: Bus, count: int) -> set[str]:
    """The jobs of which muxing has told, until there are so many events; each is told once."""
    found = []
    async for recorded in bus.follow("polydub.v1.muxing.*.*"):
        if events.outcome_of(recorded.event) is Outcome.COMPLETED:
            found.append(recorded.event.envelope.job_id)
        if len(found) == count:
            break
    assert len(set(found)) == count
    return set(found)


async def test_a_stage_is_upgraded_while_it_works(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats") as url, AsyncExitStack() as stack:
        common = CommonSettings(nats_url=url, store_dir=tmp_path / "store", ack_wait_s=5)
        bus = await Bus.connect(common, "test")
        stack.push_async_callback(bus.aclose)
        await (await bus.stage_consumer(BY_NAME["asr"])).unsubscribe()
        tally = Tally()
        old = [
            await stack.enter_async_context(released_worker(url, "asr", TAKES_S, replica, tally))
            for replica in (0, 1)
        ]
        await stack.enter_async_context(pipeline_of(common, {}, {"asr": 0}))
        for number in range(JOBS):
            job = events.accepted(
                job_id=f"job{number}", video_id="v", spec=spec_of(PARTS), bulk=number % 2 == 1
            )
            await bus.publish(job)

        async def begun() -> bool:
            return len(tally.handled) >= 4

        await poll_until(begun, "the old ones at work")
        takes = constant(TAKES_S)
        await stack.enter_async_context(replicas_of("asr", 1, common, takes, tally, first=2))
        old[0].set()
        await stack.enter_async_context(replicas_of("asr", 1, common, takes, tally, first=3))
        old[1].set()
        found = await asyncio.wait_for(ended(bus, JOBS), 60)
        assert found == {f"job{number}" for number in range(JOBS)}
        assert set(tally.by_replica) >= {2, 3} and tally.by_replica.keys() & {0, 1}
        assert set(tally.pieces.values()) == {1}
        assert len(tally.pieces) == JOBS * PARTS


async def test_what_an_old_process_passes_on_keeps_its_lane(tmp_path: Path) -> None:
    """It says `completed` of bulk work too; the next new process knows better."""
    async with nats_server(tmp_path / "nats") as url, AsyncExitStack() as stack:
        common = CommonSettings(nats_url=url, store_dir=tmp_path / "store")
        bus = await Bus.connect(common, "test")
        stack.push_async_callback(bus.aclose)
        await (await bus.stage_consumer(BY_NAME["separation"])).unsubscribe()
        tally = Tally()
        await stack.enter_async_context(released_worker(url, "separation", 0, 0, tally))
        job = events.accepted(job_id="job", video_id="v", spec=spec_of(2), bulk=True)
        # As a new gateway before whose eyes a release is rolled back.
        await bus._js.publish(subject(GATEWAY, Outcome.ACCEPTED, "job"), job.SerializeToString())
        await stack.enter_async_context(pipeline_of(common, {}, {"separation": 0}))
        assert await asyncio.wait_for(ended_in_bulk(bus), 30) == {"job"}
        assert len(tally.handled) == 1


async def ended_in_bulk(bus: Bus) -> set[str]:
    async for recorded in bus.follow(subject("muxing", Outcome.COMPLETED, lane=Lane.BULK)):
        return {recorded.event.envelope.job_id}
    raise AssertionError("following ended")
