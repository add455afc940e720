"""The gRPC face of a component: server with real health and reflection, errors by the table."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
import grpc.aio
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry import trace

from polydub import telemetry
from polydub.engines import EngineRegistry, EngineWork, work
from polydub.errors import BY_CODE, StageError
from polydub.v1 import common_pb2, events_pb2

ERROR_METADATA = "polydub-error-bin"
"""Trailing metadata that carries the whole error as a serialized ``Failed``."""
PUSHBACK_METADATA = "grpc-retry-pushback-ms"
"""Trailing metadata that tells clients with a retry policy when to call again (gRPC's A6)."""
USAGE_METADATA = "polydub-usage-bin"
"""Trailing metadata that carries what services bill for a call, as a serialized ``Progressed``."""
LIVENESS = "liveness"
"""The name under which health tells that the process answers, whatever it waits for. Who asks for
no name hears whether it is ready."""
MAX_MESSAGE_BYTES = 32 * 2**20
KEEPALIVE_MS = 30_000
"""A connection on which nothing is said is asked so often whether it stands. Streams may be silent
for long, and what stands between forgets silent connections."""
CONNECTION_AGE_MS = 60_000
"""After about this time a connection takes no new calls: its client connects anew, and finds the
replicas that came by then. Calls under way end on the old one, however long they take."""
PACKAGE = "polydub.v1"

Metadata: TypeAlias = "tuple[tuple[str, str | bytes], ...]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

log = telemetry.logger(__name__)


class PortTaken(OSError):
    """Another process listens where we should."""


@dataclass(frozen=True)
class Served:
    """A service and what answers for it."""

    module: str
    """``dubbing`` for ``dubbing.proto``."""
    service: str
    servicer: object

    @property
    def full_name(self) -> str:
        return f"{PACKAGE}.{self.service}"


class RpcServer:
    """One gRPC server with its public services, health and reflection.

    Args:
        believes: whether callers are components of ours, whose word counts on which job they work.
    """

    def __init__(self, *served: Served, believes: bool = False) -> None:
        self._names = [each.full_name for each in served]
        self._server = grpc.aio.server(
            interceptors=[ErrorInterceptor(believes=believes)],
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                # Two processes on one port would answer in turns instead of failing.
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_time_ms", KEEPALIVE_MS),
                ("grpc.max_connection_age_ms", CONNECTION_AGE_MS),
                # Clients that ask as often as we do are no attackers.
                ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 2),
            ],
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for each in served:
            stubs = importlib.import_module(f"{PACKAGE}.{each.module}_pb2_grpc")
            getattr(stubs, f"add_{each.service}Servicer_to_server")(each.servicer, self._server)
        reflection.enable_server_reflection(
            (*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )

    async def start(self, host: str, port: int) -> int:
        """Listens; the port, which is a free one where 0 was asked for.

        Raises:
            PortTaken: naming the address.
        """
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise PortTaken(f"{host}:{port} is taken by another process") from error
        await self.set_serving(False)
        await self._health.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()
        return int(bound)

    async def set_serving(self, serving: bool) -> None:
        """What health checks are told from now on."""
        status = (
            health_pb2.HealthCheckResponse.SERVING
            if serving
            else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        for name in ("", *self._names):
            await self._health.set(name, status)

    async def stop(self, grace_s: float) -> None:
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Turns :class:`StageError` into its status, counts calls, and goes on with their traces."""

    def __init__(self, *, believes: bool = False) -> None:
        self._believes = believes

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        path = handler_call_details.method
        if handler is None or not path.startswith(f"/{PACKAGE}."):
            return handler
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                _guard_unary(handler.unary_unary, path, believes=self._believes),
                handler.request_deserializer,
                handler.response_serializer,
            )
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(
                _guard_unary(handler.stream_unary, path, believes=self._believes),
                handler.request_deserializer,
                handler.response_serializer,
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                _guard_stream(handler.unary_stream, path),
                handler.request_deserializer,
                handler.response_serializer,
            )
        return handler


def _guard_unary(method: Any, path: str, *, believes: bool) -> Any:
    async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        spent = EngineWork()
        token = work.set(spent)
        try:
            with _traced(context, path, believes=believes):
                answer = await method(request, context)
        except Exception as error:
            await _abort(context, path, error, _usage_metadata(spent))
        finally:
            work.reset(token)
        context.set_trailing_metadata(_usage_metadata(spent))
        _count(path, grpc.StatusCode.OK)
        return answer

    return guarded


@contextmanager
def _traced(
    context: grpc.aio.ServicerContext[Any, Any], path: str, *, believes: bool
) -> Iterator[None]:
    """A span of the caller's trace around a call; with what the caller works on, if believed."""
    told = {
        str(name): value
        for name, value in context.invocation_metadata() or ()
        if isinstance(value, str)
    }
    with (
        structlog.contextvars.bound_contextvars(
            **(telemetry.extract_work(told) if believes else {})
        ),
        telemetry.tracer().start_as_current_span(
            path.strip("/").removeprefix(f"{PACKAGE}."),
            telemetry.extract_trace(told),
            trace.SpanKind.SERVER,
            record_exception=False,
        ),
    ):
        yield


def _guard_stream(method: Any, path: str) -> Any:
    async def guarded(
        request: Any, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Any]:
        try:
            # A reader who leaves ends the stream here, and not when it is collected.
            async with aclosing(method(request, context)) as answers:
                async for answer in answers:
                    yield answer
        except Exception as error:
            await _abort(context, path, error)
        _count(path, grpc.StatusCode.OK)

    return guarded


def _usage_metadata(spent: EngineWork) -> Metadata:
    """What a call says of what it used, so that it counts where the call comes from."""
    usage = spent.usage()
    return ((USAGE_METADATA, events_pb2.Progressed(usage=usage).SerializeToString()),) * bool(usage)


async def _abort(
    context: grpc.aio.ServicerContext[Any, Any],
    path: str,
    error: Exception,
    metadata: Metadata = (),
) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, StageError):
        log.exception("fault", method=path, exc_info=error)
        error = StageError("internal", "The call failed unexpectedly.")
    _count(path, error.row.grpc)
    details = events_pb2.Failed(
        code=error.code, message=error.message, hint=error.hint, retryable=error.retryable
    )
    told: Metadata = ((ERROR_METADATA, details.SerializeToString()), *metadata)
    if error.retry_after_s is not None:
        told = (*told, (PUSHBACK_METADATA, str(round(1000 * error.retry_after_s))))
    await context.abort(error.row.grpc, error.message, told)


def _count(path: str, status: grpc.StatusCode) -> None:
    service, _, method = path.strip("/").partition("/")
    telemetry.RPCS.labels(
        service=service.removeprefix(f"{PACKAGE}."), method=method, status=status.name
    ).inc()


def engines_response(stage: str, registry: EngineRegistry[Any]) -> common_pb2.ListEnginesResponse:
    """The answer to ``ListEngines``, which every stage's service has."""
    return common_pb2.ListEnginesResponse(stage=stage, engines=registry.infos())


def error_of(error: grpc.aio.AioRpcError, stage: str) -> StageError:
    """What went wrong in a call to another component, as it said itself."""
    for name, value in error.trailing_metadata() or ():
        if name == ERROR_METADATA and isinstance(value, bytes):
            failed = events_pb2.Failed.FromString(value)
            if failed.code in BY_CODE:
                return StageError(
                    failed.code, failed.message, retryable=failed.retryable, hint=failed.hint
                )
    return StageError("stage_unavailable", f"The {stage} service does not answer.")


def take_over_usage(metadata: Iterable[tuple[str, str | bytes]] | None) -> None:
    """Counts what a call to another component used as used by the work that made the call."""
    running = work.get()
    for name, value in metadata or ():
        if running is not None and name == USAGE_METADATA and isinstance(value, bytes):
            for each in events_pb2.Progressed.FromString(value).usage:
                running.charge(each.engine, each.unit, each.quantity)
