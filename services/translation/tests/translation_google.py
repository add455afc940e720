"""A local server that speaks Google Cloud Translation's protocol, with faults on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud import translate_v3
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

Say = Callable[[str, str], str]
"""A line and its target -> the translation."""


@dataclass(frozen=True)
class GrpcFault:
    """An answer that is not the one wanted."""

    code: grpc.StatusCode | None = None
    retry_after_s: int | None = None
    lines: Sequence[str] | None = None
    """Answers these, whatever was asked."""
    until: threading.Event | None = None
    """No answer before this is set."""


@dataclass
class GoogleVendor:
    """What the server was asked, and what it answers: faults first, then what ``say`` says."""

    say: Say
    address: str = ""
    faults: list[GrpcFault] = field(default_factory=list)
    asked: list[translate_v3.TranslateTextRequest] = field(default_factory=list)

    def answer(
        self, asked: translate_v3.TranslateTextRequest, context: grpc.ServicerContext
    ) -> translate_v3.TranslateTextResponse:
        self.asked.append(asked)
        fault = self.faults.pop(0) if self.faults else GrpcFault()
        if fault.until is not None:
            fault.until.wait(30)
        if fault.code is not None:
            context.abort_with_status(rpc_status.to_status(_status(fault)))
        said = [self.say(text, asked.target_language_code) for text in asked.contents]
        return translate_v3.TranslateTextResponse(
            translations=[
                translate_v3.Translation(translated_text=text)
                for text in (said if fault.lines is None else fault.lines)
            ]
        )


@contextmanager
def serving_google(say: Say) -> Iterator[GoogleVendor]:
    """A server on loopback for as long as the context is open."""
    vendor = GoogleVendor(say)
    server = grpc.server(futures.ThreadPoolExecutor(8))
    method: Any = grpc.unary_unary_rpc_method_handler(
        vendor.answer,
        request_deserializer=translate_v3.TranslateTextRequest.deserialize,
        response_serializer=translate_v3.TranslateTextResponse.serialize,
    )
    service = "google.cloud.translation.v3.TranslationService"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {"TranslateText": method}),)
    )
    vendor.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield vendor
    finally:
        server.stop(0).wait()


def _status(fault: GrpcFault) -> status_pb2.Status:
    assert fault.code is not None
    status = status_pb2.Status(code=code_pb2.Code.Value(fault.code.name), message="secret words")
    if fault.retry_after_s is not None:
        detail = any_pb2.Any()
        delay = duration_pb2.Duration(seconds=fault.retry_after_s)
        detail.Pack(error_details_pb2.RetryInfo(retry_delay=delay))
        status.details.append(detail)
    return status
