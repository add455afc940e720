"""Where a job's time went, from its events alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from polydub import events
from polydub.errors import StageError
from polydub.v1 import events_pb2
from polydub_gateway.jobs.tracing import Piece, traced

pytestmark = pytest.mark.unit

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
URL = "https://traces.example/{trace_id}?tab=timeline"


def at(event: events_pb2.Event, ms: int, worked_ms: int = 0) -> events.Recorded:
    """The event, said then, after so much work."""
    event.envelope.emitted_at_ms = ms
    if event.HasField("completed"):
        event.completed.elapsed_ms = worked_ms
        event.completed.engine_ms = worked_ms // 2
    return events.Recorded(ms, event, TRACE)


@pytest.fixture
def told(story: Any) -> list[events.Recorded]:
    """Two parts, two languages; the second part waits for asr, French for tts."""
    job = story.of(languages=("es", "fr"))
    done = job.completed
    return [
        at(job.accepted, 1000),
        at(done("separation"), 3000, 1500),
        at(done("diarization", part=0), 5000, 500),  # one piece of work, told in two events
        at(done("diarization", part=1), 5001, 500),
        at(done("asr", part=0), 7000, 1900),
        at(done("asr", part=1), 9001, 2000),
        at(done("translation", part=0, language="es"), 7400, 150),
        at(done("translation", part=0, language="fr"), 7400, 150),
        at(done("translation", part=1, language="es"), 9401, 150),
        at(done("translation", part=1, language="fr"), 9401, 150),
        at(done("tts", part=0, language="es"), 8400, 1000),
        at(done("tts", part=1, language="es"), 10401, 1000),
        at(done("tts", part=0, language="fr"), 11401, 1000),
        at(done("tts", part=1, language="fr"), 12401, 1000),
        at(job.muxed("es"), 13401, 3000),
        at(job.muxed("fr"), 16401, 3000),
    ]


def of(pieces: Sequence[Piece], stage: str, part: int | None = None, language: str = "") -> Piece:
    (found,) = [p for p in pieces if (p.stage, p.part, p.language) == (stage, part, language)]
    return found


def test_each_piece_waits_for_what_it_needs(told: list[events.Recorded]) -> None:
    trace = traced("dub_1", 0, told, URL)
    times = {
        (p.stage, p.part, p.language): (p.ready_ms, p.waited_ms, p.worked_ms) for p in trace.pieces
    }
    assert times == {
        ("separation", None, ""): (0, 500, 1500),
        ("diarization", None, ""): (2000, 1000, 1000),
        ("asr", 0, ""): (4000, 100, 1900),
        ("asr", 1, ""): (4001, 2000, 2000),
        ("translation", 0, ""): (6000, 100, 300),
        ("translation", 1, ""): (8001, 100, 300),
        ("tts", 0, "es"): (6400, 0, 1000),
        ("tts", 1, "es"): (8401, 0, 1000),
        ("tts", 0, "fr"): (6400, 3001, 1000),
        ("tts", 1, "fr"): (8401, 2000, 1000),
        ("muxing", None, "es"): (9401, 0, 3000),
        ("muxing", None, "fr"): (11401, 1000, 3000),
    }
    began = [piece.ready_ms + piece.waited_ms for piece in trace.pieces]
    assert began == sorted(began)
    assert of(trace.pieces, "asr", 0).engines == ("asr-engine",)
    assert of(trace.pieces, "translation", 0).engine_ms == 150


def test_the_whole_is_told_with_its_trace(told: list[events.Recorded]) -> None:
    trace = traced("dub_1", 0, told, URL, asked_at_ms=400)
    assert (trace.accepted_at_ms, trace.took_ms) == (400, 16_001)
    assert trace.trace_url == f"https://traces.example/{TRACE}?tab=timeline"
    waiting, first, *_ = trace.pieces
    assert (waiting.stage, waiting.ready_ms, waiting.waited_ms) == ("gateway", 0, 600)
    assert (first.ready_ms, first.waited_ms) == (600, 500)


def test_only_the_last_revision_counts(told: list[events.Recorded], story: Any) -> None:
    again = story.of(revision=1)
    later = [at(again.accepted, 20_000), at(again.completed("separation", reused=True), 20_100, 50)]
    trace = traced("dub_1", 1, [*told, *later])
    (piece,) = trace.pieces
    assert (piece.stage, piece.reused, piece.waited_ms) == ("separation", True, 50)
    assert trace.trace_url == ""


def test_what_failed_is_told_with_its_code(story: Any) -> None:
    job = story.of()
    failed = job.failed("tts", StageError("engine_failed", "It broke."), part=0, language="es")
    said = [
        at(job.accepted, 0),
        at(job.completed("translation", part=0, language="es"), 100, 10),
        at(failed, 900),
    ]
    piece = of(traced("dub_1", 0, said).pieces, "tts", 0, "es")
    assert (piece.error, piece.ready_ms, piece.waited_ms, piece.worked_ms) == (
        "engine_failed", 100, 800, 0,
    )  # fmt: skip


def test_of_events_that_are_gone_nothing_is_known(told: list[events.Recorded]) -> None:
    trace = traced("dub_1", 0, told[1:], URL)
    assert (trace.accepted_at_ms, trace.trace_id, trace.pieces) == (0, "", ())


def test_without_a_trace_there_is_no_link(told: list[events.Recorded]) -> None:
    bare = [replace(each, trace_id="") for each in told]
    assert traced("dub_1", 0, bare, URL).trace_url == ""
