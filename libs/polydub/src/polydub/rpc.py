"""The gRPC face of a component: server with real health and reflection, errors by the table."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from polydub import telemetry
from polydub.engines import EngineRegistry
from polydub.errors import BY_CODE, StageError
from polydub.v1 import common_pb2, events_pb2

ERROR_METADATA = "polydub-error-bin"
"""Trailing metadata that carries the whole error as a serialized ``Failed``."""
MAX_MESSAGE_BYTES = 32 * 2**20
PACKAGE = "polydub.v1"

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

log = telemetry.logger(__name__)


class PortTaken(OSError):
    """Another process listens where we should."""


class RpcServer:
    """One gRPC server with one public service, health and reflection."""

    def __init__(self, *, module: str, service: str, servicer: object) -> None:
        self._name = f"{PACKAGE}.{service}"
        self._server = grpc.aio.server(
            interceptors=[ErrorInterceptor()],
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                # Two processes on one port would answer in turns instead of failing.
                ("grpc.so_reuseport", 0),
            ],
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        stubs = importlib.import_module(f"{PACKAGE}.{module}_pb2_grpc")
        getattr(stubs, f"add_{service}Servicer_to_server")(servicer, self._server)
        reflection.enable_server_reflection(
            (self._name, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
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
        await self._server.start()
        return int(bound)

    async def set_serving(self, serving: bool) -> None:
        """What health checks are told from now on."""
        status = (
            health_pb2.HealthCheckResponse.SERVING
            if serving
            else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        for name in ("", self._name):
            await self._health.set(name, status)

    async def stop(self, grace_s: float) -> None:
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Turns :class:`StageError` into its status, and counts calls."""

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
                _guard_unary(handler.unary_unary, path),
                handler.request_deserializer,
                handler.response_serializer,
            )
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(
                _guard_unary(handler.stream_unary, path),
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


def _guard_unary(method: Any, path: str) -> Any:
    async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            answer = await method(request, context)
        except Exception as error:
            await _abort(context, path, error)
        _count(path, grpc.StatusCode.OK)
        return answer

    return guarded


def _guard_stream(method: Any, path: str) -> Any:
    async def guarded(
        request: Any, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Any]:
        try:
            async for answer in method(request, context):
                yield answer
        except Exception as error:
            await _abort(context, path, error)
        _count(path, grpc.StatusCode.OK)

    return guarded


async def _abort(context: grpc.aio.ServicerContext[Any, Any], path: str, error: Exception) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, StageError):
        log.exception("fault", method=path, exc_info=error)
        error = StageError("internal", "The call failed unexpectedly.")
    _count(path, error.row.grpc)
    details = events_pb2.Failed(
        code=error.code, message=error.message, hint=error.hint, retryable=error.retryable
    )
    await context.abort(
        error.row.grpc, error.message, ((ERROR_METADATA, details.SerializeToString()),)
    )


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
