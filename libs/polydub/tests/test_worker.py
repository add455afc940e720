"""What the worker promises, against a real broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from nats.aio.msg import Msg
from opentelemetry import trace

from polydub import engines, events, telemetry
from polydub.bus import Bus
from polydub.errors import MediaError, StageError
from polydub.lanes import Lanes
from polydub.pipeline import BY_NAME, STREAM, Outcome
from polydub.settings import CommonSettings, StageSettings
from polydub.stage import Emission, StageContext, StageHandler
from polydub.store import open_store
from polydub.testing import poll_until
from polydub.v1 import events_pb2
from polydub.worker import Worker

pytestmark = pytest.mark.integration

Behaviour = Callable[[events_pb2.Event, StageContext], Awaitable[Sequence[Emission]]]


class Handler(StageHandler):
    """Counts its calls and does what the test says."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.calls: list[int] = []

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        self.calls.append(context.attempt)
        return await self.behaviour(event, context)


@asynccontextmanager
async def working(
    bus: Bus,
    settings: CommonSettings,
    handler: StageHandler,
    stop: asyncio.Event | None = None,
    **stage: float,
) -> AsyncIterator[asyncio.Event]:
    stop = stop or asyncio.Event()
    worker = Worker(
        stage=BY_NAME["separation"],
        handler=handler,
        bus=bus,
        ledger=await bus.ledger(),
        store=open_store(settings),
        common=settings,
        settings=StageSettings(**stage),  # type: ignore[arg-type]
    )
    task = asyncio.create_task(worker.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


class Witness:
    """Everything that one job's subjects carry."""

    def __init__(self, bus: Bus) -> None:
        self.told: list[events_pb2.Event] = []
        self._task = asyncio.create_task(self._follow(bus))

    async def _follow(self, bus: Bus) -> None:
        async for recorded in bus.follow("polydub.v1.separation.*.job1"):
            self.told.append(recorded.event)

    async def wait_for(self, outcome: Outcome) -> events_pb2.Event:
        async def look() -> events_pb2.Event | None:
            return next((e for e in self.told if events.outcome_of(e) is outcome), None)

        found = await poll_until(look, f"{outcome} event")
        assert found is not None
        return found

    def close(self) -> None:
        self._task.cancel()


@pytest.fixture
async def witness(bus: Bus) -> AsyncIterator[Witness]:
    watching = Witness(bus)
    yield watching
    watching.close()


def job(revision: int = 0) -> events_pb2.Event:
    spec = events_pb2.DubSpec(source_key="videos/v1/source/x.mp4", target_languages=["es"])
    return events.accepted(job_id="job1", video_id="v1", spec=spec, revision=revision)


async def one(event: events_pb2.Event, _: StageContext) -> Sequence[Emission]:
    products = events_pb2.Products()
    products.separation.bed_key = "videos/v1/separation/d/bed.flac"
    return [Emission(products)]


async def unacknowledged(bus: Bus) -> int:
    info = await (await bus.stage_consumer(BY_NAME["separation"])).consumer_info()
    return int(info.num_pending or 0) + int(info.num_ack_pending or 0)


async def none_left(bus: Bus) -> bool:
    return await unacknowledged(bus) == 0


async def buried(bus: Bus) -> int:
    return int((await bus._js.stream_info("POLYDUB_DEAD")).state.messages)


def failures() -> Counter[str]:
    """Events that failed in this process, by whose fault it was."""
    (counted,) = telemetry.EVENTS.collect()
    return Counter(
        {
            each.labels["fault"]: int(each.value)
            for each in counted.samples
            if each.labels["stage"] == "separation" and each.labels["outcome"] == "failed"
        }
    )


async def test_what_services_bill_is_told_for_every_attempt(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def bill(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        spent = engines.work.get()
        assert spent is not None
        spent.used[("cloudy", "characters")] = 100.0 * context.attempt
        if context.attempt == 1:
            raise StageError("engine_failed", "The connection broke off.")
        return await one(event, context)

    await bus.publish(job())
    async with working(bus, settings, Handler(bill)):
        completed = await witness.wait_for(Outcome.COMPLETED)
        progressed = await witness.wait_for(Outcome.PROGRESSED)
    assert [(u.engine, u.quantity) for u in progressed.progressed.usage] == [("cloudy", 100)]
    assert [(u.engine, u.quantity) for u in completed.completed.usage] == [("cloudy", 200)]


async def test_a_completed_event_carries_what_came_and_what_was_made(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    await bus.publish(job())
    async with working(bus, settings, Handler(one)):
        event = await witness.wait_for(Outcome.COMPLETED)
        await poll_until(lambda: none_left(bus), "the acknowledgement")
    assert event.envelope.stage == "separation"
    assert event.spec.target_languages == ["es"]
    assert event.products.separation.bed_key.endswith("bed.flac")


async def test_a_retryable_error_is_tried_again_then_done(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def flaky(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        if context.attempt < 3:
            raise StageError("store_unavailable", "The store is away.")
        return await one(event, context)

    handler = Handler(flaky)
    await bus.publish(job())
    async with working(bus, settings, handler):
        await witness.wait_for(Outcome.COMPLETED)
    assert handler.calls == [1, 2, 3]
    assert await buried(bus) == 0


@pytest.mark.parametrize(
    ("error", "fault", "dead"),
    [
        (MediaError("no_speech", "Nobody speaks."), "theirs", 0),
        (StageError("artifact_missing", "The sound is gone."), "ours", 1),
    ],
    ids=["theirs", "ours"],
)
async def test_a_final_error_fails_at_once_and_is_buried_where_it_is_ours(
    bus: Bus, settings: CommonSettings, witness: Witness, error: StageError, fault: str, dead: int
) -> None:
    async def hopeless(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        raise error

    handler = Handler(hopeless)
    before = failures()
    await bus.publish(job())
    async with working(bus, settings, handler):
        event = await witness.wait_for(Outcome.FAILED)
        await poll_until(lambda: none_left(bus), "the message to be given up")
    assert (event.failed.code, event.failed.attempts) == (error.code, 1)
    assert event.failed.hint
    assert handler.calls == [1]
    assert await buried(bus) == dead
    assert failures() - before == {fault: 1}


async def test_a_fault_of_ours_is_tried_until_the_limit(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def faulty(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        raise ZeroDivisionError

    handler = Handler(faulty)
    await bus.publish(job())
    async with working(bus, settings, handler):
        event = await witness.wait_for(Outcome.FAILED)
    assert (event.failed.code, event.failed.attempts) == ("internal", 3)
    assert handler.calls == [1, 2, 3]


async def test_work_longer_than_the_ack_wait_is_done_once(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    release = asyncio.Event()

    async def slow(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        await release.wait()
        return await one(event, context)

    handler = Handler(slow)
    await bus.publish(job())

    async def beaten_for_long() -> bool:
        return loop.time() - began > 2.5 * settings.ack_wait_s

    loop = asyncio.get_running_loop()
    async with working(bus, settings, handler, concurrency=2):
        began = loop.time()
        await poll_until(beaten_for_long, "several ack waits to pass")
        release.set()
        await witness.wait_for(Outcome.COMPLETED)
    assert handler.calls == [1]


async def test_a_process_that_dies_each_time_ends_in_a_failure(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    await bus.publish(job())
    subscription = await bus.stage_consumer(BY_NAME["separation"])
    for attempt in range(settings.max_deliver):  # fetched and never answered, as by a dead process
        (message,) = await subscription.fetch(1, timeout=10)
        assert message.metadata.num_delivered == attempt + 1
    await subscription.unsubscribe()
    handler = Handler(one)
    async with working(bus, settings, handler):
        event = await witness.wait_for(Outcome.FAILED)
    assert event.failed.code == "stage_crashed"
    assert handler.calls == []


class Endless(Handler):
    """Never done."""

    def __init__(self) -> None:
        super().__init__(self._work)
        self.started = asyncio.Event()

    async def _work(self, event: events_pb2.Event, _: StageContext) -> Sequence[Emission]:
        self.started.set()
        await asyncio.Event().wait()
        return []


async def stopped_politely(bus: Bus, settings: CommonSettings, times: int) -> list[int]:
    """Replicas that are told to stop, one after the other, in the middle of one event."""
    tries: list[int] = []
    for _ in range(times):
        replica = Endless()
        async with working(bus, settings.model_copy(update={"drain_s": 0}), replica):
            async with asyncio.timeout(20):
                await replica.started.wait()
        tries += replica.calls
    return tries


async def test_no_number_of_polite_stops_is_a_try(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def flaky(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        if context.attempt == 1:
            raise StageError("store_unavailable", "The store is away.")
        return await one(event, context)

    await bus.publish(job())
    stops = settings.max_deliver + 2
    assert await stopped_politely(bus, settings, stops) == [1] * stops
    successor = Handler(flaky)
    async with working(bus, settings, successor):
        await witness.wait_for(Outcome.COMPLETED)
    assert successor.calls == [1, 2]
    assert await buried(bus) == 0


async def test_polite_stops_excuse_no_crash(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    twice = settings.model_copy(update={"max_deliver": 2})
    await bus.publish(job())
    lanes = await bus.lanes(BY_NAME["separation"])
    await lanes.fetch(1)  # and never answered, as by a process that dies
    assert await stopped_politely(bus, twice, 2) == [2, 2]
    await lanes.fetch(1)
    await lanes.aclose()
    handler = Handler(one)
    async with working(bus, twice, handler):
        event = await witness.wait_for(Outcome.FAILED)
    assert (event.failed.code, event.failed.attempts) == ("stage_crashed", 3)
    assert "2 times" in event.failed.message
    assert handler.calls == []


async def test_what_arrives_at_a_stop_is_handed_back_and_was_no_try(
    bus: Bus, settings: CommonSettings, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()
    fetch = Lanes.fetch

    async def fetch_at_a_stop(lanes: Lanes, count: int) -> list[Msg]:
        if messages := await fetch(lanes, count):
            stop.set()
            await bus.buried()  # so long the worker knows of the stop and not of the messages
        return messages

    monkeypatch.setattr(Lanes, "fetch", fetch_at_a_stop)
    asked_too_late = Handler(one)
    await bus.publish(job())
    async with working(bus, settings, asked_too_late, stop):
        await stop.wait()
    monkeypatch.undo()
    successor = Handler(one)
    async with working(bus, settings, successor):
        await witness.wait_for(Outcome.COMPLETED)
    assert (asked_too_late.calls, successor.calls) == ([], [1])


async def test_a_limit_that_an_earlier_release_sets_again_ends_nothing(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    at_once = settings.model_copy(update={"drain_s": 0})
    await bus.publish(job())
    await stopped_politely(bus, settings, settings.max_deliver)
    replica = Endless()
    async with working(bus, at_once, replica):
        async with asyncio.timeout(20):
            await replica.started.wait()
        # As a process of that release does at its start.
        limited = (await bus._js.consumer_info(STREAM, "separation")).config
        await bus._js.add_consumer(STREAM, limited.evolve(max_deliver=settings.max_deliver + 1))
    # Beside that one: it takes the message, and hands it back as it knows how to.
    earlier = await bus._js.pull_subscribe_bind("separation", STREAM)
    (message,) = await earlier.fetch(1, timeout=10)
    await message.nak()
    await earlier.unsubscribe()
    successor = Handler(one)
    async with working(bus, settings, successor):
        await witness.wait_for(Outcome.COMPLETED)
    assert successor.calls == [2]


async def test_cancelling_stops_work_under_way_and_work_to_come(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    started, broken_off = asyncio.Event(), asyncio.Event()

    async def endless(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            broken_off.set()
        return []

    handler = Handler(endless)
    await bus.publish(job())
    async with working(bus, settings, handler):
        await started.wait()
        await bus.publish(events.canceled(job_id="job1", video_id="v1", reason="test"))
        async with asyncio.timeout(5):
            await broken_off.wait()
        await poll_until(lambda: none_left(bus), "the cancelled message to be settled")
    late = Handler(one)
    await bus.publish(job(revision=1))
    async with working(bus, settings, late):
        await witness.wait_for(Outcome.COMPLETED)
    assert late.calls == [1]  # a later revision is not covered by the cancellation


async def test_a_job_cancelled_before_its_turn_is_not_begun(
    bus: Bus, settings: CommonSettings
) -> None:
    await bus.publish(events.canceled(job_id="job1", video_id="v1", reason="test"))
    await bus.publish(job())
    handler = Handler(one)
    async with working(bus, settings, handler):
        await poll_until(lambda: none_left(bus), "the message to be settled")
    assert handler.calls == []


async def test_many_emissions_are_all_published_before_the_acknowledgement(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def many(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        return [Emission(events_pb2.Products(), part=n, parts=5) for n in range(5)]

    await bus.publish(job())
    async with working(bus, settings, Handler(many)):
        await poll_until(lambda: none_left(bus), "the acknowledgement")

        async def all_told() -> bool:
            return len(witness.told) == 5

        await poll_until(all_told, "five events")
    assert [event.envelope.part for event in witness.told] == [0, 1, 2, 3, 4]


async def test_one_share_may_fail_while_the_others_go_on(
    bus: Bus, settings: CommonSettings, witness: Witness
) -> None:
    async def half(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        refused = StageError("unsupported_language_pair", "Not into Japanese.")
        return [
            Emission(events_pb2.Products(), target_language="ja", failure=refused),
            Emission(events_pb2.Products(), target_language="es"),
        ]

    await bus.publish(job())
    async with working(bus, settings, Handler(half)):
        failed = await witness.wait_for(Outcome.FAILED)
        completed = await witness.wait_for(Outcome.COMPLETED)
        await poll_until(lambda: none_left(bus), "the acknowledgement")
    assert (failed.envelope.target_language, failed.failed.code) == (
        "ja",
        "unsupported_language_pair",
    )
    assert completed.envelope.target_language == "es"
    assert await buried(bus) == 0


async def test_a_message_that_is_no_event_is_buried(bus: Bus, settings: CommonSettings) -> None:
    await bus._js.publish("polydub.v1.gateway.accepted.job1", b"\xff not an event")
    handler = Handler(one)
    async with working(bus, settings, handler):
        await poll_until(lambda: none_left(bus), "the message to be settled")
    assert handler.calls == []
    assert await buried(bus) == 1


async def test_the_trace_goes_through(bus: Bus, settings: CommonSettings, witness: Witness) -> None:
    telemetry.configure_traces("test")
    seen: list[int] = []

    async def look(event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        seen.append(trace.get_current_span().get_span_context().trace_id)
        return await one(event, context)

    with telemetry.tracer().start_as_current_span("the user's click") as span:
        await bus.publish(job())
    async with working(bus, settings, Handler(look)):
        await witness.wait_for(Outcome.COMPLETED)
    assert seen == [span.get_span_context().trace_id]
