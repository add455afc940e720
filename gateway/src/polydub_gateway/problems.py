"""Errors on the wire: problem documents (RFC 9457) from the one error table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from polydub import telemetry
from polydub.errors import BY_CODE, StageError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 3
_CODE_OF_STATUS = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "range_not_satisfiable",
}

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""On every answer: no guessing of types, no framing, no addresses told to other sites."""

log = telemetry.logger(__name__)


class StageRefusal(StageError):
    """An error that a stage answered with, and which stage it was."""

    def __init__(self, error: StageError, stage: str) -> None:
        super().__init__(error.code, error.message, retryable=error.retryable, hint=error.hint)
        self.stage = stage


class RateLimited(StageError):
    """Someone has to wait before they may ask again."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__("rate_limited", message, retry_after_s=retry_after_s)


def problem(error: StageError, *, status: int | None = None) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": f"urn:polydub:problem:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status or error.row.http,
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
        "stage": error.stage if isinstance(error, StageRefusal) else None,
        "retryable": error.retryable,
    }


def problem_response(
    error: StageError,
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """An error as an answer; ``more`` are members beside those that every problem has."""
    document = {**problem(error, status=status), **(more or {})}
    headers = dict(headers or {})
    if error.retry_after_s is not None:
        headers.setdefault("Retry-After", str(math.ceil(error.retry_after_s)))
    if document["status"] == HTTPStatus.SERVICE_UNAVAILABLE and error.retryable:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    if document["status"] == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(document, document["status"], headers, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Makes every error of the app a problem document."""
    app.add_exception_handler(StageError, _on_stage_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


async def _on_stage_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StageError)
    return problem_response(error)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem_response(invalid(error))


def invalid(error: RequestValidationError) -> StageError:
    """What is wrong with a request, in words."""
    details = "; ".join(_complaint(each) for each in error.errors())
    return StageError("invalid_request", f"The request is invalid: {details}.")


def _complaint(error: dict[str, Any]) -> str:
    """What is wrong, and where; never the value, which may be long or private."""
    where = ".".join(str(step) for step in error["loc"] if step != "body")
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where}: {said}" if where else said


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, StageError):
        return problem_response(error.__cause__)
    code = _CODE_OF_STATUS.get(HTTPStatus(error.status_code))
    if code is None:
        code = (
            "internal"
            if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
            else ("invalid_request")
        )
    known = StageError(code, f"{error.detail}.", hint=_hint(error.status_code, code))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem_response(known, status=error.status_code, headers=headers)


def _allowed(request: Request) -> set[str]:
    """The methods that an address takes: the router itself tells of one route's alone.

    Where a fixed word and an id both fit, the fixed word is what is meant.
    """
    methods: dict[str, set[str]] = {}
    for context in iter_route_contexts(request.app.routes):
        path = str(context.path)
        if compile_path(path)[0].match(request.url.path):
            methods.setdefault(path, set()).update(context.methods or ())
    return methods[min(methods, key=lambda path: path.count("{"))] if methods else set()


def _hint(status: int, code: str) -> str:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return "The API is described at /docs and /openapi.json."
    return BY_CODE[code].hint


async def _on_fault(_: Request, error: Exception) -> JSONResponse:
    log.error("fault", kind=type(error).__name__)
    unexpected = StageError(
        "internal", "The request failed unexpectedly.", hint="The gateway's log says more."
    )
    return problem_response(unexpected, headers=SAFE_HEADERS)  # sent from outside of our middleware
