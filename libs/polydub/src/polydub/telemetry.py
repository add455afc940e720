"""Logs, metrics and traces: every name in one place."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram

from polydub.settings import CommonSettings

# --- metrics ---------------------------------------------------------------------------------

_WORK_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1280)
_HOP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)

EVENTS = Counter(
    "polydub_events_total",
    "Events handled, by outcome: completed, reused, waiting, failed, retried, canceled.",
    ["stage", "outcome"],
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
GPU_BYTES = Gauge("polydub_gpu_memory_bytes", "Memory in use on the GPU, by all processes.")
HOP_SECONDS = Histogram(
    "polydub_hop_seconds",
    "From the publication of an event to the start of its handling.",
    ["stage"],
    buckets=_HOP_BUCKETS,
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
JOBS = Counter("polydub_jobs_total", "Jobs that ended, by state.", ["state"])

# --- logs ------------------------------------------------------------------------------------


def configure_logs(settings: CommonSettings, component: str) -> None:
    """Structured logs on standard error: JSON in the cluster, readable in a terminal.

    Message text is static; facts are fields. What people said, file names and URLs stand only
    under keys that start with ``pii_``.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
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
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
    return event


# --- traces ----------------------------------------------------------------------------------


def configure_traces(component: str) -> None:
    """Spans for this process; exported only where ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"polydub-{component}"}))
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def tracer() -> trace.Tracer:
    return trace.get_tracer("polydub")


def inject_trace() -> dict[str, str]:
    """The current trace as message headers (W3C ``traceparent``)."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def extract_trace(headers: Mapping[str, str] | None) -> Context:
    """The trace that a message's headers carry."""
    return propagate.extract(dict(headers or {}))
