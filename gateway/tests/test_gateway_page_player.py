"""The player in a real browser: a dub and its original stay at one moment, whatever people do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import chromium
import pytest
from chromium import Tab

from polydub.v1 import muxing_pb2

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(os.environ.get("POLYDUB_TEST_PAGE", ROOT / "frontend" / "dist"))
FFMPEG = shutil.which("ffmpeg")
LENGTH_S = 40
APART_MS = 50
"""How far the two clocks may differ."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(chromium.program() is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not (PAGE / "index.html").is_file(), reason="the page is not built"),
    pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed"),
]

PLAYER = "document.querySelector('[data-compare]')"
TOGETHER = """new Promise((done) => {
    const seen = [];
    const timer = setInterval(() => {
        const { clockDifferenceMs, heard } = document.querySelector('[data-compare]').dataset;
        const isGood = clockDifferenceMs !== '' && Math.abs(clockDifferenceMs) <= %d
            && heard === '%s' && !document.querySelector('video').paused;
        seen.push(isGood);
        if (seen.length >= 20 && seen.slice(-20).every(Boolean)) {
            clearInterval(timer);
            done(seen.length);
        }
    }, 50);
})"""
"""Resolves when for a second on end both clocks are together and one of both is heard."""


def film(path: Path, pitch_hz: int) -> bytes:
    """A test picture with a tone, as MP4 that can be played from anywhere."""
    assert FFMPEG is not None
    command = [
        FFMPEG, "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=320x180:rate=25:d={LENGTH_S}",
        "-f", "lavfi", "-i", f"sine=frequency={pitch_hz}:sample_rate=48000:d={LENGTH_S}",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50",
        "-c:a", "aac", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()


REPORT = {
    "lines": 3,
    "quality": 92.0,
    "line_reports": [
        {
            "id": f"u{n}",
            "speaker_id": f"S{n % 2}",
            "source_start_ms": n * 9000 + 1000,
            "source_end_ms": n * 9000 + 4000,
            "placed_start_ms": n * 9000 + 1000,
            "placed_end_ms": n * 9000 + 5000,
            "source_text": f"Line {n}",
            "text": f"Frase {n}",
            "flags": ["hard_cap"] if n == 1 else [],
        }
        for n in range(3)
    ],
}


@pytest.fixture
async def gateway(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Callable[..., Any]
) -> AsyncIterator[Any]:
    """One that serves the page."""
    async with start_gateway(tmp_path, nats_url, stages.address, page=PAGE) as running:
        await running.ready()
        yield running


@pytest.fixture
async def link(gateway: Any, story_of: Any, tell: Any, tmp_path: Path) -> str:
    """The address of a finished dub, for people without an account."""
    video = (await gateway.upload(film(tmp_path / "original.mp4", 300))).json()
    asked = {"video_id": video["id"], "target_languages": ["es"]}
    dub = (await gateway.http.post("/v1/dubs", json=asked)).json()
    told = await story_of(dub)
    made, report = told.file("es"), told.file("es")
    report.name, report.kind, report.media_type = (
        "talk.es.report.json", "report", "application/json",
    )  # fmt: skip
    report.key = made.key.replace(".mp4", ".report.json")
    put(gateway, made, film(tmp_path / "dub.mp4", 500))
    put(gateway, report, json.dumps(REPORT).encode())
    await tell([*told.shared()[1:], *told.spoken("es"), told.muxed("es", files=[made, report])])
    await gateway.until(dub["id"], "completed")
    shares = f"/v1/dubs/{dub['id']}/shares"
    share = (await gateway.http.post(shares, json={"expires_in_s": 3600})).json()
    return f"{str(gateway.http.base_url).rstrip('/')}{share['url']}"


def put(gateway: Any, file: muxing_pb2.OutputFile, data: bytes) -> None:
    path: Path = gateway.store_dir / file.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    file.size_bytes = len(data)


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with chromium.opened(tmp_path / "browser") as opened:
        kind = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"'
        if not await opened.run(f"document.createElement('video').canPlayType('{kind}')"):
            pytest.skip("this Chromium plays no H.264")
        yield opened


async def press(tab: Tab, key: str) -> None:
    for kind in ("keyDown", "keyUp"):
        await tab.call("Input.dispatchKeyEvent", type=kind, key=key, text=key)


async def together(tab: Tab, heard: str) -> None:
    """Waits until both are at one moment and stay there."""
    assert await tab.run(TOGETHER % (APART_MS, heard)) >= 20


async def time_s(tab: Tab) -> float:
    return float(await tab.run("document.querySelector('video').currentTime"))


async def test_both_stay_together_while_playing_after_seeks_and_changes(
    tab: Tab, link: str
) -> None:
    await tab.open(link)
    await tab.until("document.querySelector('video')?.readyState >= 3", "the dub to be loaded")
    await tab.until(f"{PLAYER}.dataset.clockDifferenceMs === '0'", "the original to be loaded")

    await press(tab, "k")
    await together(tab, "dub")
    await press(tab, "o")
    await together(tab, "original")
    await press(tab, "5")
    await together(tab, "original")
    assert await time_s(tab) > LENGTH_S / 2
    await press(tab, "o")
    await press(tab, "2")
    await together(tab, "dub")
    assert LENGTH_S / 5 < await time_s(tab) < LENGTH_S / 2
    await press(tab, ">")
    await together(tab, "dub")
    assert await tab.run("document.querySelector('video').playbackRate") == 1.25

    await press(tab, "k")
    await tab.until(f"{PLAYER}.dataset.clockDifferenceMs === '0'", "both to rest at one moment")


async def test_the_timeline_tells_what_is_said_and_moves_the_player(tab: Tab, link: str) -> None:
    await tab.open(link)
    await tab.until("document.querySelectorAll('[data-line]').length === 6", "both lanes")
    await tab.until("document.querySelector('video')?.readyState >= 3", "the dub to be loaded")
    assert await tab.run("document.querySelectorAll('[data-flagged=true]').length") == 1
    await tab.run("document.querySelector('[data-line=\"1\"]').click()")
    await tab.until("document.querySelector('video').currentTime === 10", "the line's beginning")
    await tab.until("document.body.innerText.includes('Frase 1')", "the line's words")
    slider = "[...document.querySelectorAll('[role=slider]')].at(-1)"
    assert await tab.run(f"{slider}.ariaValueNow") == "2"
    await tab.run(f"{slider}.focus()")
    await tab.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight")
    await tab.until("document.querySelector('video').currentTime === 19", "the next line")
    assert await tab.run("document.querySelector('[role=alert]')") is None
