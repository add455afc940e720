"""The streams over WebSocket, and the feed of all dubs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.integration


def socket(gateway: Any, path: str, **options: Any) -> websockets.connect:
    url = str(gateway.http.base_url.join(path)).replace("http://", "ws://")
    return websockets.connect(url, proxy=None, **options)


async def said(connection: Any) -> AsyncIterator[dict[str, Any]]:
    """The messages of a socket to its end, without pings."""
    try:
        async for text in connection:
            message = json.loads(text)
            if message["type"] != "ping":
                yield message
    except ConnectionClosed:
        return


async def told_over_sse(gateway: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    found = []
    async with gateway.http.stream("GET", path, params=params) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
    return found


# --- one dub ---------------------------------------------------------------------------------


async def test_a_socket_tells_what_the_event_stream_tells(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    sequences = await tell((await story_of(dub)).whole()[1:])
    over_sse = await told_over_sse(gateway, f"/v1/dubs/{dub['id']}/events")
    async with socket(gateway, f"/v1/ws/dubs/{dub['id']}") as connection:
        messages = [message async for message in said(connection)]
    assert (messages, connection.close_code) == (over_sse, 1000)
    assert messages[-1]["type"] == "ended"
    async with socket(gateway, f"/v1/ws/dubs/{dub['id']}?after={sequences[2]}") as connection:
        assert [message async for message in said(connection)] == over_sse[4:]
    async with socket(gateway, f"/v1/ws/dubs/{dub['id']}?after={sequences[-1]}") as connection:
        assert [message async for message in said(connection)] == []
    assert connection.close_code == 1000


async def test_progress_comes_in_figures(gateway: Any, story_of: Any, tell: Any) -> None:
    dub = await gateway.dub("es")
    told = await story_of(dub, parts=3)
    events = told.whole()[1:]
    for event in events:
        if event.envelope.stage == "tts":
            event.products.tts.spoken, event.products.tts.reused = 4, 1
    await tell(events)
    *_, before, last = await told_over_sse(gateway, f"/v1/dubs/{dub['id']}/events")
    assert before["metrics"]["pieces"]["muxing"] == {"done": 0, "total": 1}
    assert last["metrics"]["pieces"]["tts"] == {"done": 3, "total": 3}
    assert last["metrics"]["seconds"]["asr"] == 3.0
    assert (last["metrics"]["lines_spoken"], last["metrics"]["lines_reused"]) == (12, 3)


async def test_close_codes_say_why(gateway: Any) -> None:
    async with socket(gateway, "/v1/ws/dubs/dub_none") as connection:
        await connection.wait_closed()
    assert (connection.close_code, connection.close_reason) == (4404, "There is no dub 'dub_none'.")
    async with socket(gateway, "/v1/ws/events?after=x") as connection:
        await connection.wait_closed()
    assert connection.close_code == 4422


async def test_sockets_end_when_the_gateway_does(gateway: Any) -> None:
    dub = await gateway.dub("es")
    async with (
        socket(gateway, f"/v1/ws/dubs/{dub['id']}") as one,
        socket(gateway, "/v1/ws/events") as all_of_them,
    ):
        await one.recv()
        await all_of_them.recv()
        gateway.stopping.set()
        await asyncio.gather(one.wait_closed(), all_of_them.wait_closed())
    assert (one.close_code, all_of_them.close_code) == (1012, 1012)
    await gateway.serving


async def test_heartbeats_come_while_nothing_happens(gateway: Any) -> None:
    async with socket(gateway, "/v1/events") as connection:
        assert json.loads(await connection.recv())["type"] == "start"
        assert json.loads(await connection.recv()) == {"type": "ping"}


async def test_pages_of_other_sites_open_no_socket(gateway: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await socket(gateway, "/v1/ws/events", origin="https://evil.example")
    assert refused.value.response.status_code == 403
    own = str(gateway.http.base_url).rstrip("/")
    async with socket(gateway, "/v1/ws/events", origin=own) as connection:
        assert json.loads(await connection.recv())["type"] == "start"


# --- all dubs --------------------------------------------------------------------------------


async def test_the_feed_tells_changes_of_all_dubs_and_resumes(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    async with socket(gateway, "/v1/ws/events") as connection, aclosing(said(connection)) as feed:
        start = await anext(feed)
        assert start == {"type": "start", "sequence": 0, "missed": False}
        dub = await gateway.dub("es")
        await tell((await story_of(dub)).whole()[1:])
        seen = [await anext(feed) for _ in range(3)]
        assert (await gateway.http.delete(f"/v1/dubs/{dub['id']}")).status_code == 204
        seen.append(await anext(feed))
    assert [each["sequence"] for each in seen] == [1, 2, 3, 4]
    states = ["queued", "processing", "completed", "deleted"]
    assert [(each["job_id"], each["state"]) for each in seen] == [
        (dub["id"], state) for state in states
    ]
    assert seen[2]["languages"] == {"es": "completed"}

    async with gateway.http.stream("GET", "/v1/events", headers={"Last-Event-ID": "2"}) as answer:
        lines = answer.aiter_lines()
        resumed = [json.loads(line[6:]) async for line in first(lines, "data: ", 3)]
    assert resumed == [{"type": "start", "sequence": 2, "missed": False}, *seen[2:]]
    async with socket(gateway, "/v1/ws/events?after=99") as connection:
        assert json.loads(await connection.recv()) == {
            "type": "start", "sequence": 4, "missed": True,
        }  # fmt: skip


async def first(lines: AsyncIterator[str], beginning: str, number: int) -> AsyncIterator[str]:
    async for line in lines:
        if line.startswith(beginning):
            yield line
            number -= 1
            if number == 0:
                return
