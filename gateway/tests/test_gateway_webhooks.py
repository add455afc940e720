"""Webhooks against a real receiver that checks signatures by an implementation of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from polydub.events import now_ms
from polydub.testing import poll_until
from polydub.testing.spans import recorded_spans
from polydub_gateway.addresses import PublicTransport
from polydub_gateway.db import Database
from polydub_gateway.db.delivery import DeliveryAttemptRow, DeliveryRow, EndpointRow
from polydub_gateway.sealing import Sealing
from polydub_gateway.webhooks.outbox import Outbox
from polydub_gateway.webhooks.posting import MAX_RETRY_AFTER_S, Posting
from polydub_gateway.webhooks.sender import Sender, open_sender
from polydub_gateway.webhooks.settings import WebhookSettings

pytestmark = pytest.mark.integration

SETTINGS = WebhookSettings(
    webhook_allow_http=True,
    webhook_retries_s=(0.05, 0.05),
    webhook_timeout_s=2,
    webhook_poll_s=0.1,
)
LOOPBACK = [ip_network("127.0.0.0/8")]


def counted() -> dict[str, float]:
    """What ``/metrics`` tells of webhooks, by what came of them."""
    return {
        outcome: REGISTRY.get_sample_value("polydub_webhooks_total", {"outcome": outcome}) or 0.0
        for outcome in ("delivered", "retried", "failed")
    }


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The message, by the algorithm of the Standard Webhooks specification."""
    key = base64.b64decode(secret.split("_", 1)[1])
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        raise ValueError("too old")
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
    mac = base64.b64encode(hmac.new(key, content.encode(), hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in headers["webhook-signature"].split(" ")]
    if not any(version == "v1" and hmac.compare_digest(mac, each) for version, each in given):
        raise ValueError("no signature fits")
    message: dict[str, Any] = json.loads(body)
    return message


@dataclass
class Receiver:
    """A web server of someone who is told."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], bytes] = lambda number: b"HTTP/1.1 204 No Content\r\n\r\n"
    """By the number of the request, from 1; empty: nothing is answered."""
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            pairs = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, value in pairs}
            self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
            if answer := self.answer(len(self.got)):
                writer.write(answer)
                await writer.drain()
            else:
                await self.held.wait()
        finally:
            writer.close()

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    async def until(self, number: int) -> None:
        async def look() -> bool:
            return len(self.got) >= number

        await poll_until(look, f"{number} messages")


def status(code: int, body: str = "", extra: str = "") -> bytes:
    return f"HTTP/1.1 {code} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n{body}".encode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    yield found
    found.held.set()
    server.close()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What this process tells of its work from now on."""
    with recorded_spans() as found:
        yield found


@pytest.fixture
async def hooked(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> AsyncIterator[Any]:
    """A gateway that may send to this machine."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            start_gateway(
                tmp_path, nats_url, stages.address, webhooks=SETTINGS, trusted_networks=LOOPBACK
            )
        )
        await gateway.ready()
        yield gateway


async def made(gateway: Any, url: str, **asked: Any) -> tuple[str, str]:
    answer = await gateway.http.post("/v1/webhooks", json={"url": url, **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()["webhook"]["id"], answer.json()["secret"]


async def delivered(gateway: Any, webhook: str, state: str, number: int = 1) -> list[Any]:
    async def look() -> list[Any] | None:
        page = (await gateway.http.get(f"/v1/webhooks/{webhook}/deliveries")).json()["deliveries"]
        return page if [each["state"] for each in page].count(state) >= number else None

    found = await poll_until(look, f"{number} deliveries to be {state}")
    assert found is not None
    return found


async def test_a_job_is_told_signed_and_once(
    hooked: Any, receiver: Receiver, story_of: Any, tell: Any
) -> None:
    webhook, secret = await made(hooked, receiver.url)
    chosen, other = await made(hooked, receiver.url, events=["dub.canceled"])
    dub = await hooked.dub("es", "fr")
    told = await story_of(dub)
    await tell([*told.whole()[1:], *told.whole()[1:]])  # what is said twice is told once
    await hooked.until(dub["id"], "completed")
    await delivered(hooked, webhook, "delivered", 4)
    messages = [verified(secret, *each) for each in receiver.got]
    with pytest.raises(ValueError, match="no signature"):
        verified(other, *receiver.got[0])
    assert sorted((each["type"], each["data"].get("language", "")) for each in messages) == [
        ("dub.accepted", ""),
        ("dub.completed", ""),
        ("dub.language_completed", "es"),
        ("dub.language_completed", "fr"),
    ]
    end = next(each for each in messages if each["type"] == "dub.completed")
    assert end["data"]["id"] == dub["id"]
    assert end["data"]["languages"][0] == {"language": "es", "state": "completed"}
    assert (await hooked.http.get(end["data"]["links"]["dub"])).json()["state"] == "completed"
    assert len(set(receiver.ids)) == 4
    listed = (await hooked.http.get(f"/v1/webhooks/{chosen}/deliveries")).json()
    assert listed == {"deliveries": [], "next_cursor": None}


async def test_messages_are_part_of_their_jobs_trace(
    hooked: Any, receiver: Receiver, spans: InMemorySpanExporter
) -> None:
    await made(hooked, receiver.url, events=["dub.accepted"])
    receiver.answer = lambda number: status(500) if number == 1 else status(204)
    video = (await hooked.upload()).json()["id"]
    asked = {"video_id": video, "target_languages": ["es"]}
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    dub = (await hooked.http.post("/v1/dubs", json=asked, headers=parent)).json()["id"]

    def tries() -> list[ReadableSpan]:
        return [span for span in spans.get_finished_spans() if span.name == "send webhook"]

    async def both() -> bool:
        return len(tries()) == 2

    await poll_until(both, "both tries to be over")
    assert {f"{span.context.trace_id:032x}" for span in tries()} == {trace_id}
    about = [dict(span.attributes or {}) for span in tries()]
    assert [each["polydub.job_id"] for each in about] == [dub, dub]
    assert [each["polydub.outcome"] for each in about] == ["not taken", "taken"]
    assert [span.status.is_ok for span in tries()] == [False, True]


async def test_faults_are_tried_again_under_the_same_id(hooked: Any, receiver: Receiver) -> None:
    webhook, secret = await made(hooked, receiver.url)
    before = counted()
    receiver.answer = lambda number: status(500, "x" * 5000) if number < 3 else status(200, "ok")
    sent = (await hooked.http.post(f"/v1/webhooks/{webhook}/test")).json()
    [shown] = await delivered(hooked, webhook, "delivered")

    async def rises() -> bool:  # behind the transaction whose end the log shows
        added = {outcome: number - before[outcome] for outcome, number in counted().items()}
        return added == {"delivered": 1, "retried": 2, "failed": 0}

    await poll_until(rises, "the tries to be counted")
    assert receiver.ids == [sent["id"]] * 3
    assert [each["status"] for each in shown["attempts"]] == [500, 500, 200]
    assert shown["attempts"][0]["answer"] == "x" * 1024
    assert shown["next_try_at"] is None
    assert verified(secret, *receiver.got[2])["type"] == "webhook.test"

    receiver.answer = lambda number: status(302, extra="Location: http://127.0.0.1/\r\n")
    await hooked.http.post(f"/v1/webhooks/{webhook}/test")
    newest, _ = await delivered(hooked, webhook, "failed")
    assert [each["status"] for each in newest["attempts"]] == [302, 302, 302]
    page = (await hooked.http.get(f"/v1/webhooks/{webhook}/deliveries", params={"limit": 1})).json()
    params = {"limit": 1, "cursor": page["next_cursor"]}
    rest = (await hooked.http.get(f"/v1/webhooks/{webhook}/deliveries", params=params)).json()
    ids = [each["id"] for each in page["deliveries"] + rest["deliveries"]]
    assert ids == [newest["id"], sent["id"]]

    receiver.answer = lambda number: status(200)
    again = f"/v1/webhooks/{webhook}/deliveries/{newest['id']}/replay"
    assert (await hooked.http.post(again)).status_code == 202
    both = await delivered(hooked, webhook, "delivered", 2)
    assert both[0]["tries"] == 4
    assert receiver.ids[-1] == newest["id"]


async def test_silence_and_refusal_are_faults(hooked: Any, receiver: Receiver) -> None:
    receiver.answer = lambda number: b""
    webhook, _ = await made(hooked, receiver.url)
    nobody, _ = await made(hooked, "http://127.0.0.1:1/")
    await hooked.http.post(f"/v1/webhooks/{webhook}/test")
    await hooked.http.post(f"/v1/webhooks/{nobody}/test")
    [refused] = await delivered(hooked, nobody, "failed")
    assert [each["error"] for each in refused["attempts"]] == ["No connection (ConnectError)."] * 3
    silent = (await hooked.http.get(f"/v1/webhooks/{webhook}/deliveries")).json()["deliveries"]
    assert silent[0]["state"] == "pending"

    async def tried() -> bool:
        page = (await hooked.http.get(f"/v1/webhooks/{webhook}/deliveries")).json()["deliveries"]
        return bool(page[0]["attempts"])

    await poll_until(tried, "a time-out")
    page = (await hooked.http.get(f"/v1/webhooks/{webhook}/deliveries")).json()["deliveries"]
    assert page[0]["attempts"][0]["error"] == "No answer in 2 s."


async def test_gone_disables_and_what_waits_is_given_up(hooked: Any, receiver: Receiver) -> None:
    receiver.answer = lambda number: status(410)
    webhook, _ = await made(hooked, receiver.url)
    await hooked.http.post(f"/v1/webhooks/{webhook}/test")
    [shown] = await delivered(hooked, webhook, "failed")
    assert shown["tries"] == 1
    stands = (await hooked.http.get(f"/v1/webhooks/{webhook}")).json()
    assert (stands["enabled"], stands["disabled_reason"]) == (False, "It answered 410 Gone.")
    again = f"/v1/webhooks/{webhook}/deliveries/{shown['id']}/replay"
    assert (await hooked.http.post(again)).status_code == 409
    change = await hooked.http.patch(f"/v1/webhooks/{webhook}", json={"enabled": True})
    assert (change.json()["enabled"], change.json()["disabled_reason"]) == (True, "")
    receiver.answer = lambda number: status(200)
    assert (await hooked.http.post(again)).status_code == 202
    await delivered(hooked, webhook, "delivered")


async def test_after_a_rotation_both_secrets_sign(hooked: Any, receiver: Receiver) -> None:
    webhook, old = await made(hooked, receiver.url)
    rotated = (await hooked.http.post(f"/v1/webhooks/{webhook}/rotate")).json()
    assert rotated["webhook"]["old_secret_until"] is not None
    await hooked.http.post(f"/v1/webhooks/{webhook}/test")
    await receiver.until(1)
    for secret in (old, rotated["secret"]):
        assert verified(secret, *receiver.got[0])["type"] == "webhook.test"
    listed = await hooked.http.get("/v1/webhooks")
    assert old not in listed.text
    assert "whsec_" not in listed.text


async def test_only_public_addresses_are_taken(gateway: Any) -> None:
    for url, code in (
        ("http://example.com/", "invalid_request"),
        ("https://127.0.0.1/", "address_refused"),
        ("https://[::ffff:10.0.0.1]/", "address_refused"),
        ("https://localhost:7700/", "address_refused"),
        ("https://user:word@example.com/", "invalid_request"),
        ("https://exa mple.com/", "invalid_request"),
        ("file:///etc/passwd", "invalid_request"),
    ):
        answer = await gateway.http.post("/v1/webhooks", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, code), url


async def test_webhooks_are_deleted_with_their_log(hooked: Any, receiver: Receiver) -> None:
    webhook, _ = await made(hooked, receiver.url)
    await hooked.http.post(f"/v1/webhooks/{webhook}/test")
    await delivered(hooked, webhook, "delivered")
    assert (await hooked.http.delete(f"/v1/webhooks/{webhook}")).status_code == 204
    for path in ("", "/deliveries"):
        assert (await hooked.http.get(f"/v1/webhooks/{webhook}{path}")).status_code == 404


# --- senders that die, and several of them ---------------------------------------------------

SEALING = Sealing(["a secret of these tests alone"])


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    await found.migrate()
    yield found
    await found.aclose()


def endpoint(url: str) -> EndpointRow:
    secret = SEALING.seal(b"whsec_" + base64.b64encode(b"k" * 32), purpose="webhook secret")
    return EndpointRow(
        id="whe_1", owner_id="local", url=url, description="", events=[], enabled=True,
        disabled_reason="", secret=secret, created_at_ms=1,
    )  # fmt: skip


def delivery(n: int) -> DeliveryRow:
    return DeliveryRow(
        id=f"msg_{n}", endpoint_id="whe_1", type="webhook.test", body="{}", state="pending",
        tries=0, due_at_ms=1, created_at_ms=now_ms(),
    )  # fmt: skip


async def prepared(database: Database, url: str, number: int) -> None:
    async with database.session() as session:
        session.add(endpoint(url))
        await session.flush()
        session.add_all(delivery(n) for n in range(number))


async def states(database: Database) -> list[tuple[str, int]]:
    async with database.session() as session:
        rows = [await session.get(DeliveryRow, f"msg_{n}") for n in range(20)]
    return [(row.state, row.tries) for row in rows if row]


async def test_several_senders_send_each_message_once(
    database: Database, receiver: Receiver
) -> None:
    await prepared(database, receiver.url, 20)
    async with AsyncExitStack() as stack:
        senders = [
            await stack.enter_async_context(
                open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK)
            )
            for _ in range(3)
        ]
        running = [asyncio.create_task(sender.run()) for sender in senders]

        async def done() -> bool:
            return await states(database) == [("delivered", 1)] * 20

        await poll_until(done, "all messages to be delivered")
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert sorted(receiver.ids) == sorted(f"msg_{n}" for n in range(20))


async def test_what_a_dead_sender_had_is_sent_again(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polydub_gateway.webhooks.sender.LEASE_MARGIN_S", -1.5)
    await prepared(database, receiver.url, 1)
    receiver.answer = lambda number: b"" if number == 1 else status(200)
    async with open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK) as sender:
        dying = asyncio.create_task(sender.run())
        await receiver.until(1)
        dying.cancel()  # in the middle: nothing of it is recorded
        await asyncio.gather(dying, return_exceptions=True)
    assert await states(database) == [("pending", 1)]
    async with open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK) as sender:
        running = asyncio.create_task(sender.run())

        async def done() -> bool:
            return await states(database) == [("delivered", 2)]

        await poll_until(done, "the message to be delivered")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert receiver.ids == ["msg_0", "msg_0"]


async def test_a_message_on_which_senders_die_is_given_up(
    database: Database, receiver: Receiver
) -> None:
    await prepared(database, receiver.url, 1)
    async with database.session() as session:
        row = await session.get(DeliveryRow, "msg_0")
        assert row is not None
        row.tries = 3  # all that there are, and nothing came of any
    async with open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK) as sender:
        assert await ended(sender, database) == [("failed", 4)]
    assert receiver.got == []
    async with database.session() as session:
        attempt = await session.get(DeliveryAttemptRow, ("msg_0", 4))
        assert attempt is not None
        assert (attempt.status, "stopped" in attempt.error) == (None, True)


async def test_a_fault_of_ours_is_a_try(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(database, receiver.url, 1)

    def broken(*_: Any) -> dict[str, str]:
        raise LookupError

    monkeypatch.setattr("polydub_gateway.webhooks.posting.signed_headers", broken)
    async with open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK) as sender:
        assert await ended(sender, database) == [("failed", 3)]
    async with database.session() as session:
        tries = [await session.get(DeliveryAttemptRow, ("msg_0", n)) for n in (1, 2, 3)]
    assert {each and each.error for each in tries} == {"The gateway failed at it (LookupError)."}


async def ended(sender: Sender, database: Database) -> list[tuple[str, int]]:
    """What became of the messages when nothing of them waits any more."""
    running = asyncio.create_task(sender.run())

    async def none_waits() -> bool:
        return "pending" not in {state for state, _ in await states(database)}

    await poll_until(none_waits, "nothing to wait any more")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return await states(database)


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("120", 120.0),
        ("9" * 400, MAX_RETRY_AFTER_S),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", MAX_RETRY_AFTER_S),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
async def test_retry_after_is_heeded_as_far_as_it_makes_sense(
    receiver: Receiver, said: str, wait_s: float
) -> None:
    receiver.answer = lambda number: status(503, extra=f"Retry-After: {said}\r\n")
    posting = Posting(PublicTransport(trusted=LOOPBACK), SEALING, timeout_s=2)
    answered = await posting.post(delivery(0), endpoint(receiver.url))
    await posting.aclose()
    assert (answered.status, answered.retry_after_s) == (503, wait_s)


async def test_who_fails_for_days_is_disabled(database: Database, receiver: Receiver) -> None:
    await prepared(database, receiver.url, 3)
    receiver.answer = lambda number: status(500)
    async with database.session() as session:
        row = await session.get(EndpointRow, "whe_1")
        assert row is not None
        row.failing_since_ms = round(1000 * (time.time() - 5.1 * 24 * 3600))
    async with open_sender(database, Outbox(), SEALING, SETTINGS, LOOPBACK) as sender:
        running = asyncio.create_task(sender.run())

        async def given_up() -> bool:
            return {state for state, _ in await states(database)} == {"failed"}

        await poll_until(given_up, "the messages to be given up")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    async with database.session() as session:
        row = await session.get(EndpointRow, "whe_1")
        assert row is not None
        assert (row.enabled, row.disabled_reason) == (False, "It failed for 5 days.")
    assert len(receiver.got) <= 3
