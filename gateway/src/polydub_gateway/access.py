"""Around every request: trace, metric, log line, and a guard for a gateway without accounts."""

from __future__ import annotations

import time

from opentelemetry import trace
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.problems import problem_response

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

log = telemetry.logger("polydub_gateway.access")


class Access:
    """Counts, traces and logs requests by their route's template; never by their URL."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _measure(scope, status, time.perf_counter() - began)
            await send(message)

        parent = telemetry.extract_trace(dict(Headers(scope=scope)))
        with telemetry.tracer().start_as_current_span(
            scope["method"], parent, trace.SpanKind.SERVER
        ) as span:
            try:
                await self._app(scope, receive, observed)
            finally:
                if status == 0:  # the answer to a fault is written outside of us
                    status = 500
                    _measure(scope, status, time.perf_counter() - began)
                span.update_name(f"{scope['method']} {_template(scope)}")
                _write_line(scope, status, time.perf_counter() - began)


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unrouted")


def _measure(scope: Scope, status: int, seconds: float) -> None:
    telemetry.HTTP_SECONDS.labels(
        method=scope["method"], route=_template(scope), status=str(status)
    ).observe(seconds)


def _write_line(scope: Scope, status: int, seconds: float) -> None:
    route = _template(scope)
    if route in _QUIET and status < 400:
        return
    log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        seconds=round(seconds, 4),
        **{k: v for k, v in scope.get("path_params", {}).items() if k in ("dub_id", "video_id")},
    )


class LoopbackGuard:
    """Keeps web pages of other sites away from a gateway that asks nobody who they are.

    Refuses requests under a foreign host name (DNS rebinding) and writes that a browser says
    another site sent (cross-site request forgery).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (complaint := _complaint(scope)):
            refusal = StageError("invalid_request", complaint, hint="Call it as 127.0.0.1.")
            await problem_response(refusal, status=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _complaint(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "localhost")
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    if name not in _LOOPBACK_NAMES:
        return "This gateway serves its own machine only."
    if scope["method"] in _UNSAFE and headers.get("sec-fetch-site") == "cross-site":
        return "Another web site sent this request."
    return None
