"""Replicate calls back: signed calls wake who waits, all others are turned away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from lipsync_replicate_server import (
    TOKEN,
    WEBHOOK_SECRET,
    Prediction,
    ReplicateServer,
    post,
    replicate_server,
)
from pydantic import SecretStr

from polydub.cloud import Key
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import free_port
from polydub_lipsync.engines import replicate
from polydub_lipsync.engines.base import SyncTask
from polydub_lipsync.engines.registry import open_registry
from polydub_lipsync.settings import LipsyncSettings
from polydub_lipsync.webhook import WebhookAddress, WebhookListener

pytest.importorskip("replicate", reason="the extra `replicate` is not installed")
pytestmark = pytest.mark.contract


@pytest.fixture
def server() -> Iterator[ReplicateServer]:
    with replicate_server() as running:
        yield running


def address(port: int) -> WebhookAddress:
    return WebhookAddress(
        url=f"http://127.0.0.1:{port}/replicate",
        host="127.0.0.1",
        port=port,
        secret=Key("POLYDUB_LIPSYNC_WEBHOOK_SECRET", SecretStr(WEBHOOK_SECRET)),
    )


@pytest.fixture
async def listener() -> AsyncIterator[WebhookListener]:
    listening = WebhookListener(address(free_port()))
    await listening.start()
    await listening.start()
    yield listening
    listening.close()


def a_prediction(listener: WebhookListener, name: str = "p0") -> Prediction:
    return Prediction(name, {"webhook": listener.url}, status="succeeded")


async def test_a_signed_call_wakes_only_who_waits_for_it(
    server: ReplicateServer, listener: WebhookListener
) -> None:
    with listener.bell.listen("p0") as ear, listener.bell.listen("p1") as other:
        status = await asyncio.to_thread(
            server.call_back, a_prediction(listener), secret=WEBHOOK_SECRET
        )
        assert status == 204
        await asyncio.wait_for(ear.wait(60), 10)
        assert not other.rung.is_set()


async def test_nobody_need_wait_for_it(server: ReplicateServer, listener: WebhookListener) -> None:
    call = a_prediction(listener, "of another replica")
    assert await asyncio.to_thread(server.call_back, call, secret=WEBHOOK_SECRET) == 204


@pytest.mark.parametrize("forged", ["wrong key", "old"])
async def test_a_forged_call_wakes_nobody(
    server: ReplicateServer, listener: WebhookListener, forged: str
) -> None:
    secret = "whsec_bm90IG91cnM=" if forged == "wrong key" else WEBHOOK_SECRET
    with listener.bell.listen("p0") as ear:
        status = await asyncio.to_thread(
            server.call_back,
            a_prediction(listener),
            secret=secret,
            age_s=3600 if forged == "old" else 0,
        )
        assert status == 401
        assert not ear.rung.is_set()


async def test_what_is_no_call_is_turned_away(listener: WebhookListener) -> None:
    assert listener.url is not None
    assert await asyncio.to_thread(post, listener.url, b"{}", {}) == 401
    assert await asyncio.to_thread(post, listener.url, bytes(5 * 2**20), {}) == 413
    for said, status in (
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"\x16\x03\r\n\r\n", b"400"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(said)
        assert (await reader.readline()).split()[1] == status
        writer.close()


async def test_where_the_port_is_taken_polling_has_to_do(listener: WebhookListener) -> None:
    second = WebhookListener(address(listener.port))
    await second.start()
    assert second.url is None


async def test_the_call_is_what_ends_the_wait(
    server: ReplicateServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks by himself for as long as the test may take."""
    monkeypatch.setattr(replicate, "FIRST_POLL_S", 600)
    monkeypatch.setattr(replicate, "CALLED_BACK_POLL_S", 600)
    port = free_port()
    server.looks, server.result = 0, b"picture"
    settings = LipsyncSettings.model_validate(
        {
            "replicate_model": "sync/lipsync-2",
            "replicate_token": TOKEN,
            "replicate_url": server.url,
            "webhook_url": f"http://127.0.0.1:{port}/",
            "webhook_port": port,
            "webhook_secret": WEBHOOK_SECRET,
        }
    )
    engine = next(e for e in open_registry(settings, CommonSettings()).all() if e.id == "replicate")
    for name in ("v.mp4", "a.wav"):
        (tmp_path / name).write_bytes(b"x")

    async def unwatched(fraction: float) -> None:
        return None

    async def asked() -> bool:
        return bool(server.predictions)

    async def called_and_done() -> bool:
        """Calls until it is heard: the first call may come before anyone listens for it."""
        assert await asyncio.to_thread(server.finish, made) == 204
        return running.done()

    task = SyncTask(tmp_path / "v.mp4", tmp_path / "a.wav", 1.0, tmp_path)
    running = asyncio.create_task(engine.sync(task, timeout_s=60, on_progress=unwatched))
    try:
        await poll_until(asked, "the prediction to be asked for")
        (made,) = server.predictions.values()
        assert made.body["webhook_events_filter"] == ["completed"]
        assert made.body["input"]["sync_mode"] == "cut_off"
        await poll_until(called_and_done, "the call to be heard")
        assert (await running).read_bytes() == b"picture"
    finally:
        running.cancel()
        engine.close()
