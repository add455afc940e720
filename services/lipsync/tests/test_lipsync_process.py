"""The stage as a process between a real broker and a real service on loopback."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from lipsync_clips import make_clip, make_picture
from lipsync_replicate_server import TOKEN, ReplicateServer, replicate_server

from polydub import events
from polydub.bus import Bus
from polydub.pipeline import Outcome, subject
from polydub.settings import CommonSettings
from polydub.store.local import LocalStore
from polydub.testing import poll_until
from polydub.testing.servers import nats_server, running
from polydub.v1 import events_pb2, lipsync_pb2, muxing_pb2

pytest.importorskip("cv2", reason="the extra `faces` is not installed")
pytest.importorskip("replicate", reason="the extra `replicate` is not installed")
pytestmark = pytest.mark.integration

KEY = "videos/v1/muxing/d/dub.mp4"


def muxed(job_id: str) -> events_pb2.Event:
    video = muxing_pb2.OutputFile(name="t.es.mp4", kind="video", key=KEY, target_language="es")
    return events_pb2.Event(
        envelope=events_pb2.Envelope(
            job_id=job_id, video_id="v1", stage="muxing", part=-1, target_language="es"
        ),
        spec=events_pb2.DubSpec(lipsync=True),
        products=events_pb2.Products(muxing=muxing_pb2.MuxingProducts(files=[video])),
        completed=events_pb2.Completed(),
    )


def environment(url: str, folder: Path, server: ReplicateServer) -> dict[str, str]:
    return {
        "POLYDUB_NATS_URL": url,
        "POLYDUB_STORE_DIR": str(folder / "store"),
        "POLYDUB_CACHE_DIR": str(folder / "cache"),
        "POLYDUB_LIPSYNC_REPLICATE_MODEL": "bytedance/latentsync:v",
        "POLYDUB_LIPSYNC_REPLICATE_TOKEN": TOKEN,
        "POLYDUB_LIPSYNC_REPLICATE_URL": server.url,
    }


async def test_a_job_is_canceled_there_and_the_next_is_done(tmp_path: Path) -> None:
    await LocalStore(tmp_path / "store").put_file(KEY, make_clip(tmp_path / "dub.mp4", seconds=1))
    log = tmp_path / "log"
    with replicate_server() as server:
        server.looks = 0
        server.result = make_picture(tmp_path / "new.mp4", seconds=1).read_bytes()
        async with nats_server(tmp_path / "nats") as url:
            bus = await Bus.connect(CommonSettings(nats_url=url), "test")
            argv = [sys.executable, "-m", "polydub_lipsync"]
            async with running(argv, log, **environment(url, tmp_path, server)):
                await bus.publish(muxed("j1"))

                async def begun() -> bool:
                    return "p0" in server.predictions

                await poll_until(begun, "the prediction to be asked for")
                await bus.publish(events.canceled(job_id="j1", video_id="v1", reason="changed"))

                async def canceled() -> bool:
                    return server.predictions["p0"].status == "canceled"

                await poll_until(canceled, "the prediction to be canceled")
                server.looks = 1
                await bus.publish(muxed("j2"))
                async with asyncio.timeout(30):
                    async for found in bus.follow(subject("lipsync", Outcome.COMPLETED)):
                        event = found.event
                        break
            await bus.aclose()
    assert event.envelope.job_id == "j2"
    assert event.products.lipsync.outcome == lipsync_pb2.LIPSYNC_OUTCOME_SYNCED
    assert event.products.muxing.files[0].key == event.products.lipsync.video_key
    assert [(u.engine, u.unit, u.quantity) for u in event.completed.usage] == [
        ("replicate", "seconds", 3.5)
    ]
    assert TOKEN not in log.read_text()
