"""One job is one trace, from the request that asks for it to the files, over every process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from collecting import Collector, Span
from running import RunningStack

from polydub.pipeline import STAGES
from polydub.testing import poll_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

AT_WORK = {stage.name for stage in STAGES if not stage.optional}


@pytest.fixture(scope="module")
def job_id(stack: RunningStack, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a dub into a language that no other test asks for: its engines have to work."""
    run = stack.dub(clip, tmp_path_factory.mktemp("out"), "fr")
    assert run.status == 0, run.output + run.errors
    return str(run.result["dub"]["id"])


@pytest.fixture(scope="module")
def told(stack: RunningStack, job_id: str) -> dict:  # type: ignore[type-arg]
    run = stack.polydub("trace", job_id, "--json")
    assert run.status == 0, run.errors
    return dict(run.result["trace"])


async def spans_of(collector: Collector, trace_id: str) -> list[Span]:
    """The job's spans, once the last process has sent its own."""

    async def all_there() -> bool:
        named = {span.name for span in collector.of_trace(trace_id)}
        return {"project muxing", *(f"{name} handle" for name in AT_WORK)} <= named and not (
            orphans(collector.of_trace(trace_id))
        )

    await poll_until(all_there, "the job's spans", timeout_s=60)
    return collector.of_trace(trace_id)


def orphans(spans: list[Span]) -> list[Span]:
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id and span.parent_id not in known]


async def test_a_job_is_one_trace_without_gaps(
    collector: Collector, job_id: str, told: dict[str, str]
) -> None:
    spans = await spans_of(collector, told["trace_id"])
    assert [span.name for span in spans if not span.parent_id] == ["POST /v1/dubs"]
    assert orphans(spans) == []
    assert {span.service for span in spans} >= {"gateway", *AT_WORK}
    strangers = {
        span.trace_id for span in collector.spans if span.about.get("polydub.job_id") == job_id
    } - {told["trace_id"]}
    named = {span.name for span in collector.spans if span.trace_id in strangers}
    assert not [name for name in named if name.endswith(" handle")]


async def test_spans_tell_what_they_are_about(
    collector: Collector, job_id: str, told: dict[str, str]
) -> None:
    spans = await spans_of(collector, told["trace_id"])
    by_id = {span.span_id: span for span in spans}
    # Before a job has its id, the gateway asks which engines there are.
    about_job = [s for s in spans if s.service != "gateway" and "ListEngines" not in s.name]
    about_job += [span for span in spans if not span.parent_id]
    assert {span.about.get("polydub.job_id") for span in about_job} == {job_id}
    for span in spans:
        if span.name == "tts handle":
            assert span.about["polydub.language"] == "fr"
            assert span.about["polydub.part"] == 0
            assert span.about["polydub.outcome"] in ("completed", "reused")
    engines = {
        span.about["polydub.engine"]: by_id[span.parent_id].service
        for span in spans
        if "polydub.engine" in span.about
    }
    assert "tts" in engines.values() and "translation" in engines.values()


async def test_spans_tell_no_names_and_no_addresses(
    collector: Collector, told: dict[str, str]
) -> None:
    await spans_of(collector, told["trace_id"])
    said = {str(value) for span in collector.spans for value in (span.name, *span.about.values())}
    assert "/v1/dubs/{dub_id}/artifacts/{name}" in said  # its files were fetched
    assert not [each for each in said if "polydub-sample" in each or "://" in each]


async def test_calls_between_components_are_in_it(
    collector: Collector, told: dict[str, str]
) -> None:
    """Muxing has asr listen to the finished dub."""
    spans = await spans_of(collector, told["trace_id"])
    served = [span for span in spans if span.name == "Asr/Transcribe"]
    by_id = {span.span_id: span for span in spans}
    assert {by_id[span.parent_id].service for span in served} == {"muxing"}


def test_log_lines_carry_the_job_and_its_trace(
    stack: RunningStack, job_id: str, told: dict[str, str]
) -> None:
    for name in AT_WORK:
        lines = (stack.stack.var / "log" / f"{name}.log").read_text().splitlines()
        of_job = [json.loads(line) for line in lines if f'"{job_id}"' in line]
        handled = [line for line in of_job if line["event"] == "handled"]
        assert handled, name
        assert {line["trace_id"] for line in handled} == {told["trace_id"]}


def test_the_command_shows_where_the_time_went(
    stack: RunningStack, job_id: str, told: dict[str, str]
) -> None:
    pieces = {piece["stage"]: piece for piece in told["pieces"]}
    assert set(pieces) - {"gateway"} == AT_WORK
    assert all(piece["worked_ms"] <= told["took_ms"] for piece in pieces.values())
    shown = stack.polydub("trace", job_id)
    assert shown.status == 0
    assert told["trace_url"] in shown.output.replace("\n", "")
    assert re.search(r"^tts part 0 fr +·*█+", shown.output, re.M), shown.output
