"""Around every request: trace, metric, log line, and guards against pages of other sites."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.accounts.callers import ACCESS_COOKIE, REFRESH_COOKIE
from polydub_gateway.addresses import is_address
from polydub_gateway.problems import SAFE_HEADERS, problem_response

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_SUBJECTS = {"dub_id": "job_id", "video_id": "video_id"}
_COOKIES = frozenset({ACCESS_COOKIE, REFRESH_COOKIE})
PAGE_HEADER = "x-polydub-request"
"""No form of another site can send a header of its own."""
_POLICY_VIOLATION = 1008
_HOST_HINT = (
    "Call it by its address, or let the operator add the name to POLYDUB_GATEWAY_ALLOWED_HOSTS."
)

_THEIR_HEADERS = (
    "Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "If-Match",
    "If-None-Match", "Last-Event-ID", "Range", "Traceparent", "Tus-Resumable", "Upload-Checksum",
    "Upload-Defer-Length", "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Api-Key",
    "X-HTTP-Method-Override", "X-Polydub-Request",
)  # fmt: skip
"""That our calls take."""
_OUR_HEADERS = (
    "Accept-Ranges", "Content-Disposition", "Content-Range", "ETag",
    "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "Tus-Checksum-Algorithm",
    "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Error",
    "Upload-Expires", "Upload-Length", "Upload-Offset", "Upload-Video",
)  # fmt: skip
"""That our answers have, and clients need."""

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
    """Keeps web pages of other sites from acting with our cookies, or where nobody has to sign in.

    Requests that show a token or a key themselves pass: no other site can make a browser do that.

    Args:
        origin: our public one; empty: the name that requests come under.
        others: origins whose pages may call, but with nothing that a browser adds by itself.
    """

    def __init__(
        self, app: ASGIApp, origin: str = "", others: frozenset[str] = frozenset()
    ) -> None:
        self._app = app
        self._origin = origin
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        complaint = self._complaint(scope) if scope["type"] in ("http", "websocket") else None
        if complaint is None:
            await self._app(scope, receive, send)
            return
        refusal = StageError("forbidden", complaint, hint="Call it from the gateway's own page.")
        await _refuse(refusal, scope, receive, send)

    def _complaint(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        safe = scope["type"] == "http" and scope["method"] not in _UNSAFE
        if safe or "authorization" in headers or "x-api-key" in headers:
            return None
        cookies = cookie_parser(headers.get("cookie", "")).keys() & _COOKIES
        if headers.get("origin") in self._others and (not cookies or _shows_ticket(scope)):
            return None
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "Another web site sent this request."
        if self._is_foreign(headers.get("origin"), headers.get("host", "")):
            return "Another web site sent this request."
        if scope["type"] == "http" and cookies and PAGE_HEADER not in headers:
            return f"With cookies, changes need the header {PAGE_HEADER}: 1."
        return None

    def _is_foreign(self, origin: str | None, host: str) -> bool:
        if origin is None or origin == self._origin:
            return False
        return origin.partition("://")[2].lower() != host.lower() or not host


async def _refuse(refusal: StageError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    await problem_response(refusal)(scope, receive, send)


def _shows_ticket(scope: Scope) -> bool:
    """Whether a socket is opened with a ticket: then cookies count for nothing."""
    ticket = HTTPConnection(scope).query_params.get("ticket")
    return scope["type"] == "websocket" and bool(ticket)


def let_in(app: ASGIApp, origins: frozenset[str]) -> ASGIApp:
    """Lets pages of other sites read our answers (CORS). Cookies are never theirs to use."""
    return CORSMiddleware(
        app,
        allow_origins=sorted(origins),
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=_THEIR_HEADERS,
        expose_headers=_OUR_HEADERS,
    )


class HostGuard:
    """Keeps web pages away that reach us under a name of their own (DNS rebinding).

    To a browser they are then of one site with us. Addresses pass: no page can take one for itself.

    Args:
        hosts: the names that we are known by, in small letters.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._knows(scope):
            await self._app(scope, receive, send)
            return
        refusal = StageError(
            "forbidden", "This gateway is not known by that host name.", hint=_HOST_HINT
        )
        await _refuse(refusal, scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        asked = Headers(scope=scope).get("host")
        if asked is None:  # no browser leaves it out
            return True
        try:
            name = urlsplit(f"//{asked}").hostname or ""
        except ValueError:
            return False
        return name.rstrip(".") in self._hosts or is_address(name)
