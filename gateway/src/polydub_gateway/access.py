"""Around every request: trace, metric, log line, and guards against pages of other sites."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.accounts.callers import ACCESS_COOKIE, REFRESH_COOKIE
from polydub_gateway.problems import SAFE_HEADERS, problem_response

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_SUBJECTS = {"dub_id": "job_id", "video_id": "video_id"}
_COOKIES = frozenset({ACCESS_COOKIE, REFRESH_COOKIE})
PAGE_HEADER = "x-polydub-request"
"""No form of another site can send a header of its own."""
_POLICY_VIOLATION = 1008
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

        with _span(scope) as span:
            try:
                await self._app(scope, receive, observed)
            finally:
                if status == 0:  # the answer to a fault is written outside of us
                    status = 500
                    _measure(scope, status, time.perf_counter() - began)
                span.update_name(f"{scope['method']} {_template(scope)}")
                span.set_attributes({"http.route": _template(scope), "http.status": status})
                telemetry.about(**_subjects(scope))
                _write_line(scope, status, time.perf_counter() - began)


def _span(scope: Scope) -> AbstractContextManager[trace.Span]:
    """The request's span; none of note for those that only look whether we live."""
    if scope["path"] in _QUIET:
        return nullcontext(trace.INVALID_SPAN)
    parent = telemetry.extract_trace(dict(Headers(scope=scope)))
    return telemetry.tracer().start_as_current_span(
        scope["method"], parent, trace.SpanKind.SERVER, record_exception=False
    )


def _subjects(scope: Scope) -> dict[str, str]:
    """The job or video that a request is about, by its route."""
    named = scope.get("path_params", {})
    return {name: named[of] for of, name in _SUBJECTS.items() if of in named}


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
    )


class SafeAnswers:
    """Puts the headers on answers that keep browsers from misusing them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, safer if scope["type"] == "http" else send)


class PageGuard:
    """Keeps web pages of other sites from acting with the cookies of ours.

    Requests that show a token or a key themselves pass: no other site can make a browser do that.

    Args:
        origin: our public one; empty: the name that requests come under.
    """

    def __init__(self, app: ASGIApp, origin: str = "") -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        complaint = self._complaint(scope) if scope["type"] in ("http", "websocket") else None
        if complaint is None:
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        refusal = StageError("forbidden", complaint, hint="Call it from the gateway's own page.")
        await problem_response(refusal)(scope, receive, send)

    def _complaint(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        safe = scope["type"] == "http" and scope["method"] not in _UNSAFE
        if safe or "authorization" in headers or "x-api-key" in headers:
            return None
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "Another web site sent this request."
        if self._is_foreign(headers.get("origin"), headers.get("host", "")):
            return "Another web site sent this request."
        cookies = cookie_parser(headers.get("cookie", "")).keys()
        if scope["type"] == "http" and cookies & _COOKIES and PAGE_HEADER not in headers:
            return f"With cookies, changes need the header {PAGE_HEADER}: 1."
        return None

    def _is_foreign(self, origin: str | None, host: str) -> bool:
        if origin is None or origin == self._origin:
            return False
        return urlsplit(origin).netloc.lower() != host.lower() or not host


class LoopbackGuard:
    """Keeps web pages of other sites away from a gateway that asks nobody who they are.

    Refuses requests under a foreign host name (DNS rebinding), writes that a browser says another
    site sent (cross-site request forgery), and sockets that its pages open.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (complaint := _complaint(scope)):
            refusal = StageError("invalid_request", complaint, hint="Call it as 127.0.0.1.")
            await problem_response(refusal, status=403)(scope, receive, send)
            return
        if scope["type"] == "websocket" and (_foreign_host(scope) or _foreign_page(scope)):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await self._app(scope, receive, send)


def _complaint(scope: Scope) -> str | None:
    if _foreign_host(scope):
        return "This gateway serves its own machine only."
    cross_site = Headers(scope=scope).get("sec-fetch-site") == "cross-site"
    if scope["method"] in _UNSAFE and cross_site:
        return "Another web site sent this request."
    return None


def _foreign_host(scope: Scope) -> bool:
    host = Headers(scope=scope).get("host", "localhost")
    return (host if host.endswith("]") else host.rsplit(":", 1)[0]) not in _LOOPBACK_NAMES


def _foreign_page(scope: Scope) -> bool:
    """Whether a page that another host served opens the socket: browsers say which it is."""
    origin = Headers(scope=scope).get("origin")
    if origin is None:
        return False
    host = urlsplit(origin).hostname or ""
    return host not in {name.strip("[]") for name in _LOOPBACK_NAMES}
