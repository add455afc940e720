"""Bounds on request bodies: how much of one is kept in memory, and how long it may stall."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polydub.errors import StageError
from polydub_gateway.limits.guard import identified

UNKNOWN_BYTES = 64 * 2**10
"""What is read of somebody who has not shown who they are."""
_MIB = 2**20
MAX_BYTES = _MIB
LARGER_BYTES = {
    "/v1/dubs": 64 * _MIB,  # a file of subtitles for each language
    "/v1/estimates": 64 * _MIB,
    "/v1/glossaries": 4 * _MIB,
    "/v1/glossaries/{glossary_id}": 4 * _MIB,
}
"""By path: what takes more than a MiB."""
_LARGER = tuple((compile_path(path)[0], limit) for path, limit in LARGER_BYTES.items())
_STREAMED = "streams_body"


class BodyGuard:
    """Keeps bodies bounded, because they are read before their routes ask who sends them.

    Longer ones are answered 413, those that stall 408, and those beyond 64 KiB 401 where nobody
    shows who they are. Routes that take their body piece by piece
    (:func:`stream_of`) are left alone from then on: they know better.

    Args:
        idle_s: how long a body may wait for its next bytes.
    """

    def __init__(self, app: ASGIApp, idle_s: float) -> None:
        self._app = app
        self._idle_s = idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        limit = limit_bytes(scope["path"])
        came, ended, answered, known = 0, False, False, False

        async def bounded() -> Message:
            nonlocal came, ended, known
            if ended or answered or state.get(_STREAMED):
                return await receive()
            size = max(came, _announced(scope))
            _check(size, limit)
            if size > UNKNOWN_BYTES and not known:
                await _check_known(scope)
                known = True
            message = await _next(receive, self._idle_s)
            came += len(message.get("body", b""))
            _check(came, limit)
            ended = not message.get("more_body", False)
            return message

        async def observed(message: Message) -> None:
            nonlocal answered
            answered = True  # who goes on to wait, waits for the connection to end
            await send(message)

        await self._app(scope, bounded, observed)


def limit_bytes(path: str) -> int:
    """How long a body may be that is read as a whole."""
    return next((limit for pattern, limit in _LARGER if pattern.match(path)), MAX_BYTES)


def stream_of(request: Request) -> Request:
    """The request, whose body may be as long as its route lets it."""
    setattr(request.state, _STREAMED, True)
    return request


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else 0


# Of all exceptions, only HTTPException passes FastAPI's own reading of bodies as it is.
def _check(size: int, limit: int) -> None:
    if size > limit:
        raise HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request's body is over {limit} bytes"
        )


async def _check_known(scope: Scope) -> None:
    try:
        await identified(HTTPConnection(scope))
    except StageError as error:
        raise HTTPException(error.row.http) from error


async def _next(receive: Receive, idle_s: float) -> Message:
    try:
        async with asyncio.timeout(idle_s):
            return await receive()
    except TimeoutError as error:
        raise HTTPException(
            HTTPStatus.REQUEST_TIMEOUT,
            f"Nothing of the request's body came for {idle_s:g} s",
            {"Connection": "close"},
        ) from error
