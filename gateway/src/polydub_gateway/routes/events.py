"""Server-sent events: a dub's progress, and what changes in the list of dubs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Caller
from polydub_gateway.jobs.service import Dub
from polydub_gateway.routes.context import GatewayOf, Viewer
from polydub_gateway.routes.messages import FeedChange, FeedStart, feed_message, progress_json
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import ProgressOut
from polydub_gateway.routes.welcome import while_welcome

router = APIRouter(prefix="/v1", tags=["dubs"])

EVENT_STREAM = "text/event-stream"
RECONNECT_MS = 2000
_STILL_HERE = ": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _stream_of(*models: type[BaseModel]) -> dict[str, Any]:
    """What is said of each event of a stream, whose data are these models as JSON."""
    said = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
    meant = said[0] if len(said) == 1 else {"anyOf": said}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": meant}
    properties = {"id": {"type": "string"}, "data": data}
    return {EVENT_STREAM: {"schema": {"type": "object", "properties": properties}}}


_DOCS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Messages as in `ProgressOut`; the last one has type `ended`",
        "content": _stream_of(ProgressOut),
    },
    204: {"description": "The dub has ended and its last message was seen: do not reconnect"},
    **problems(404, 503),
}

_FEED_DOCS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "First `FeedStart`, then messages as in `FeedChange`",
        "content": _stream_of(FeedStart, FeedChange),
    },
}
MAX_SEQUENCE = 2**53

log = telemetry.logger(__name__)


@router.get("/dubs/{dub_id}/events", responses=_DOCS, response_class=StreamingResponse)
async def watch_dub(
    dub_id: str,
    gateway: GatewayOf,
    caller: Viewer,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
    after: Annotated[int, Query(ge=0, description="As Last-Event-ID, for clients without")] = 0,
) -> Response:
    """Everything that happens to a dub, past events first. Each id can be resumed from."""
    seen = after if last_event_id is None else last_event_id
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    if dub.state.is_told(seen):
        return Response(status_code=204)
    _ = gateway.link.bus  # answers 503 while there is none
    return StreamingResponse(
        _messages(gateway, caller, dub, seen),
        media_type=EVENT_STREAM,
        headers=_HEADERS,
    )


async def _messages(gateway: Gateway, caller: Caller, dub: Dub, after: int) -> AsyncIterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"
    watch = gateway.watching.watch(caller.organisation_id, dub, after=after)
    async with (
        aclosing(watch) as batches,
        aclosing(while_welcome(gateway.callers, caller, batches)) as seen,
    ):
        try:
            async for sights in seen:
                told = (f"id: {each.sequence}\ndata: {progress_json(each)}\n\n" for each in sights)
                yield "".join(told) or _STILL_HERE
        except StageError as error:
            # The head is sent: all there is to say is the end, and the client comes again.
            log.info("a watch ended early", job_id=dub.id, code=error.code)


@router.get("/events", responses=_FEED_DOCS, response_class=StreamingResponse)
async def watch_dubs(
    gateway: GatewayOf,
    caller: Viewer,
    last_event_id: Annotated[int | None, Header(ge=0, le=MAX_SEQUENCE)] = None,
    after: Annotated[int | None, Query(ge=0, le=MAX_SEQUENCE)] = None,
) -> Response:
    """What changes in the list of dubs: behind the id that is given, else from now on."""
    seen = after if last_event_id is None else last_event_id
    return StreamingResponse(
        _changes(gateway, caller, seen),
        media_type=EVENT_STREAM,
        headers=_HEADERS,
    )


async def _changes(gateway: Gateway, caller: Caller, after: int | None) -> AsyncIterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"
    async with (
        aclosing(gateway.feed.follow(caller.organisation_id, after=after)) as items,
        aclosing(while_welcome(gateway.callers, caller, items)) as seen,
    ):
        try:
            async for item in seen:
                if item is None:
                    yield _STILL_HERE
                else:
                    data = feed_message(item).model_dump_json()
                    yield f"id: {item.sequence}\ndata: {data}\n\n"
        except StageError as error:
            log.info("a feed ended early", code=error.code)
