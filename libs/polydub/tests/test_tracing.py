"""One job is one trace: through events, engines and calls, with what it is about on each span."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from polydub import engines, events, telemetry
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.peers import Peers, addresses
from polydub.pipeline import BY_NAME, job_subjects
from polydub.rpc import RpcServer, Served
from polydub.settings import CommonSettings, StageSettings
from polydub.stage import Emission, StageContext, StageHandler
from polydub.store import open_store
from polydub.testing import poll_until
from polydub.testing.spans import recorded_spans
from polydub.v1 import events_pb2, translation_pb2, translation_pb2_grpc
from polydub.worker import Worker

pytestmark = pytest.mark.integration


class Wording(engines.Engine):
    stage = "translation"
    id = "wordy"


class Translation(translation_pb2_grpc.TranslationServicer):
    """Does its work in an engine; refuses what has no text."""

    async def Rephrase(self, request: Any, context: Any) -> translation_pb2.RephraseResponse:
        with Wording().timed():
            if not request.text:
                raise StageError("invalid_request", "There is no text.")
        return translation_pb2.RephraseResponse()


@asynccontextmanager
async def translation(*, believes: bool) -> AsyncIterator[Peers]:
    server = RpcServer(Served("translation", "Translation", Translation()), believes=believes)
    port = await server.start("127.0.0.1", 0)
    peers = Peers({**addresses(), "translation": f"127.0.0.1:{port}"})
    try:
        yield peers
    finally:
        await peers.aclose()
        await server.stop(0)


async def rephrase(peers: Peers, text: str = "a") -> None:
    request = translation_pb2.RephraseRequest(source_text="b", text=text)
    await peers.call("translation", "Rephrase", request, timeout_s=20)


class Calling(StageHandler):
    """Asks translation, and emits one event for each part."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        await rephrase(self._peers)
        return [Emission(events_pb2.Products(), part=part, parts=2) for part in (0, 1)]


class Silent(StageHandler):
    """The next stage, which has nothing to say."""

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        return []


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    with recorded_spans() as found:
        yield found


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


def about(span: ReadableSpan) -> dict[str, Any]:
    found = span.attributes or {}
    return {
        key.removeprefix("polydub."): value
        for key, value in found.items()
        if key.startswith("polydub.")
    }


@asynccontextmanager
async def working(
    bus: Bus, settings: CommonSettings, stage: str, handler: StageHandler
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = Worker(
        stage=BY_NAME[stage], handler=handler, bus=bus, ledger=await bus.ledger(),
        store=open_store(settings), common=settings, settings=StageSettings(),
    )  # fmt: skip
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_a_job_is_one_trace_without_gaps(
    bus: Bus, settings: CommonSettings, exporter: InMemorySpanExporter
) -> None:
    spec = events_pb2.DubSpec(source_key="videos/v1/source/x.mp4", target_languages=["es"])
    async with (
        translation(believes=True) as peers,
        working(bus, settings, "separation", Calling(peers)),
        working(bus, settings, "diarization", Silent()),
    ):
        with telemetry.tracer().start_as_current_span("the user's click") as click:
            await bus.publish(events.accepted(job_id="job1", video_id="v1", spec=spec))

        async def both_parts() -> bool:
            return len(named(exporter, "diarization handle")) == 2

        await poll_until(both_parts, "both parts to be handled")
    spans = {span.context.span_id: span for span in exporter.get_finished_spans() if span.context}
    assert {span.context.trace_id for span in spans.values() if span.context} == {
        click.get_span_context().trace_id
    }
    parents = {span.name: spans[span.parent.span_id].name for span in spans.values() if span.parent}
    assert parents == {
        "separation handle": "the user's click",
        "call translation Rephrase": "separation handle",
        "Translation/Rephrase": "call translation Rephrase",
        "translation wordy": "Translation/Rephrase",
        "diarization handle": "separation handle",
    }
    for name in parents:
        assert {about(span)["job_id"] for span in named(exporter, name)} == {"job1"}
    (served,) = named(exporter, "Translation/Rephrase")
    assert about(served)["part"] == -1
    (engine,) = named(exporter, "translation wordy")
    assert about(engine)["engine"] == "wordy"
    parts = {about(span)["part"] for span in named(exporter, "diarization handle")}
    assert parts == {0, 1}
    (first,) = named(exporter, "separation handle")
    assert about(first) | {"outcome": "completed", "stage": "separation"} == about(first)


async def test_what_strangers_say_of_their_work_is_not_believed(
    exporter: InMemorySpanExporter,
) -> None:
    async with translation(believes=False) as peers:
        with structlog.contextvars.bound_contextvars(job_id="job_of_another"):
            await rephrase(peers)
    (served,) = named(exporter, "Translation/Rephrase")
    assert "job_id" not in about(served)


async def test_what_failed_is_marked_and_its_text_is_not_told(
    exporter: InMemorySpanExporter,
) -> None:
    async with translation(believes=True) as peers:
        with pytest.raises(StageError):
            await rephrase(peers, text="")
    for name in ("Translation/Rephrase", "translation wordy", "call translation Rephrase"):
        (span,) = named(exporter, name)
        assert span.status.status_code is trace.StatusCode.ERROR, name
        assert not span.events


async def test_work_without_a_trace_begins_none_in_an_engine(
    exporter: InMemorySpanExporter,
) -> None:
    with Wording().timed():
        pass
    assert named(exporter, "translation wordy") == []


async def test_a_trace_is_gone_on_with_later(exporter: InMemorySpanExporter) -> None:
    with telemetry.tracer().start_as_current_span("asked"):
        kept = telemetry.traceparent()
    assert telemetry.traceparent() == ""
    with telemetry.within(kept):
        assert telemetry.traceparent() == kept
    with telemetry.within(""):
        assert telemetry.traceparent() == ""


# --- log lines -------------------------------------------------------------------------------


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Logs may be configured by the test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.unbind_contextvars("component")


async def test_json_lines_carry_the_job_its_trace_and_what_broke(
    exporter: InMemorySpanExporter, capfd: pytest.CaptureFixture[str], logs_as_before: None
) -> None:
    telemetry.configure_logs(CommonSettings(log_format="json"), "asr")
    log = telemetry.logger("a test of its own")
    with (
        structlog.contextvars.bound_contextvars(job_id="job1", part=3),
        telemetry.tracer().start_as_current_span("at work"),
    ):
        wanted = telemetry.trace_id()
        try:
            raise ValueError("a fault")
        except ValueError:
            log.exception("fault")
        logging.getLogger("of others").warning("theirs")
    own, theirs = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    for line in (own, theirs):
        assert (line["job_id"], line["part"], line["trace_id"]) == ("job1", 3, wanted)
    assert "ValueError: a fault" in own["exception"]


# --- what the bus tells of itself ------------------------------------------------------------


async def test_past_events_come_in_order_with_their_traces(
    bus: Bus, exporter: InMemorySpanExporter
) -> None:
    assert await bus.past([job_subjects("job_none")]) == []
    spec = events_pb2.DubSpec()
    with telemetry.tracer().start_as_current_span("asked"):
        wanted = telemetry.trace_id()
        for revision in range(300):
            await bus.publish(
                events.accepted(job_id="job2", video_id="v1", spec=spec, revision=revision)
            )
    await bus.publish(events.canceled(job_id="job2", video_id="v1", reason=""))
    found = await bus.past([job_subjects("job2")])
    assert [each.event.envelope.revision for each in found] == [*range(300), 0]
    assert {each.trace_id for each in found[:-1]} == {wanted}
    assert found[-1].trace_id == ""


async def test_what_waits_for_a_consumer_is_told(bus: Bus) -> None:
    assert await bus.waiting("nobody") is None
    subscription = await bus.stage_consumer(BY_NAME["separation"])
    spec = events_pb2.DubSpec()
    for job in ("a", "b", "c"):
        await bus.publish(events.accepted(job_id=job, video_id="v1", spec=spec))
    (taken,) = await subscription.fetch(1)
    waiting = await bus.waiting("separation")
    assert waiting is not None
    assert (waiting.pending, waiting.unacked) == (2, 1)
    assert await bus.buried() == 0
    await taken.ack_sync()
