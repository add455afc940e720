"""A dub's time as a text timeline."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from polydub_client.decode import decode
from polydub_client.models import DubTrace
from polydub_client.terminal.traces import show_trace, timeline

pytestmark = pytest.mark.unit

TRACE: dict[str, Any] = {
    "job_id": "dub_1", "revision": 0, "accepted_at": "2026-01-31T09:30:00Z", "took_ms": 10_000,
    "trace_id": "4bf9", "trace_url": "https://traces.example/4bf9",
    "pieces": [
        {"stage": "separation", "part": None, "language": "", "ready_ms": 0, "waited_ms": 1000,
         "worked_ms": 2000, "engine_ms": 1500, "engines": ["rnnoise"], "reused": False},
        {"stage": "tts", "part": 0, "language": "es", "ready_ms": 3000, "waited_ms": 2000,
         "worked_ms": 4000, "engine_ms": 3500, "engines": ["espeak"], "reused": False, "error": ""},
        {"stage": "tts", "part": 1, "language": "es", "ready_ms": 3000, "waited_ms": 6000,
         "worked_ms": 0, "engine_ms": 0, "engines": [], "reused": False,
         "error": "engine_failed"},
        {"stage": "muxing", "part": None, "language": "es", "ready_ms": 9990, "waited_ms": 0,
         "worked_ms": 10, "engine_ms": 0, "engines": [], "reused": True, "error": ""},
    ],
}  # fmt: skip


def shown(trace: DubTrace) -> str:
    out = io.StringIO()
    show_trace(Console(file=out, width=100), trace)
    return out.getvalue()


def test_bars_stand_where_the_time_went() -> None:
    name_and_figures = len("tts part 0 es") + 24
    lines = timeline(decode(DubTrace, TRACE), name_and_figures + 20)
    bars = [line[15 : 15 + 20].rstrip() for line in lines]
    assert bars == [
        "··████",
        "      ····████████",
        "      ············▒",
        "                   █",
    ]
    assert lines[0].startswith("separation ")
    assert lines[1].endswith("2.0 s    4.0 s")


def test_stages_are_summed_up_with_the_trace() -> None:
    text = shown(decode(DubTrace, TRACE))
    assert "trace 4bf9 https://traces.example/4bf9" in text
    tts = next(line for line in text.splitlines() if line.startswith("tts ") and "espeak" in line)
    assert tts.split() == ["tts", "2", "8.0", "s", "4.0", "s", "3.5", "s", "0", "espeak"]
    assert "10.0 s" in text


def test_of_what_is_long_gone_nothing_is_shown() -> None:
    text = shown(decode(DubTrace, {"job_id": "dub_1", "accepted_at": None}))
    assert "nothing is known" in text
