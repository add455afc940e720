"""The player in a real browser: a dub and its original stay at one moment, whatever people do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab
from served_page import NEEDED, PAGE

from polydub.v1 import muxing_pb2

FFMPEG = shutil.which("ffmpeg")
LENGTH_S = 150
"""Longer than both need to come together each time."""
APART_MS = 50
"""How far the two clocks may differ while they run."""
AT_REST_MS = 5
"""And in a pause: a seek for less would show the same picture."""

pytestmark = [
    *NEEDED,
    pytest.mark.timeout(300),
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
        FFMPEG, "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=320x180:rate=10:d={LENGTH_S}",
        "-f", "lavfi", "-i", f"sine=frequency={pitch_hz}:sample_rate=48000:d={LENGTH_S}",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "20",
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
def page() -> Path:
    return PAGE


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


async def together(tab: Tab, heard: str) -> None:
    """Waits until both are at one moment and stay there."""
    assert await tab.run(TOGETHER % (APART_MS, heard)) >= 20


async def sought(tab: Tab, key: str, share: float) -> None:
    """Presses a key that leads to a share of the whole."""
    await tab.run(
        """document.querySelector('video').addEventListener('seeking', ({target}) => {
            window.sought = target.currentTime;
        }, {once: true})"""
    )
    await tab.press(key)
    await tab.until(f"window.sought === {LENGTH_S * share}", f"{share} of the whole")


async def test_both_stay_together_while_playing_after_seeks_and_changes(
    tab: Tab, link: str
) -> None:
    await tab.page.goto(link)
    await tab.until("document.querySelector('video')?.readyState >= 3", "the dub to be loaded")
    await tab.until(f"{PLAYER}.dataset.clockDifferenceMs === '0'", "the original to be loaded")

    await tab.press("k")
    await together(tab, "dub")
    await tab.press("o")
    await together(tab, "original")
    await sought(tab, "5", 0.5)
    await together(tab, "original")
    await tab.press("o")
    await sought(tab, "2", 0.2)
    await together(tab, "dub")
    await tab.press(">")
    await together(tab, "dub")
    assert await tab.run("document.querySelector('video').playbackRate") == 1.25

    await tab.press("k")
    await tab.until(f"Math.abs({PLAYER}.dataset.clockDifferenceMs) <= {AT_REST_MS}", "both to rest")


async def test_the_timeline_tells_what_is_said_and_moves_the_player(tab: Tab, link: str) -> None:
    await tab.page.goto(link)
    await tab.until("document.querySelectorAll('[data-line]').length === 6", "both lanes")
    await tab.until("document.querySelector('video')?.readyState >= 3", "the dub to be loaded")
    await tab.until("document.querySelectorAll('[data-flagged=true]').length === 1", "its flag")
    await tab.run("document.querySelector('[data-line=\"1\"]').click()")
    await tab.until("document.querySelector('video').currentTime === 10", "the line's beginning")
    await tab.until("document.body.innerText.includes('Frase 1')", "the line's words")
    slider = "[...document.querySelectorAll('[role=slider]')].at(-1)"
    await tab.until(f"{slider}.ariaValueNow === '2'", "the second line to be chosen")
    await tab.run(f"{slider}.focus()")
    await tab.press("ArrowRight")
    await tab.until("document.querySelector('video').currentTime === 19", "the next line")
    assert await tab.run("document.querySelector('[role=alert]')") is None
