"""Streams that are open when their reader is shut out end within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from polydub_gateway.routes import welcome

pytestmark = pytest.mark.integration

ENDINGS = ("removed", "signed out", "key revoked")
WITHIN_S = 20


@pytest.fixture(scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, open_door: Any
) -> AsyncIterator[Any]:
    folder: Path = tmp_path_factory.mktemp("house")
    url = f"sqlite+aiosqlite:///{folder}/gateway.db"
    async with open_door(folder, nats_url, url) as door:
        yield door


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(welcome, "CHECK_EVERY_S", 0.05)


async def guest(door: Any, ending: str) -> tuple[dict[str, str], Callable[[], Awaitable[Any]]]:
    """The headers of someone who is let in, and what shuts them out."""
    admin = await door.bearer()
    tokens, headers = await door.join(admin, "admin")
    if ending == "removed":
        user = (await door.http.get("/v1/auth/me", headers=headers)).json()["user_id"]
        return headers, lambda: door.http.delete(f"/v1/organisation/members/{user}", headers=admin)
    if ending == "signed out":
        body = {"refresh_token": tokens["refresh_token"]}
        return headers, lambda: door.http.post("/v1/auth/logout", json=body)
    key = await door.key(headers, "read")
    return {"X-Api-Key": key["key"]}, lambda: door.http.delete(
        f"/v1/organisation/keys/{key['id']}", headers=admin
    )


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_event_stream_ends(house: Any, ending: str) -> None:
    headers, shut_out = await guest(house, ending)
    async with asyncio.timeout(WITHIN_S), AsyncExitStack() as stack:
        stream = house.http.stream("GET", "/v1/events", headers=headers)
        lines = (await stack.enter_async_context(stream)).aiter_lines()
        async for line in lines:
            if line.startswith("data: "):
                break
        assert (await shut_out()).status_code == 204
        async for _ in lines:
            pass  # to its end
    refused = await house.http.get("/v1/events", headers=headers)
    assert refused.status_code == 401


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_socket_ends_and_says_why(house: Any, ending: str) -> None:
    headers, shut_out = await guest(house, ending)
    url = str(house.http.base_url).replace("http", "ws", 1).rstrip("/") + "/v1/ws/events"
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        await asyncio.wait_for(socket.recv(), WITHIN_S)
        assert (await shut_out()).status_code == 204
        async with asyncio.timeout(WITHIN_S):
            with pytest.raises(ConnectionClosed):
                while True:
                    await socket.recv()
        assert socket.close_code == 4401
