"""Logs, metrics and traces: every name in one place."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from polydub.settings import CommonSettings

_WORK = ("job_id", "part", "language")

# --- metrics ---------------------------------------------------------------------------------

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, and nobody asks

_WORK_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1280)
_JOB_BUCKETS = (5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960)
_WAIT_BUCKETS = (0.01, 0.05, 0.25, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
_HOP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)

OUTCOMES = ("completed", "reused", "waiting", "failed", "retried", "canceled")
"""Of events. Told from the start, so that the first failure is a rise that alerts see."""

COMPONENT = Gauge(
    "polydub_component_info",
    "1 for each process that is there: the gateway, a stage.",
    ["component"],
)
EVENTS = Counter(
    "polydub_events_total",
    f"Events handled, by outcome: {', '.join(OUTCOMES)}. Failed ones by whose fault it is: theirs "
    "(who asks: no speech, a broken file), ours.",
    ["stage", "outcome", "fault"],
)
STAGE_SECONDS = Histogram(
    "polydub_stage_seconds",
    "Wall time of a handler for one event.",
    ["stage"],
    buckets=_WORK_BUCKETS,
)
ENGINE_SECONDS = Histogram(
    "polydub_engine_seconds",
    "Wall time inside an engine for one call.",
    ["stage", "engine"],
    buckets=_WORK_BUCKETS,
)
BILLED = Counter(
    "polydub_billed_total",
    "What services bill, in the unit by which they do.",
    ["stage", "engine", "unit"],
)
BATCH_SIZE = Histogram(
    "polydub_batch_size",
    "Pieces of work that an engine did in one go.",
    ["stage", "engine"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
BATCH_QUEUE = Gauge(
    "polydub_batch_queue", "Pieces of work that wait for an engine.", ["stage", "engine"]
)
BATCH_WAIT_SECONDS = Histogram(
    "polydub_batch_wait_seconds",
    "How long a piece of work waited for its turn.",
    ["stage", "engine"],
    buckets=_HOP_BUCKETS,
)
OUT_OF_MEMORY = Counter(
    "polydub_out_of_memory_total",
    "Times that a GPU's memory was full, by what was done: smaller, cpu.",
    ["stage", "engine", "remedy"],
)
MODEL_BYTES = Gauge("polydub_model_bytes", "Size of the loaded models' files.", ["stage"])
GPU_BYTES = Gauge(
    "polydub_gpu_memory_bytes",
    "Memory in use on a GPU, by all processes: those of one node tell the same, take the maximum.",
    ["device"],
)
GPU_LIMIT_BYTES = Gauge(
    "polydub_gpu_memory_limit_bytes", "Memory that a GPU has: as above, the maximum.", ["device"]
)
GPU_BUSY = Gauge(
    "polydub_gpu_busy_ratio",
    "Share of the last moment in which a GPU worked, 0 to 1: as above, the maximum.",
    ["device"],
)
HOP_SECONDS = Histogram(
    "polydub_hop_seconds",
    "From the publication of an event to the start of its handling.",
    ["stage"],
    buckets=_WAIT_BUCKETS,
)
IN_FLIGHT = Gauge("polydub_in_flight", "Events being handled by this process.", ["stage"])
ERRORS = Counter("polydub_errors_total", "Errors by code.", ["stage", "code"])
RPCS = Counter("polydub_rpcs_total", "gRPC calls served.", ["service", "method", "status"])
HTTP_SECONDS = Histogram(
    "polydub_http_seconds",
    "Wall time of HTTP requests until the response starts.",
    ["method", "route", "status"],
)
UPLOADED_BYTES = Counter("polydub_uploaded_bytes_total", "Bytes of finished uploads.")
WEBHOOKS = Counter(
    "polydub_webhooks_total",
    "Tries to send a webhook, by what came of it: delivered, retried, failed (given up).",
    ["outcome"],
)

# What jobs came to: counted by the replica whose transaction ends it, so that sums are right.

JOBS = Counter(
    "polydub_jobs_total",
    "Jobs that ended, by state. Failed ones by whose fault it is: theirs (who asks), ours.",
    ["state", "fault"],
)
JOB_SECONDS = Histogram(
    "polydub_job_seconds",
    "From the acceptance of a job to its end, waiting included, where it was made once.",
    ["state"],
    buckets=_JOB_BUCKETS,
)
PARTS = Counter("polydub_parts_total", "Parts of talks that were dubbed.", ["language"])
DUBBED_SECONDS = Counter(
    "polydub_dubbed_seconds_total", "Length of the videos that were dubbed.", ["language"]
)
LINES = Counter(
    "polydub_lines_total", "Lines of dubs, by their sound: spoken, reused (in store).", ["sound"]
)
COST = Counter(
    "polydub_cost_total",
    "What services bill, at the prices that are set; use without a price counts for nothing.",
    ["stage", "engine", "currency"],
)
QUALITY = Histogram(
    "polydub_dub_quality",
    "Quality of finished dubs, 0 to 100, as their reports say.",
    ["language"],
    buckets=(10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100),
)
ONSET_SECONDS = Histogram(
    "polydub_dub_onset_seconds",
    "By how much the lines of finished dubs begin off their moment: the 95th percentile of each.",
    ["language"],
    buckets=(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5),
)
OVERLAP = Histogram(
    "polydub_dub_overlap_ratio",
    "Share of the source's speech time in which finished dubs speak, 0 to 1.",
    ["language"],
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
)
LOUDNESS_LU = Histogram(
    "polydub_dub_loudness_delta_lu",
    "By how much finished dubs are louder or softer than their sources, either way.",
    ["language"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10),
)
HEARD_ERROR = Histogram(
    "polydub_dub_heard_error_ratio",
    "Word error rate of finished dubs against their script, as a recogniser hears them.",
    ["language"],
    buckets=(0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1),
)

# What the database and the broker hold: every replica of the gateway tells the same of it.

JOBS_OPEN = Gauge(
    "polydub_jobs_open",
    "Jobs that have not ended, by state: queued, processing. Every gateway tells all: take the "
    "maximum, not the sum.",
    ["state"],
)
JOB_SILENCE_SECONDS = Gauge(
    "polydub_job_silence_seconds",
    "Since the last event of the job under way that is silent for longest; 0: none is under way. "
    "Every gateway tells it: take the maximum.",
)
QUEUE_EVENTS = Gauge(
    "polydub_queue_events",
    "Events that wait for a stage in a lane: pending (nobody has them), unacked (under way). Every "
    "gateway tells all: take the maximum, not the sum.",
    ["stage", "lane", "state"],
)
DEAD_EVENTS = Gauge(
    "polydub_dead_events",
    "Events in the dead-letter stream. Every gateway tells all: take the maximum, not the sum.",
)
WEBHOOKS_WAITING = Gauge(
    "polydub_webhooks_waiting",
    "Webhooks that are to be sent, or sent again. Every gateway tells all: take the maximum.",
)
STORED_BYTES = Gauge(
    "polydub_stored_bytes",
    "What videos and all that was made of them take up. Every gateway tells all: take the maximum.",
)

# --- logs ------------------------------------------------------------------------------------


def configure_logs(settings: CommonSettings, component: str) -> None:
    """Structured logs on standard error: JSON in the cluster, readable in a terminal.

    Message text is static; facts are fields. What people said, file names and URLs stand only
    under keys that start with ``pii_``.
    """
    # A terminal's renderer shows tracebacks itself.
    rendering: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    structlog.contextvars.bind_contextvars(component=component)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for one module."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound


def _with_trace(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    if found := trace_id():
        event["trace_id"] = found
    return event


# --- traces ----------------------------------------------------------------------------------


def configure_traces(component: str) -> None:
    """Spans for this process, and a metric that it is there.

    Spans are exported only where ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set.
    """
    COMPONENT.labels(component).set(1)
    provider = TracerProvider(resource=Resource.create({"service.name": f"polydub-{component}"}))
    provider.add_span_processor(_OfWork())
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def tracer() -> trace.Tracer:
    return trace.get_tracer("polydub")


class _OfWork(SpanProcessor):
    """Puts on each span what its task works on, as log lines have it."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attributes(_attributes(worked_on()))


def worked_on() -> dict[str, str | int]:
    """What this task works on, as far as it is known: job_id, part, language."""
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in _WORK if bound.get(name) is not None}


def about(**fields: str | int) -> None:
    """Says what this task works on: its span, later ones and later log lines carry it."""
    structlog.contextvars.bind_contextvars(**fields)
    trace.get_current_span().set_attributes(_attributes(fields))


def conclude(outcome: str, *, failed: bool = False) -> None:
    """Says on the current span what came of it."""
    span = trace.get_current_span()
    span.set_attribute("polydub.outcome", outcome)
    if failed:
        span.set_status(trace.StatusCode.ERROR, outcome)


def _attributes(fields: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"polydub.{name}": value for name, value in fields.items()}


@contextmanager
def part_of_trace(name: str, **fields: str | int) -> Iterator[None]:
    """A span for what is inside, where there is a trace that it is part of.

    It does not become the current one: what is inside may be done by other tasks and threads.
    """
    if not trace_id():
        yield
        return
    span = tracer().start_span(name, attributes=_attributes(fields))
    try:
        yield
    except BaseException as error:
        # Its text may be of what people said.
        span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        span.end()


def inject_trace() -> dict[str, str]:
    """The current trace as message headers (W3C ``traceparent``)."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def inject_work() -> tuple[tuple[str, str], ...]:
    """The current trace, and what is worked on, as metadata for a call to another component."""
    work = ((_metadata_of(name), str(value)) for name, value in worked_on().items())
    return (*inject_trace().items(), *work)


def extract_trace(headers: Mapping[str, str] | None) -> Context:
    """The trace that a message's headers carry."""
    return propagate.extract(dict(headers or {}))


def extract_work(metadata: Mapping[str, str]) -> dict[str, str | int]:
    """What the caller of a call works on, as :func:`inject_work` said it."""
    told = {name: metadata[_metadata_of(name)] for name in _WORK if _metadata_of(name) in metadata}
    part = told.pop("part", "")
    return told | ({"part": int(part)} if part.removeprefix("-").isdecimal() else {})


def _metadata_of(name: str) -> str:
    return f"polydub-{name.replace('_', '-')}"


def traceparent() -> str:
    """The current trace as text, to go on with it later; empty: there is none."""
    return inject_trace().get("traceparent", "")


@contextmanager
def within(parent: str) -> Iterator[None]:
    """Goes on with a trace that :func:`traceparent` told; stays in the current one without."""
    if not parent:
        yield
        return
    token = attach(extract_trace({"traceparent": parent}))
    try:
        yield
    finally:
        detach(token)


def trace_id(context: Context | None = None) -> str:
    """The id of a trace, the current one unless a context is given; empty: there is none."""
    span = trace.get_current_span(context).get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else ""


def exemplar() -> dict[str, str] | None:
    """The current trace as a metric names it beside a figure (OpenMetrics), if there is one."""
    return {"trace_id": found} if (found := trace_id()) else None
