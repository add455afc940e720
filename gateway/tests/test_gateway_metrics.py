"""What ``/metrics`` tells of jobs: once over all replicas, and nothing where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc, events_pb2, muxing_pb2
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DatabaseUnavailable, DubRow, VideoRow
from polydub_gateway.gauges import Gauges
from polydub_gateway.jobs.counting import count
from polydub_gateway.jobs.progress import fold
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import JobState, State
from polydub_gateway.prices import Prices

pytestmark = pytest.mark.integration

PRICES = Prices("EUR", {"cloudy": {"characters": 0.01}})
FIGURES = {
    "quality": 81.0, "speech_overlap": 0.9, "loudness_delta_lu": -0.5,
    "back_recognition_error": 0.2,
}  # fmt: skip


OWN_QUEUE = 'polydub_queue_events{lane="prompt",stage="gateway",state="pending"}'


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def added() -> Callable[..., float]:
    """What was added to a series since the test began."""
    before = {
        (each.name, *sorted(each.labels.items())): each.value
        for metric in REGISTRY.collect()
        for each in metric.samples
    }

    def difference(name: str, **labels: str) -> float:
        return sample(name, **labels) - before.get((name, *sorted(labels.items())), 0.0)

    return difference


def reported(language: str) -> events_pb2.Products:
    headline = muxing_pb2.ReportDocument(target_language=language, lines=3, **FIGURES)
    headline.onset_offset_ms.p95 = 120
    return events_pb2.Products(muxing=muxing_pb2.MuxingProducts(headline=headline))


def states(told: list[events_pb2.Event], record: Any) -> list[JobState]:
    """The job's state behind each of its events."""
    return [fold("dub_1", record(told[:number])) for number in range(1, len(told) + 1)]


def counted(found: list[JobState]) -> None:
    for before, after in pairwise(found):
        count(before, after, PRICES, accepted_at_ms=now_ms() - 60_000, source_s=90.0)


def test_what_a_job_came_to_is_counted_once(
    story: Any, record: Any, added: Callable[..., float]
) -> None:
    job = story.of(languages=("mi",))
    used = [common_pb2.Usage(engine="cloudy", unit="characters", quantity=50)]
    told = [*job.shared(), *job.spoken("mi")]
    told.append(job.completed("tts", part=1, language="mi", usage=used))
    told.append(job.completed("muxing", language="mi", part=1, products=reported("mi")))
    found = states(told, record)
    assert found[-1].state is State.COMPLETED
    counted(found)
    counted([found[-1], found[-1]])  # the same event once more
    assert added("polydub_jobs_total", state="completed", fault="") == 1
    assert added("polydub_job_seconds_count", state="completed") == 1
    assert 59 < added("polydub_job_seconds_sum", state="completed") < 70
    assert added("polydub_parts_total", language="mi") == 2
    assert added("polydub_dubbed_seconds_total", language="mi") == 90
    assert added("polydub_cost_total", stage="tts", engine="cloudy", currency="EUR") == 0.5
    for name, value in (
        ("quality", 81.0), ("onset_seconds", 0.12), ("overlap_ratio", 0.9),
        ("loudness_delta_lu", 0.5), ("heard_error_ratio", 0.2),
    ):  # fmt: skip
        assert added(f"polydub_dub_{name}_count", language="mi") == 1
        assert added(f"polydub_dub_{name}_sum", language="mi") == pytest.approx(value)


@pytest.mark.parametrize(
    ("codes", "fault"),
    [
        (["unsupported_language_pair", "nothing_recognized"], "theirs"),
        (["unsupported_language_pair", "engine_failed"], "ours"),
        (["not_of_the_table"], "ours"),
    ],
)
def test_a_job_that_failed_is_counted_by_whose_fault_it_was(
    story: Any, record: Any, added: Callable[..., float], codes: list[str], fault: str
) -> None:
    tags = ["es", "fr"][: len(codes)]
    job = story.of(languages=tags)
    told = [job.shared()[0]]
    for tag, code in zip(tags, codes, strict=True):
        failure = job.failed("translation", StageError("internal", "No."), language=tag)
        failure.failed.code = code
        told.append(failure)
    found = states(told, record)
    assert found[-1].state is State.FAILED
    counted(found)
    others = {"theirs", "ours"} - {fault}
    assert added("polydub_jobs_total", state="failed", fault=fault) == 1
    assert [added("polydub_jobs_total", state="failed", fault=each) for each in others] == [0]


def test_what_was_not_measured_is_no_figure(
    story: Any, record: Any, added: Callable[..., float]
) -> None:
    job = story.of(languages=("mi",))
    unheard = reported("mi")
    unheard.muxing.headline.back_recognition_error = -1
    told = [*job.shared(), *job.spoken("mi")]
    counted(states([*told, job.completed("muxing", language="mi", products=unheard)], record))
    assert added("polydub_dub_heard_error_ratio_count", language="mi") == 0
    assert added("polydub_dub_quality_count", language="mi") == 1


def test_a_new_start_counts_nothing_twice(
    story: Any, record: Any, added: Callable[..., float]
) -> None:
    (*_, before) = states(story.of(languages=("es",)).whole(), record)
    after = before.again(1, events_pb2.DubSpec(target_languages=["es"]), {})
    count(before, after, PRICES, accepted_at_ms=0, source_s=90.0)
    assert added("polydub_jobs_total", state="completed", fault="") == 0
    assert added("polydub_parts_total", language="es") == 0


# --- gauges ----------------------------------------------------------------------------------


async def test_open_jobs_are_told_as_the_database_has_them(database_url: str) -> None:
    database = Database(database_url)
    await database.migrate()
    async with database.session() as session:
        session.add(
            VideoRow(
                id="vid_1", owner_id="o", filename="f", source_key="k", sha256="0", media={},
                created_at_ms=1,
            )
        )  # fmt: skip
    async with database.session() as session:
        for number, state in enumerate((State.QUEUED, *2 * [State.PROCESSING], State.FAILED)):
            session.add(_row(number, state, silent_ms=1000 * 60 * number))
    gauges = Gauges(database, BusLink(CommonSettings()))
    await gauges.read_database()
    assert sample("polydub_jobs_open", state="queued") == 1
    assert sample("polydub_jobs_open", state="processing") == 2
    assert sample("polydub_job_silence_seconds") == pytest.approx(120, abs=20)
    assert sample("polydub_webhooks_waiting") == 0
    await database.migrate("base")
    await database.aclose()


def _row(number: int, state: State, silent_ms: int) -> DubRow:
    row = DubRow(
        id=f"dub_{number}", owner_id="o", video_id="vid_1", spec={}, revision=0,
        request_digest="0", created_at_ms=1,
    )  # fmt: skip
    job = JobState(row.id, 0, state=state)
    write_state(row, replace(job, updated_at_ms=now_ms() - silent_ms))
    return row


async def test_nothing_is_told_before_it_was_measured(database_url: str) -> None:
    measured = ("polydub_stored_bytes", "polydub_webhooks_waiting", "polydub_job_silence_seconds")
    database = Database(database_url)
    await database.migrate()
    gauges = Gauges(database, BusLink(CommonSettings()))
    for expected in (None, 0.0, 0.0):
        assert {REGISTRY.get_sample_value(each) for each in measured} == {expected}
        await gauges.read_database()
    assert REGISTRY.get_sample_value("polydub_dead_events") is None  # nobody has asked the broker
    await database.migrate("base")
    await database.aclose()


async def test_what_cannot_be_read_is_not_told() -> None:
    telemetry.JOBS_OPEN.labels(state="queued").set(7)
    telemetry.QUEUE_EVENTS.labels(stage="asr", lane="prompt", state="pending").set(7)
    database = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/none")
    gauges = Gauges(database, BusLink(CommonSettings()))
    with pytest.raises(DatabaseUnavailable):
        await gauges.read_database()
    await gauges.read_bus()
    await database.aclose()
    labels = {"stage": "asr", "lane": "prompt", "state": "pending"}
    assert REGISTRY.get_sample_value("polydub_jobs_open", {"state": "queued"}) is None
    assert REGISTRY.get_sample_value("polydub_queue_events", labels) is None


# --- over a running gateway -------------------------------------------------------------------


async def test_a_gateway_tells_what_waits_and_where_the_time_went(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, story_of: Any, tell: Any
) -> None:
    async with start_gateway(tmp_path, nats_url, stages.address, gauges_every_s=0.1) as gateway:
        await gateway.ready()
        dub = await gateway.dub("es")
        told = await story_of(dub)
        await tell(told.whole()[1:])
        await gateway.until(dub["id"], "completed")

        async def nothing_waits() -> bool:
            text = (await gateway.http.get("/metrics")).text
            return f"{OWN_QUEUE} 0" in text and "polydub_dead_events" in text

        await poll_until(nothing_waits, "the queues to be read")
        trace = (await gateway.http.get(f"/v1/dubs/{dub['id']}/trace")).json()
        assert trace["job_id"] == dub["id"]
        assert {piece["stage"] for piece in trace["pieces"]} >= {"separation", "tts", "muxing"}
        assert (await gateway.http.get("/v1/dubs/dub_none/trace")).status_code == 404


PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_one_trace_leads_from_the_request_into_the_stream(
    gateway: Any, bus: Any, channel: Any
) -> None:
    """A job waits in the database before it starts: its trace waits with it."""
    video = (await gateway.upload()).json()["id"]
    asked = {"video_id": video, "target_languages": ["es"]}
    made = await gateway.http.post("/v1/dubs", json=asked, headers={"traceparent": PARENT})
    assert made.status_code == 202, made.text
    dubbing = dubbing_pb2_grpc.DubbingStub(channel)
    called = await dubbing.CreateDub(
        dubbing_pb2.CreateDubRequest(**asked), metadata=(("traceparent", PARENT),)
    )
    for job in (made.json()["id"], called.id):

        async def started(job: str = job) -> Any:
            return await bus.past([f"polydub.v1.gateway.*.{job}"])

        (recorded,) = await poll_until(started, "the job to start")
        assert recorded.trace_id == PARENT.split("-")[1]
        told = await dubbing.GetDubTrace(dubbing_pb2.GetDubTraceRequest(id=job))
        http = (await gateway.http.get(f"/v1/dubs/{job}/trace")).json()
        assert told.trace_id == http["trace_id"] == recorded.trace_id
        assert [piece.stage for piece in told.pieces] == [p["stage"] for p in http["pieces"]]
