"""The streams over WebSocket: the same messages as the server-sent events.

The close code says why a stream ends: 1000 all is said, 1012 the gateway restarts (come again),
1013 the broker is away (come again), 4401, 4403, 4404 and 4429 as the HTTP status behind the 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from polydub.errors import StageError
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Caller, Role
from polydub_gateway.routes.context import WhoMay
from polydub_gateway.routes.messages import Ping, feed_message, progress_json
from polydub_gateway.routes.welcome import while_welcome

router = APIRouter()

SEND_S = 20.0
"""A reader who takes nothing for so long is let go: nothing piles up for them."""
DONE = 1000
TOO_SLOW = 1008
RESTART = 1012
TRY_AGAIN = 1013
OWN_CODES = 4000
_REASON_BYTES = 120

_who_may = WhoMay(Role.VIEWER)


class Restarting(Exception):
    """The stream ends because the process does."""


@router.websocket("/v1/ws/dubs/{dub_id}")
async def dub_socket(socket: WebSocket, dub_id: str) -> None:
    """Everything that happens to a dub behind `?after=`, past events first."""
    gateway: Gateway = socket.app.state.gateway
    await _serve(socket, lambda caller, after: _progress(gateway, caller, dub_id, after or 0))


@router.websocket("/v1/ws/events")
@router.websocket("/v1/events")
async def feed_socket(socket: WebSocket) -> None:
    """What changes in the list of the organisation's dubs, behind `?after=`, or from now on."""
    gateway: Gateway = socket.app.state.gateway
    await _serve(socket, lambda caller, after: _feed(gateway, caller, after))


async def _progress(
    gateway: Gateway, caller: Caller, dub_id: str, after: int
) -> AsyncGenerator[str | None, None]:
    """Messages as JSON; None while nothing happens."""
    owner_id = caller.organisation_id
    dub = await gateway.dubs.get(owner_id, dub_id)
    if dub.state.is_told(after):
        return
    async with aclosing(gateway.watching.watch(owner_id, dub, after=after)) as batches:
        async for sights in batches:
            for sight in sights:
                yield progress_json(sight)
            if not sights:
                yield None
            elif sights[-1].last:
                return
    if gateway.watching.interrupted:
        raise Restarting


async def _feed(
    gateway: Gateway, caller: Caller, after: int | None
) -> AsyncGenerator[str | None, None]:
    async with aclosing(gateway.feed.follow(caller.organisation_id, after=after)) as items:
        async for item in items:
            yield None if item is None else feed_message(item).model_dump_json()
    raise Restarting


async def _serve(
    socket: WebSocket,
    stream: Callable[[Caller, int | None], AsyncGenerator[str | None, None]],
) -> None:
    """Sends a stream to its end. Accepts first: a refusal before shows browsers no code."""
    await socket.accept()
    reason = ""
    try:
        caller = await _who_may(socket)
        gateway: Gateway = socket.app.state.gateway
        async with (
            aclosing(stream(caller, _after(socket))) as messages,
            aclosing(while_welcome(gateway.callers, caller, messages)) as welcome,
        ):
            code = await _send_while_there(socket, welcome)
    except Restarting:
        code = RESTART
    except StageError as error:
        code = TRY_AGAIN if error.row.http == 503 else OWN_CODES + error.row.http
        reason = error.message.encode()[:_REASON_BYTES].decode("utf-8", "ignore")
    if socket.client_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):  # they left just now
            await socket.close(code, reason)


async def _send_while_there(socket: WebSocket, messages: AsyncIterator[str | None]) -> int:
    """Sends until all is said or the reader leaves; the code to close with."""
    sending = asyncio.create_task(_send_all(socket, messages))
    leaving = asyncio.create_task(_until_left(socket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return sending.result() if sending.done() else DONE
    finally:
        sending.cancel()
        leaving.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_all(socket: WebSocket, messages: AsyncIterator[str | None]) -> int:
    async for message in messages:
        try:
            async with asyncio.timeout(SEND_S):
                await socket.send_text(message or _PING)
        except TimeoutError:
            return TOO_SLOW
        except (RuntimeError, WebSocketDisconnect):
            return DONE
    return DONE


async def _until_left(socket: WebSocket) -> None:
    """What readers say is read past."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _after(socket: WebSocket) -> int | None:
    text = socket.query_params.get("after", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise StageError("invalid_request", "after must be a sequence.")
    return int(text)


_PING = Ping().model_dump_json()
