"""Organisations share the stages: nobody waits behind all of what another has asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from simulated import PARTS, Tally, constant, pipeline_of, spec_of
from sqlalchemy import select

from polydub import events
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.pipeline import STREAM, Lane, job_subjects
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import nats_server
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.jobs.dispatching import Dispatching
from polydub_gateway.jobs.fairness import Priority
from polydub_gateway.jobs.projection import Projection
from polydub_gateway.jobs.requeueing import requeue
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import JobState, State, load
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.prices import Prices
from polydub_gateway.webhooks.outbox import Outbox

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

MINUTE_MS = 60_000


@dataclass
class Deployment:
    """What a gateway does with jobs, without its HTTP side, on a database and a broker."""

    database: Database
    common: CommonSettings
    bus: Bus
    link: BusLink
    made: int = 0

    def dispatching(self, **limits: object) -> Dispatching:
        """One replica's."""
        return Dispatching(self.database, self.link, LimitSettings(**limits))  # type: ignore[arg-type]

    async def ask(
        self, owner_id: str, minutes: int = 1, *, priority: Priority = Priority.NORMAL
    ) -> str:
        """Writes a job that waits, one part for each minute; its id."""
        self.made += 1
        name, spec = f"dub{self.made}", spec_of(minutes)
        video = VideoRow(
            id=f"vid{self.made}", owner_id=owner_id, filename="talk.mp4", source_key="k",
            sha256=str(self.made), media={"duration_s": 60.0 * minutes}, created_at_ms=self.made,
        )  # fmt: skip
        row = DubRow(
            id=name, owner_id=owner_id, video_id=video.id, revision=0, request_digest="",
            spec={"source_language": "en", "target_languages": ["es"],
                  "engines": {PARTS: str(minutes)}},
            priority=priority, cost_ms=minutes * MINUTE_MS, created_at_ms=self.made,
        )  # fmt: skip
        write_state(row, JobState.queued(name, 0, spec))
        async with self.database.session() as session:
            session.add(video)
            await session.flush()
            session.add(row)
        return name

    async def rows(self) -> dict[str, DubRow]:
        async with self.database.session() as session:
            return {row.id: row for row in await session.scalars(select(DubRow))}

    async def ended(self) -> list[str]:
        """The jobs that are done, in the order in which they ended."""
        done = [row for row in (await self.rows()).values() if State(row.state).ended]
        assert all(row.state == State.COMPLETED for row in done)
        return [row.id for row in sorted(done, key=lambda row: row.finished_at_ms or 0)]

    async def in_flight(self, owner_id: str) -> int:
        rows = (await self.rows()).values()
        return sum(
            row.owner_id == owner_id
            and row.dispatched_at_ms is not None
            and not State(row.state).ended
            for row in rows
        )


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(nats_server(tmp_path / "nats"))
        common = CommonSettings(nats_url=url, store_dir=tmp_path / "store", ack_wait_s=5)
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
        stack.push_async_callback(database.aclose)
        await database.migrate()
        link = BusLink(common)
        linked = asyncio.create_task(link.run(lambda bus: asyncio.Event().wait()))  # type: ignore[arg-type,return-value]
        stack.callback(linked.cancel)

        async def up() -> bool:
            return link.up

        await poll_until(up, "the link")
        yield Deployment(database, common, link.bus, link)


@asynccontextmanager
async def at_work(
    deployment: Deployment, seconds: float, *dispatchings: Dispatching
) -> AsyncIterator[dict[str, Tally]]:
    """One replica of each stage, the projection, and gateways that look for jobs that can start."""
    projection = Projection(deployment.database, deployment.bus, Outbox(""), Prices())
    takes = {"asr": constant(seconds), "tts": constant(seconds)}
    async with pipeline_of(deployment.common, takes) as tallies:
        tasks = [asyncio.create_task(projection.run())]
        tasks += [asyncio.create_task(_looking(each)) for each in dispatchings]
        try:
            yield tallies
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _looking(dispatching: Dispatching) -> None:
    while True:
        await dispatching.keep()
        await asyncio.sleep(0.05)


async def test_a_short_job_passes_another_organisations_fifty(deployment: Deployment) -> None:
    many = [await deployment.ask("greedy") for _ in range(50)]
    replicas = [deployment.dispatching(in_flight_minutes=10, prompt_minutes=3) for _ in range(2)]
    async with at_work(deployment, 0.05, *replicas):

        async def begun() -> bool:
            return len(await deployment.ended()) > 1

        await poll_until(begun, "the first of many")
        assert 0 < await deployment.in_flight("greedy") < 50
        short = await deployment.ask("modest")

        async def over() -> bool:
            return short in await deployment.ended()

        await poll_until(over, "the short job", timeout_s=60)
        left = set(many) - set(await deployment.ended())
        assert len(left) > 20, "the short job waited behind most of the others"

        async def all_over() -> bool:
            return len(await deployment.ended()) == 51

        await poll_until(all_over, "all of them", timeout_s=90)


async def test_a_short_job_passes_the_parts_of_a_long_one(deployment: Deployment) -> None:
    long = await deployment.ask("one", 120)
    gateway = deployment.dispatching(in_flight_minutes=60, prompt_minutes=10)
    async with at_work(deployment, 0.05, gateway) as tallies:

        async def begun() -> bool:
            return len(tallies["asr"].handled) > 5

        await poll_until(begun, "the long job's first parts")
        short = await deployment.ask("other")

        async def over() -> bool:
            return short in await deployment.ended()

        await poll_until(over, "the short job", timeout_s=60)
        assert long not in await deployment.ended()
        assert len([job for _, job, *_ in tallies["asr"].handled if job == long]) < 100
        lanes = {name: row.bulk for name, row in (await deployment.rows()).items()}
        assert lanes == {long: True, short: False}
        subjects = await deployment.bus._js.stream_info("POLYDUB", job_subjects(long))
        assert f"polydub.v1.diarization.completed-{Lane.BULK}.{long}" in (
            subjects.state.subjects or {}
        )


async def test_bulk_work_gets_its_turns_while_prompt_work_waits(deployment: Deployment) -> None:
    spec = spec_of(1)
    for number in range(40):
        for bulk in (False, True):
            name = f"{'bulk' if bulk else 'prompt'}{number}"
            job = events.accepted(job_id=name, video_id="v", spec=spec, bulk=bulk)
            await deployment.bus.publish(job)
    async with pipeline_of(deployment.common, {}) as tallies:

        async def all_done() -> bool:
            return len(tallies["separation"].handled) == 80

        await poll_until(all_done, "both lanes to be empty")
    order = [job.startswith("bulk") for _, job, *_ in tallies["separation"].handled]
    assert sum(order[:40]) == 10, "every fourth turn is the bulk lane's"
    assert sum(order) == 40


async def test_priorities_order_an_organisations_own_jobs(deployment: Deployment) -> None:
    names = {
        priority: await deployment.ask("one", 5, priority=priority)
        for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH)
    }
    gateway = deployment.dispatching(in_flight_minutes=4, prompt_minutes=10)
    order = []
    while len(order) < 3:
        started = await gateway.dispatch()
        assert len(started) == 1
        order += started
        async with deployment.database.session() as session:
            row = await session.get(DubRow, order[-1])
            assert row is not None
            row.state, row.progress = State.COMPLETED, 1.0
    assert order == [names[Priority.HIGH], names[Priority.NORMAL], names[Priority.LOW]]
    rows = await deployment.rows()
    assert [rows[name].bulk for name in order] == [False, False, True]


async def test_replicas_start_no_more_together_than_one_alone(deployment: Deployment) -> None:
    for owner_id in ("a", "b"):
        for _ in range(20):
            await deployment.ask(owner_id)
    replicas = [deployment.dispatching(in_flight_minutes=10) for _ in range(4)]
    started = await asyncio.gather(*(each.dispatch() for each in replicas))
    assert sorted(map(len, started))[-1] == sum(map(len, started)) == 10
    assert [await deployment.in_flight(each) for each in ("a", "b")] == [5, 5]
    # An organisation that has nothing under way never waits for others.
    await deployment.ask("c", 30)
    await deployment.ask("c")
    assert len(await replicas[0].dispatch()) == 1
    assert await deployment.in_flight("c") == 1


async def test_what_could_not_be_published_waits_on(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deployment.ask("a")
    gateway = deployment.dispatching()

    async def refuse(_: object) -> int:
        raise StageError("bus_unavailable", "The broker did not take an event.")

    with monkeypatch.context() as patched:
        patched.setattr(deployment.link.bus, "publish", refuse)
        with pytest.raises(StageError):
            await gateway.dispatch()
        assert await deployment.in_flight("a") == 0
    assert len(await gateway.dispatch()) == 1


async def test_a_job_whose_start_was_not_told_is_told_again(deployment: Deployment) -> None:
    name = await deployment.ask("a")
    async with deployment.database.session() as session:
        row = await session.get(DubRow, name)
        assert row is not None
        row.dispatched_at_ms = 1  # chosen long ago, by a replica that died before it published
    await deployment.dispatching().keep()
    subjects = await deployment.bus._js.stream_info("POLYDUB", job_subjects(name))
    assert subjects.state.subjects == {f"polydub.v1.gateway.accepted.{name}": 1}


async def test_jobs_whose_events_were_lost_are_started_anew(deployment: Deployment) -> None:
    lost, waiting = await deployment.ask("a", 2), await deployment.ask("a", 2)
    gateway = deployment.dispatching(in_flight_minutes=2)
    assert await gateway.dispatch() == {lost}
    await deployment.bus._js.purge_stream(STREAM)
    async with deployment.database.session() as session:  # much was heard of it before
        row = await session.get_one(DubRow, lost)
        write_state(row, replace(load(row.folded), last_sequence=10**6, state=State.PROCESSING))
    assert await requeue(deployment.database) == 1
    assert [row.revision for row in (await deployment.rows()).values()] == [1, 0]
    async with at_work(deployment, 0.01, deployment.dispatching()):

        async def all_over() -> bool:
            return set(await deployment.ended()) == {lost, waiting}

        await poll_until(all_over, "both", timeout_s=60)
