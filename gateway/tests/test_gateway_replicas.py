"""Two gateways on one database, broker and store behind a proxy that alternates: they are one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import websockets
from replicas import Replica, RoundRobin, copy, round_robin
from scripted import documents_told
from websockets.exceptions import ConnectionClosed

from polydub.pipeline import job_subjects
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.testing import poll_until
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.db import Database

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

MIB = 2**20
ADMIN, OTHER = "ada@example.com", "grace@example.com"
PASSWORD = "correct horse battery"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class Pair:
    """Two replicas, the proxy before them, and someone who is signed in."""

    proxy: RoundRobin
    http: httpx.AsyncClient
    """Through the proxy."""
    replicas: tuple[httpx.AsyncClient, httpx.AsyncClient]
    """To one and to the other."""
    store: ObjectStore

    @property
    def clients(self) -> tuple[httpx.AsyncClient, ...]:
        return self.http, *self.replicas

    async def sign_in(self, email: str) -> dict[str, Any]:
        body = {"email": email, "password": PASSWORD}
        answer = await self.http.post("/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def video(self, **headers: str) -> str:
        answer = await self.http.put(
            "/v1/videos", params={"filename": "a.mp4"}, content=os.urandom(64), headers=headers
        )
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found

    async def dub(self) -> dict[str, Any]:
        body = {"video_id": await self.video(), "target_languages": ["es"]}
        answer = await self.http.post("/v1/dubs", json=body)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, dub_id: str, state: str) -> None:
        async def look() -> bool:
            answers = [await each.get(f"/v1/dubs/{dub_id}") for each in self.replicas]
            return all(answer.json()["state"] == state for answer in answers)

        await poll_until(look, f"{dub_id} to be {state} on both", timeout_s=90)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def pair(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    nats_url: str,
    module_stages: Any,
) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    (folder / "password").write_text(PASSWORD)
    settings = {
        "accounts": "true",
        "refresh_grace_s": "0",
        "first_admin_email": ADMIN,
        "first_admin_password_file": str(folder / "password"),
        "secret": "a secret of the tests alone",
        "trusted_networks": '["127.0.0.0/8"]',
        "webhook_allow_http": "true",
        "webhook_poll_s": "0.1",
        "poll_s": "0.2",
        "heartbeat_s": "1",
    }
    async with AsyncExitStack() as stack:
        url = f"sqlite+aiosqlite:///{folder}/gateway.db"
        if request.param == "postgresql":
            cluster = request.getfixturevalue("postgres")
            url = await stack.enter_async_context(cluster.database())
        settings["database_url"] = url
        replicas = [Replica(folder, nats_url, module_stages.address, **settings) for _ in range(2)]
        for each in replicas:
            stack.push_async_callback(each.kill)
        # At once, on a database without a table.
        await asyncio.gather(*(each.start() for each in replicas))
        await _second_organisation(url)
        proxy = await stack.enter_async_context(round_robin([each.port for each in replicas]))
        through, *direct = [
            await stack.enter_async_context(_client(port)) for port in (proxy.port, *proxy.ports)
        ]
        store = open_store(CommonSettings(store_dir=folder / "var/store"))
        found = Pair(proxy, through, (direct[0], direct[1]), store)
        token = (await found.sign_in(ADMIN))["access_token"]
        for client in found.clients:
            client.headers["Authorization"] = f"Bearer {token}"
        yield found


def _client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=90, trust_env=False)


async def _second_organisation(database_url: str) -> None:
    database = Database(database_url)
    await create_admin(
        database, Passwords(), email=OTHER, password=PASSWORD, organisation="Second House"
    )
    await database.aclose()


async def messages(
    client: httpx.AsyncClient, dub_id: str, after: int = 0, *, most: int = 1000
) -> list[tuple[int, dict[str, Any]]]:
    """Ids and messages of a dub's event stream, to its end or until there are so many."""
    found: list[tuple[int, dict[str, Any]]] = []
    headers = {"Last-Event-ID": str(after)} if after else {}
    async with client.stream("GET", f"/v1/dubs/{dub_id}/events", headers=headers) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                sequence = int(line.removeprefix("id: "))
            elif line.startswith("data: "):
                found.append((sequence, json.loads(line.removeprefix("data: "))))
                if len(found) == most:
                    break
    return found


async def published(bus: Any, dub_id: str, what: str, count: int) -> int:
    """How many events of one kind a job has, once there are as many as expected."""
    found = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5) as limit:
            async for recorded in bus.follow(job_subjects(dub_id)):
                found += recorded.event.WhichOneof("outcome") == what
                if found >= count:
                    # One too many would be there by now, or come at once.
                    limit.reschedule(asyncio.get_running_loop().time() + 0.3)
    return found


# --- uploads and dubs ------------------------------------------------------------------------


async def test_the_chunks_of_an_upload_go_to_either(pair: Pair) -> None:
    film = os.urandom(21 * MIB)
    name = base64.b64encode(b"film.mp4").decode()
    headers = {**TUS, "Upload-Length": str(len(film)), "Upload-Metadata": f"filename {name}"}
    begun = await pair.http.post("/v1/uploads", headers=headers)
    path = httpx.URL(begun.headers["location"]).path
    for offset in range(0, len(film), 5 * MIB):
        answer = await pair.http.patch(
            path,
            content=film[offset : offset + 5 * MIB],
            headers={**CHUNK, "Upload-Offset": str(offset)},
        )
        assert answer.status_code == 204, answer.text
    assert set(pair.proxy.of(f"PATCH {path}")) == {0, 1}
    video = answer.headers["upload-video"]
    stored = b"".join(
        [each async for each in pair.store.stream(f"videos/{video}/source/original.mp4")]
    )
    assert hashlib.sha256(stored).digest() == hashlib.sha256(film).digest()


async def test_one_key_sent_to_both_at_once_is_one_dub(pair: Pair, bus: Any) -> None:
    body = {"video_id": await pair.video(), "target_languages": ["es"]}
    headers = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(
        *(pair.http.post("/v1/dubs", json=body, headers=headers) for _ in range(6))
    )
    assert {answer.status_code for answer in answers} == {202}
    [dub_id] = {answer.json()["id"] for answer in answers}
    assert await published(bus, dub_id, "accepted", 1) == 1
    listed = await pair.http.get("/v1/dubs", params={"video_id": body["video_id"]})
    assert [each["id"] for each in listed.json()["dubs"]] == [dub_id]


async def test_canceling_on_one_stops_it_on_both(pair: Pair, bus: Any) -> None:
    dub = await pair.dub()
    watching = [asyncio.create_task(messages(each, dub["id"])) for each in pair.replicas]
    path = f"/v1/dubs/{dub['id']}/cancel"
    answers = await asyncio.gather(*(each.post(path) for each in pair.replicas))
    assert [answer.json()["state"] for answer in answers] == ["canceled", "canceled"]
    seen = await asyncio.gather(*watching)
    assert [each[-1][1]["state"] for each in seen] == ["canceled", "canceled"]
    assert await published(bus, dub["id"], "canceled", 1) == 1


async def test_what_is_deleted_on_one_is_gone_on_both(pair: Pair) -> None:
    dub = await pair.dub()
    await pair.replicas[0].post(f"/v1/dubs/{dub['id']}/cancel")
    video = f"/v1/videos/{dub['video_id']}"
    answers = await asyncio.gather(*(each.delete(video) for each in pair.replicas))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 204 and statuses[1] in (204, 404), statuses
    for path in (video, f"/v1/dubs/{dub['id']}"):
        assert [(await each.get(path)).status_code for each in pair.replicas] == [404, 404]
    made = pair.store.walk(f"videos/{dub['video_id']}")
    assert [each async for each in made] == []


# --- progress --------------------------------------------------------------------------------


async def test_progress_goes_on_at_the_other_without_loss_or_doubling(
    pair: Pair, story_of: Any, tell: Any
) -> None:
    dub = await pair.dub()
    told = (await story_of(dub)).whole()[1:]
    await tell(told[:5])
    seen = await messages(pair.http, dub["id"], most=3)
    first = pair.proxy.served[-1][0]
    rest = asyncio.create_task(messages(pair.http, dub["id"], seen[-1][0]))
    await tell(told[5:])
    seen += await rest
    assert pair.proxy.served[-1][0] != first
    assert seen[-1][1]["type"] == "ended"
    assert seen == await messages(pair.replicas[0], dub["id"])
    assert seen == await messages(pair.replicas[1], dub["id"])


async def test_sockets_to_both_tell_the_same(pair: Pair, story_of: Any, tell: Any) -> None:
    dub = await pair.dub()
    token = pair.http.headers["Authorization"]
    url = f"ws://127.0.0.1:{pair.proxy.port}/v1/ws/dubs/{dub['id']}"
    before = len(pair.proxy.served)
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                websockets.connect(url, proxy=None, additional_headers={"Authorization": token})
            )
            for _ in range(2)
        ]
        await tell((await story_of(dub)).whole()[1:])
        told = [await _said(each) for each in sockets]
    assert sorted(server for server, _ in pair.proxy.served[before:]) == [0, 1]
    assert told[0] == told[1] == [each for _, each in await messages(pair.http, dub["id"])]


async def _said(socket: Any) -> list[dict[str, Any]]:
    found = []
    try:
        async for text in socket:
            found.append(json.loads(text))
    except ConnectionClosed:
        pass
    return [each for each in found if each["type"] != "ping"]


# --- corrections -----------------------------------------------------------------------------


async def test_of_two_who_change_a_line_at_once_one_wins(
    pair: Pair, story_of: Any, tell: Any
) -> None:
    dub = await pair.dub()
    await tell(await documents_told(await story_of(dub, parts=1), pair.store))
    await pair.until(dub["id"], "completed")
    path = f"/v1/dubs/{dub['id']}/segments"
    # The first look makes the script: both look at once.
    shown = await asyncio.gather(*(each.get(path) for each in pair.replicas))
    assert shown[0].json() == shown[1].json()
    for revision in range(1, 6):
        at = {"If-Match": f'"{revision}"'}
        answers = await asyncio.gather(
            *(
                each.patch(f"{path}/u0001", json={"text": f"{revision} of {n}"}, headers=at)
                for n, each in enumerate(pair.replicas)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        won = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
        for each in pair.replicas:
            line = (await each.get(path)).json()["segments"][1]
            assert (line["text"], line["revision"]) == (f"{revision} of {won}", revision + 1)


async def test_made_again_by_both_at_once_it_is_made_once(
    pair: Pair, story_of: Any, tell: Any, bus: Any
) -> None:
    dub = await pair.dub()
    await tell(await documents_told(await story_of(dub, parts=1), pair.store))
    await pair.until(dub["id"], "completed")
    path = f"/v1/dubs/{dub['id']}"
    line, at = {"translations": {"es": "¿Cómo estás?"}}, {"If-Match": '"1"'}
    await pair.http.get(f"{path}/segments")
    changed = await pair.http.patch(f"{path}/segments/u0001", json=line, headers=at)
    assert changed.status_code == 200, changed.text
    answers = await asyncio.gather(*(each.post(f"{path}/regenerate") for each in pair.replicas))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert await published(bus, dub["id"], "accepted", 2) == 2
    again = (await story_of({**dub, "revision": 1})).accepted.spec
    assert [each.target_language for each in again.edits] == ["es"]


# --- who asks, and how often -----------------------------------------------------------------


async def test_a_refresh_token_is_good_once_whoever_is_asked(pair: Pair) -> None:
    tokens = await pair.sign_in(ADMIN)
    body = {"refresh_token": tokens["refresh_token"]}
    new = await pair.replicas[0].post("/v1/auth/refresh", json=body)
    assert new.status_code == 200
    next_one = {"refresh_token": new.json()["refresh_token"]}
    at_once = await asyncio.gather(
        *(each.post("/v1/auth/refresh", json=next_one) for each in pair.replicas)
    )
    assert Counter(answer.status_code for answer in at_once)[200] <= 1
    # Someone showed it twice: the session has ended for both of them.
    held = [answer.json() for answer in at_once if answer.status_code == 200]
    for answer in held:
        last = {"refresh_token": answer["refresh_token"]}
        refused = await pair.http.post("/v1/auth/refresh", json=last)
        assert refused.status_code == 401
    old = await pair.replicas[1].post("/v1/auth/refresh", json=body)
    assert old.status_code == 401


async def test_rates_and_quotas_are_counted_together(pair: Pair) -> None:
    token = (await pair.sign_in(OTHER))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    rates = {"read": {"quota": 10, "window_s": 3600}, "write": {"quota": 500, "window_s": 3600}}
    limits = {"concurrent_jobs": 2, "rates": rates}
    video = await pair.video(**headers)
    put = await pair.http.put("/v1/organisation/limits", json=limits, headers=headers)
    assert put.status_code == 200, put.text

    async def both_know() -> bool:
        answers = [await each.delete("/v1/dubs/x", headers=headers) for each in pair.replicas]
        return all("ratelimit-policy" in answer.headers for answer in answers)

    await poll_until(both_know, "both replicas to know the new limits", timeout_s=90)
    answers = await asyncio.gather(*(pair.http.get("/v1/dubs", headers=headers) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 10}
    body = {"video_id": video, "target_languages": ["es"]}
    answers = await asyncio.gather(
        *(pair.http.post("/v1/dubs", json=body, headers=headers) for _ in range(8))
    )
    assert Counter(answer.status_code for answer in answers) == {202: 2, 429: 6}


# --- what goes out ---------------------------------------------------------------------------


async def test_each_webhook_message_is_sent_once(pair: Pair, story_of: Any, tell: Any) -> None:
    got: list[str] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.split("content-length: ")[1].split("\r\n")[0])
        message = json.loads(await reader.readexactly(size))
        got.append(f"{message['data']['id']} {message['type']}")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    receiver = await asyncio.start_server(receive, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/"
    made = await pair.http.post("/v1/webhooks", json={"url": url})
    assert made.status_code == 201, made.text
    dubs = [await pair.dub() for _ in range(4)]
    for dub in dubs:
        await tell((await story_of(dub)).whole()[1:])

    async def delivered() -> bool:
        path = f"/v1/webhooks/{made.json()['webhook']['id']}/deliveries"
        page = (await pair.http.get(path)).json()["deliveries"]
        return [each["state"] for each in page].count("delivered") == 3 * len(dubs)

    await poll_until(delivered, "all messages to be delivered", timeout_s=90)
    types = ("dub.accepted", "dub.language_completed", "dub.completed")
    assert Counter(got) == {f"{dub['id']} {each}": 1 for dub in dubs for each in types}
    receiver.close()


async def test_an_import_is_fetched_by_one(pair: Pair) -> None:
    film, asked = os.urandom(MIB), 0

    async def site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {len(film)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        source = asyncio.StreamReader()
        source.feed_data(film)
        source.feed_eof()
        await copy(source, writer)

    server = await asyncio.start_server(site, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/film.mp4"
    begun = await pair.http.post("/v1/videos/import", json={"url": url})
    path = begun.headers["location"]

    async def done() -> bool:
        answers = [(await each.get(path)).json() for each in pair.replicas]
        return all(answer["state"] == "completed" for answer in answers)

    await poll_until(done, "the import", timeout_s=90)
    assert asked == 1
    server.close()
