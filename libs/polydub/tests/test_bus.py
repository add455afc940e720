"""The bus against a real broker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from polydub import events
from polydub.bus import Bus
from polydub.bus_ledger import LEDGER_BUCKET
from polydub.errors import StageError
from polydub.pipeline import BY_NAME, DEAD_STREAM, STREAM, job_subjects
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import poll_until
from polydub.testing.servers import free_port, nats_server
from polydub.v1 import events_pb2

pytestmark = pytest.mark.integration


def accepted(job_id: str = "job1", revision: int = 0) -> events_pb2.Event:
    spec = events_pb2.DubSpec(source_key="videos/v1/source/x.mp4", target_languages=["es"])
    return events.accepted(job_id=job_id, video_id="v1", spec=spec, revision=revision)


def done(cause: events_pb2.Event, stage: str, part: int) -> events_pb2.Event:
    emission = Emission(events_pb2.Products(), part=part, parts=3)
    return events.completed(cause, emission, stage=stage, elapsed_s=1, engine_s=0.5, used=())


async def first(bus: Bus, count: int, *, after: int = 0) -> list[events.Recorded]:
    found: list[events.Recorded] = []
    async with asyncio.timeout(20):
        async for recorded in bus.follow(job_subjects("job1"), after=after):
            found.append(recorded)
            if len(found) == count:
                break
    return found


async def test_a_repeated_event_is_stored_once(bus: Bus) -> None:
    sequence = await bus.publish(accepted())
    assert await bus.publish(accepted()) == sequence
    assert await bus.publish(accepted(revision=1)) == sequence + 1


async def test_progress_may_repeat(bus: Bus) -> None:
    event = events.progressed(accepted(), stage="asr", fraction=0.5, message="half")
    assert await bus.publish(event) != await bus.publish(event)


async def test_following_gives_one_jobs_events_in_order(bus: Bus) -> None:
    cause = accepted()
    await bus.publish(cause)
    await bus.publish(accepted("other"))
    for part in (0, 1, 2):
        await bus.publish(done(cause, "diarization", part))
    told = await first(bus, 4)
    assert [r.event.envelope.stage for r in told] == ["gateway"] + ["diarization"] * 3
    assert [r.event.envelope.part for r in told] == [-1, 0, 1, 2]
    assert [r.event.envelope.part for r in await first(bus, 2, after=told[1].sequence)] == [1, 2]


async def test_following_outlives_a_restart_of_the_broker(tmp_path: Path) -> None:
    folder, port = tmp_path / "nats", free_port()
    settings = CommonSettings(nats_url=f"nats://127.0.0.1:{port}")
    told: list[int] = []

    async def follow(bus: Bus) -> None:
        async for recorded in bus.follow(job_subjects("job1")):
            told.append(recorded.event.envelope.part)

    async def told_of(part: int) -> bool:
        return part in told

    async with nats_server(folder, port=port):
        bus = await Bus.connect(settings, "test")
        following = asyncio.create_task(follow(bus))
        await bus.publish(accepted())
        await poll_until(lambda: told_of(-1), "the first event")
    async with nats_server(folder, port=port):

        async def published() -> bool:
            try:
                await bus.publish(done(accepted(), "diarization", 7))
            except StageError:
                return False
            return True

        await poll_until(published, "the bus to be there again")
        await poll_until(lambda: told_of(7), "the event behind the restart")
        following.cancel()
        await bus.aclose()
    assert told == [-1, 7]


async def test_decisions_are_made_once(bus: Bus) -> None:
    one, two = await bus.ledger(), await bus.ledger()
    made = await asyncio.gather(
        *(ledger.decide("job1", "language", b"%d" % n) for n, ledger in enumerate([one, two] * 4))
    )
    assert len(set(made)) == 1
    assert await two.decided("job1", "language") == made[0]
    assert await two.decided("job2", "language") is None


async def test_whoever_records_last_sees_all(bus: Bus) -> None:
    ledgers = [await bus.ledger() for _ in range(4)]

    async def record(part: int) -> int:
        ledger = ledgers[part % 4]
        await ledger.record("job1", "speech-0-es", str(part), b"key%d" % part)
        return len(await ledger.entries("job1", "speech-0-es"))

    seen = await asyncio.gather(*(record(part) for part in range(12)))
    assert max(seen) == 12
    assert await ledgers[0].entries("job1", "speech-0-ca") == {}
    entries = await ledgers[0].entries("job1", "speech-0-es")
    assert entries == {str(part): b"key%d" % part for part in range(12)}


async def test_ensuring_twice_updates_the_limits(bus: Bus, settings: CommonSettings) -> None:
    ledger = f"KV_{LEDGER_BUCKET}"
    before = (await bus._js.stream_info(ledger)).config
    assert await (await bus.ledger()).decide("job1", "language", b"es") == b"es"
    again = await Bus.connect(settings.model_copy(update={"stream_max_age_s": 7200}), "other")
    for name in (STREAM, DEAD_STREAM):
        assert (await again._js.stream_info(name)).config.max_age == 7200
    assert (await again._js.stream_info(ledger)).config == before.evolve(max_age=7200)
    assert await (await again.ledger()).decide("job1", "language", b"ca") == b"es"
    await again.aclose()


async def test_the_consumers_backoff_starts_with_the_ack_wait_and_never_ends(bus: Bus) -> None:
    subscription = await bus.stage_consumer(BY_NAME["asr"])
    config = (await subscription.consumer_info()).config
    assert config.backoff == [1.0, 2.0, 4.0]
    assert config.max_deliver == -1
    assert config.filter_subjects == ["polydub.v1.diarization.completed.*"] or (
        config.filter_subject == "polydub.v1.diarization.completed.*"
    )
