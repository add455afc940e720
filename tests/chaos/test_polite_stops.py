"""A stage's processes are told to stop, again and again, in the middle of one event: it is done."""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from simulated import Tally, constant, replicas_of, run_separation

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import STREAM, Outcome
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import nats_server
from polydub.v1 import events_pb2

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]

_PROCESSES = multiprocessing.get_context("forkserver")
# Children are forked from a process that has imported all this, which takes seconds.
_PROCESSES.set_forkserver_preload(["polydub.runtime", "polydub.testing.servers", "pytest"])
STAGE, TRIES = "separation", 3


async def test_processes_that_are_told_to_stop_cost_a_job_nothing(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats") as url, AsyncExitStack() as stack:
        common = CommonSettings(
            nats_url=url, store_dir=tmp_path / "store", ack_wait_s=20, max_deliver=TRIES
        )
        env = {
            "POLYDUB_NATS_URL": url,
            "POLYDUB_STORE_DIR": str(common.store_dir),
            "POLYDUB_ACK_WAIT_S": "20",
            "POLYDUB_MAX_DELIVER": str(TRIES),
            "POLYDUB_DRAIN_S": "0",
        }
        bus = await Bus.connect(common, "test")
        stack.push_async_callback(bus.aclose)
        await bus.publish(events.accepted(job_id="job", video_id="v", spec=events_pb2.DubSpec()))

        async def delivered(times: int) -> bool:
            if await bus.waiting(STAGE) is None:  # nobody made its consumer
                return False
            info = await bus._js.consumer_info(STREAM, STAGE)
            return info.delivered is not None and info.delivered.consumer_seq == times

        for stops in range(TRIES + 1):
            process = _PROCESSES.Process(target=run_separation, args=(3600, env), daemon=True)
            await asyncio.to_thread(process.start)
            await poll_until(lambda n=stops + 1: delivered(n), "the process to begin")  # type: ignore[misc]
            process.terminate()
            await asyncio.to_thread(process.join)
            assert process.exitcode == 0
        await stack.enter_async_context(
            replicas_of(STAGE, 1, common, constant(0), tally := Tally())
        )

        async def outcome() -> Outcome | None:
            told = await bus.past([f"polydub.v1.{STAGE}.*.job"])
            return events.outcome_of(told[0].event) if told else None

        assert await poll_until(outcome, "the event's end") is Outcome.COMPLETED
        assert len(tally.handled) == 1
        assert await delivered(TRIES + 2)
        assert await bus.buried() == 0
