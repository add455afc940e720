"""The gateway killed without a word, in the middle of everything it does."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from replicas import Line, Replica, copy, line
from scripted import documents_told

from polydub.pipeline import job_subjects
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.testing import poll_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

MIB = 2**20
AT_FIRST = {"If-Match": '"1"'}


@dataclass
class Victim:
    """A gateway process, the lines to it and from it to the broker, and its store."""

    replica: Replica
    http: httpx.AsyncClient
    """By the line."""
    line: Line
    broker: Line
    store: ObjectStore

    async def dub(self, **headers: str) -> httpx.Response:
        params = {"filename": "talk.mp4"}
        video = await self.http.put("/v1/videos", params=params, content=b"video")
        body = {"video_id": video.json()["id"], "target_languages": ["es"]}
        return await self.http.post("/v1/dubs", json=body, headers=headers)

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, path: str, state: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            told: dict[str, Any] = await self.get(path)
            return told if told["state"] == state else None

        found = await poll_until(look, f"{path} to be {state}", timeout_s=90)
        assert found is not None
        return found

    async def killed_before_it_publishes(self, asked: Any) -> None:
        """Sends a request and kills the gateway when it is written but not in the stream."""
        self.broker.open.clear()
        request = asyncio.create_task(asked)

        async def held() -> bool:
            return b".gateway.accepted." in self.broker.waiting

        await poll_until(held, "the event to be on its way", timeout_s=90)
        await self.replica.kill()
        with suppress(httpx.TransportError):
            await request
        self.broker.drop()
        await self.replica.start()


@pytest.fixture(scope="module")
async def victim(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, module_stages: Any
) -> AsyncIterator[Victim]:
    folder = tmp_path_factory.mktemp("victim")
    settings = {
        "trusted_networks": '["127.0.0.0/8"]',
        "webhook_allow_http": "true",
        "webhook_poll_s": "0.1",
        "webhook_timeout_s": "3",
        "poll_s": "0.2",
    }
    async with AsyncExitStack() as stack:
        port = urlsplit(nats_url).port
        assert port is not None
        broker = await stack.enter_async_context(line(port))
        url = f"nats://127.0.0.1:{broker.port}"
        replica = Replica(folder, url, module_stages.address, **settings)
        stack.push_async_callback(replica.kill)
        await replica.start()
        to_it = await stack.enter_async_context(line(replica.port))
        http = await stack.enter_async_context(
            # Each request on a connection of its own: none is sent on one that has died.
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{to_it.port}", timeout=90, trust_env=False,
                headers={"Connection": "close"},
            )
        )  # fmt: skip
        store = open_store(CommonSettings(store_dir=folder / "var/store"))
        yield Victim(replica, http, to_it, broker, store)


async def published(bus: Any, dub_id: str, what: str) -> int:
    """How many events of one kind a job has."""
    found = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(1) as limit:
            async for recorded in bus.follow(job_subjects(dub_id)):
                found += recorded.event.WhichOneof("outcome") == what
                limit.reschedule(asyncio.get_running_loop().time() + 0.5)
    return found


@pytest.fixture
async def scripted(victim: Victim, story_of: Any, tell: Any) -> dict[str, Any]:
    """A finished dub that somebody looks at."""
    dub: dict[str, Any] = (await victim.dub()).json()
    await tell(await documents_told(await story_of(dub, parts=1), victim.store))
    await victim.until(f"/v1/dubs/{dub['id']}", "completed")
    await victim.get(f"/v1/dubs/{dub['id']}/segments")
    return dub


async def test_progress_is_resumed_and_nothing_missed_or_doubled(
    victim: Victim, story_of: Any, tell: Any
) -> None:
    dub = (await victim.dub()).json()
    told = (await story_of(dub)).whole()[1:]
    path, seen = f"/v1/dubs/{dub['id']}/events", list[tuple[int, Any]]()

    async def watch() -> None:
        headers = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
        async with victim.http.stream("GET", path, headers=headers) as answer:
            async for text in answer.aiter_lines():
                if text.startswith("id: "):
                    sequence = int(text.removeprefix("id: "))
                elif text.startswith("data: "):
                    seen.append((sequence, json.loads(text.removeprefix("data: "))))

    await tell(told[:4])
    watching = asyncio.create_task(watch())

    async def some() -> bool:
        return len(seen) >= 3

    await poll_until(some, "the first messages")
    await victim.replica.kill()
    with suppress(httpx.TransportError):
        await watching
    await tell(told[4:8])
    await victim.replica.start()
    await tell(told[8:])
    await watch()
    resumed, seen = seen, []
    await watch()
    assert resumed == seen
    assert seen[-1][1]["type"] == "ended"


async def test_a_change_is_in_or_it_is_not(victim: Victim, scripted: dict[str, Any]) -> None:
    path = f"/v1/dubs/{scripted['id']}/segments"
    changed, killed = {"text": "How old are you?"}, victim.replica.again
    victim.line.on_answer = killed
    with pytest.raises(httpx.TransportError):
        await victim.http.patch(f"{path}/u0001", json=changed, headers=AT_FIRST)
    # It was written, only its answer was lost: whoever repeats it is told so.
    line_now = (await victim.get(path))["segments"][1]
    assert (line_now["text"], line_now["revision"]) == (changed["text"], 2)
    again = await victim.http.patch(f"{path}/u0001", json=changed, headers=AT_FIRST)
    assert (again.status_code, again.json()["code"]) == (412, "revision_mismatch")

    at_once = [
        asyncio.create_task(
            victim.http.patch(f"{path}/u000{n}", json={"text": "New."}, headers={"If-Match": at})
        )
        for n, at in enumerate(('"1"', '"2"'))
    ]
    await asyncio.wait(at_once, return_when=asyncio.FIRST_COMPLETED)
    await victim.replica.again()
    answers = await asyncio.gather(*at_once, return_exceptions=True)
    for n, answer in enumerate(answers):
        now = (await victim.get(path))["segments"][n]
        new = (now["text"], now["revision"]) == ("New.", 2 + n)
        old = now["revision"] == 1 + n and now["text"] != "New."
        assert new if isinstance(answer, httpx.Response) else new or old


async def test_a_dub_that_was_being_made_again_is_made_once(
    victim: Victim, scripted: dict[str, Any], story_of: Any, tell: Any, bus: Any
) -> None:
    path = f"/v1/dubs/{scripted['id']}"
    body = {"translations": {"es": "¿Cómo estás?"}}
    await victim.http.patch(f"{path}/segments/u0001", json=body, headers=AT_FIRST)
    await victim.killed_before_it_publishes(victim.http.post(f"{path}/regenerate"))
    again = await story_of({**scripted, "revision": 1}, parts=1)
    assert [each.target_language for each in again.accepted.spec.edits] == ["es"]
    repeated = await victim.http.post(f"{path}/regenerate")
    assert repeated.status_code == 409
    assert await published(bus, scripted["id"], "accepted") == 2
    await tell(await documents_told(again, victim.store))
    dub = await victim.until(path, "completed")
    assert (dub["revision"], dub["languages"][0]["state"]) == (1, "completed")


async def test_a_dub_that_was_being_started_is_started_once(victim: Victim, bus: Any) -> None:
    await victim.killed_before_it_publishes(victim.dub(**{"Idempotency-Key": "a"}))
    [dub] = (await victim.get("/v1/dubs?limit=1"))["dubs"]
    again = await victim.dub(**{"Idempotency-Key": "a"})
    assert (again.status_code, again.json()["id"]) == (202, dub["id"])

    async def in_the_stream() -> bool:
        return await published(bus, dub["id"], "accepted") > 0

    await poll_until(in_the_stream, "the job to be published")
    victim.line.on_answer = victim.replica.again
    headers = {"Idempotency-Key": "b"}
    body = {"video_id": dub["video_id"], "target_languages": ["fr"]}
    with pytest.raises(httpx.TransportError):
        await victim.http.post("/v1/dubs", json=body, headers=headers)
    answer = await victim.http.post("/v1/dubs", json=body, headers=headers)
    assert answer.status_code == 202
    newest = (await victim.get("/v1/dubs?limit=2"))["dubs"]
    assert [each["id"] for each in newest] == [answer.json()["id"], dub["id"]]
    assert await published(bus, answer.json()["id"], "accepted") == 1
    assert await published(bus, dub["id"], "accepted") == 1


async def test_an_import_and_a_message_outlive_it(victim: Victim, story_of: Any, tell: Any) -> None:
    """Both are under way when it is killed."""
    film, going, sent = os.urandom(MIB), asyncio.Event(), list[dict[str, Any]]()

    async def site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {len(film)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + film[: MIB // 2])
        half_sent.set()
        await going.wait()
        rest = asyncio.StreamReader()
        rest.feed_data(film[MIB // 2 :])
        rest.feed_eof()
        await copy(rest, writer)

    async def receiver(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            fields = dict(each.split(": ", 1) for each in head.split("\r\n")[1:] if each)
            message = json.loads(await reader.readexactly(int(fields["content-length"])))
            sent.append({"id": fields["webhook-id"], **message})
            await going.wait()
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    half_sent = asyncio.Event()
    servers = [await asyncio.start_server(each, "127.0.0.1", 0) for each in (site, receiver)]
    site_url, hook_url = (
        f"http://127.0.0.1:{each.sockets[0].getsockname()[1]}/film.mp4" for each in servers
    )
    hook = (await victim.http.post("/v1/webhooks", json={"url": hook_url})).json()["webhook"]
    fetched = await victim.http.post("/v1/videos/import", json={"url": site_url})
    dub = (await victim.dub()).json()
    await asyncio.wait_for(half_sent.wait(), 30)

    def about_it() -> list[tuple[str, str]]:
        """Earlier dubs are told of as well, where the gateway reads their events only now."""
        return [(each["id"], each["type"]) for each in sent if each["data"]["id"] == dub["id"]]

    async def taken() -> bool:
        return bool(about_it())

    await poll_until(taken, "the message to be sent")
    await victim.replica.kill()
    going.set()
    await victim.replica.start()
    await tell((await story_of(dub)).whole()[1:])
    done = await victim.until(fetched.headers["location"], "completed")
    key = f"videos/{done['video']['id']}/source/original.mp4"
    assert b"".join([block async for block in victim.store.stream(key)]) == film

    async def delivered() -> bool:
        log = (await victim.get(f"/v1/webhooks/{hook['id']}/deliveries"))["deliveries"]
        return "dub.completed" in {kind for _, kind in about_it()} and all(
            each["state"] == "delivered" for each in log
        )

    await poll_until(delivered, "the messages to be delivered", timeout_s=90)
    assert sorted(kind for _, kind in set(about_it())) == [
        "dub.accepted", "dub.completed", "dub.language_completed",
    ]  # fmt: skip
    # What was under way came again, under the name that it had.
    assert len(about_it()) == 4
    for each in servers:
        each.close()
