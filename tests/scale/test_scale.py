"""More replicas share the work, and nothing is done twice. How fast, the bench tells."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from simulated import Tally, constant, pipeline_of, replicas_of, spec_of

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import Outcome, subject
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import nats_server
from polydub.v1 import events_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PARTS, LANGUAGES = 24, ("es", "fr")


async def finished(bus: Bus, count: int) -> list[events_pb2.Event]:
    """The first completed events of muxing."""
    found = []
    async for recorded in bus.follow(subject("muxing", Outcome.COMPLETED)):
        found.append(recorded.event)
        if len(found) == count:
            break
    return found


async def test_all_replicas_work_and_each_part_is_done_once(tmp_path: Path) -> None:
    replicas = {"asr": 4, "tts": 8, "muxing": 4}
    takes = {"asr": constant(0.2), "tts": constant(0.4)}
    async with nats_server(tmp_path / "nats") as url:
        common = CommonSettings(nats_url=url, store_dir=tmp_path / "store")
        async with pipeline_of(common, takes, replicas) as tallies:
            bus = await Bus.connect(common, "test")
            spec = spec_of(PARTS, *LANGUAGES)
            await bus.publish(events.accepted(job_id="job", video_id="v", spec=spec))
            done = await asyncio.wait_for(finished(bus, len(LANGUAGES)), 60)
            await bus.aclose()
    assert {each.envelope.target_language for each in done} == set(LANGUAGES)
    for stage, count in replicas.items():
        tally = tallies[stage]
        assert len(tally.by_replica) == count, f"every replica of {stage} had work"
        assert set(tally.pieces.values()) == {1}, f"{stage} did nothing twice"
    assert len(tallies["tts"].pieces) == len(tallies["muxing"].pieces) == PARTS * len(LANGUAGES)


async def test_replicas_that_come_late_take_their_share(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats") as url, AsyncExitStack() as stack:
        common = CommonSettings(nats_url=url, store_dir=tmp_path / "store")
        bus = await Bus.connect(common, "test")
        stack.push_async_callback(bus.aclose)
        tally, takes = Tally(), constant(0.2)
        await stack.enter_async_context(replicas_of("separation", 1, common, takes, tally))
        for number in range(20):
            await bus.publish(events.accepted(job_id=f"j{number}", video_id="v", spec=spec_of(1)))

        async def begun() -> bool:
            return len(tally.handled) >= 2

        await poll_until(begun, "the first replica at work")
        await stack.enter_async_context(replicas_of("separation", 3, common, takes, tally, first=1))

        async def done() -> bool:
            return len(tally.pieces) == 20

        await poll_until(done, "all of it")
        assert set(tally.by_replica) == {0, 1, 2, 3}, "nobody had taken work in advance"
