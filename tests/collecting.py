"""A collector of traces as OpenTelemetry defines it: OTLP over gRPC, kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Span:
    """One span as it came."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty: of a root."""
    about: dict[str, str | int]


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """What was exported to it."""

    spans: list[Span] = field(default_factory=list)
    port: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def Export(
        self,
        request: trace_service_pb2.ExportTraceServiceRequest,
        context: grpc.ServicerContext,
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            service = _plain(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans.extend(_span(str(service), span) for span in scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()

    def of_trace(self, trace_id: str) -> list[Span]:
        return [span for span in list(self.spans) if span.trace_id == trace_id]


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        service=service.removeprefix("polydub-"),
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        about=_plain(span.attributes),
    )


def _plain(attributes: object) -> dict[str, str | int]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value"))
        for each in attributes  # type: ignore[attr-defined]
    }


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens on a port of its own."""
    server, collector = grpc.server(ThreadPoolExecutor(4)), Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collector
    finally:
        server.stop(None)
