"""Watching and fetching: server-sent events, resumed exactly; files, whole and in ranges."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from polydub.bus import Bus
from polydub.pipeline import STREAM, job_subjects
from polydub.testing import poll_until

pytestmark = pytest.mark.integration


async def events_of(
    gateway: Any, dub_id: str, *, limit: int | None = None, headers: Any = None, **params: Any
) -> list[tuple[int, dict[str, Any]]]:
    """The messages of a stream, to its end or to a number of them."""
    found: list[tuple[int, dict[str, Any]]] = []
    url = f"/v1/dubs/{dub_id}/events"
    async with gateway.http.stream("GET", url, headers=headers, params=params) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        sequence = 0
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                sequence = int(line.removeprefix("id: "))
            if line.startswith("data: "):
                found.append((sequence, json.loads(line.removeprefix("data: "))))
                if len(found) == limit:
                    break
    return found


async def test_the_stream_tells_the_whole_story_and_ends(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es", "fr")
    told = await story_of(dub, parts=1)
    sequences = await tell(told.whole()[1:])
    messages = await events_of(gateway, dub["id"])
    assert [sequence for sequence, _ in messages][1:] == sequences
    bodies = [body for _, body in messages]
    assert [body["type"] for body in bodies] == ["progress"] * (len(bodies) - 1) + ["ended"]
    progress = [body["progress"] for body in bodies]
    assert progress == sorted(progress)
    assert (bodies[0]["state"], bodies[-1]["state"]) == ("queued", "completed")
    assert bodies[-1]["job_id"] == dub["id"]
    assert {each["language"]: each["state"] for each in bodies[-1]["languages"]} == {
        "es": "completed",
        "fr": "completed",
    }
    assert any(body["message"] == "Separating" for body in bodies)


async def test_a_stream_is_resumed_exactly(gateway: Any, story_of: Any, tell: Any) -> None:
    dub = await gateway.dub("es")
    told = (await story_of(dub)).whole()[1:]
    await tell(told[:4])
    first = await events_of(gateway, dub["id"], limit=3)
    await tell(told[4:])
    resumed = await events_of(gateway, dub["id"], headers={"Last-Event-ID": str(first[-1][0])})
    await gateway.until(dub["id"], "completed")
    whole = await events_of(gateway, dub["id"])
    assert first + resumed == whole
    assert await events_of(gateway, dub["id"], after=first[-1][0]) == resumed
    # Who has seen the end is told not to come again.
    done = await gateway.http.get(
        f"/v1/dubs/{dub['id']}/events", headers={"Last-Event-ID": str(whole[-1][0])}
    )
    assert done.status_code == 204


async def test_live_events_arrive_while_the_job_runs(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    told = (await story_of(dub, parts=1)).whole()[1:]
    url = f"/v1/dubs/{dub['id']}/events"
    async with gateway.http.stream("GET", url) as answer:
        lines = answer.aiter_lines()
        for event in told:
            await tell([event])
            while not (await anext(lines)).startswith("data: "):
                pass
        rest = [line async for line in lines if line.startswith("data: ")]
    assert len(rest) == 1  # the accepted event had come first


async def followers(bus: Bus, dub_id: str) -> int:
    """How many consumers the broker keeps for a dub."""
    found = await bus._js.consumers_info(STREAM)
    return sum(each.config.filter_subject == job_subjects(dub_id) for each in found)


async def test_fifty_readers_of_a_dub_cost_one_consumer_and_hear_the_same(
    gateway: Any, story_of: Any, tell: Any, bus: Bus
) -> None:
    dub = await gateway.dub("es")
    told = (await story_of(dub, parts=1)).whole()[1:]

    async def nobody_follows() -> bool:
        return not await followers(bus, dub["id"])

    await poll_until(nobody_follows, "this test's own look to be over")
    heard: list[list[str]] = []
    async with AsyncExitStack() as stack:

        async def read() -> tuple[list[str], AsyncIterator[str]]:
            """A reader who has heard the first message."""
            stream = gateway.http.stream("GET", f"/v1/dubs/{dub['id']}/events")
            lines = (await stack.enter_async_context(stream)).aiter_lines()
            heard.append([])
            async for line in lines:
                if line.startswith("data: "):
                    heard[-1].append(line)
                    break
            return heard[-1], lines

        early = [await read() for _ in range(25)]
        await tell(told[:4])
        late = [await read() for _ in range(25)]
        assert await followers(bus, dub["id"]) == 1
        await tell(told[4:])
        for found, lines in early + late:
            found += [line async for line in lines if line.startswith("data: ")]
    assert len(heard[0]) == len(told) + 1
    assert heard == [heard[0]] * 50
    await poll_until(nobody_follows, "the consumer to be gone")


async def test_a_retried_job_streams_its_present_run(
    gateway: Any, story_of: Any, tell: Any
) -> None:
    dub = await gateway.dub("es")
    await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")
    again = (await gateway.http.post(f"/v1/dubs/{dub['id']}/retry")).json()
    await tell((await story_of(again)).whole()[1:])
    bodies = [body for _, body in await events_of(gateway, dub["id"])]
    assert (bodies[0]["state"], bodies[-1]["state"]) == ("queued", "completed")
    assert [body["type"] for body in bodies].count("ended") == 1


async def test_a_job_older_than_the_stream_still_tells_its_end(
    gateway: Any, story_of: Any, tell: Any, bus: Bus
) -> None:
    dub = await gateway.dub("es")
    await tell((await story_of(dub)).whole()[1:])
    await gateway.until(dub["id"], "completed")
    await bus._js.purge_stream("POLYDUB", subject=f"polydub.v1.*.*.{dub['id']}")
    [(_, body)] = await events_of(gateway, dub["id"])
    assert (body["type"], body["state"]) == ("ended", "completed")


async def test_streams_end_when_the_gateway_stops(gateway: Any) -> None:
    dub = await gateway.dub("es")
    async with gateway.http.stream("GET", f"/v1/dubs/{dub['id']}/events") as answer:
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith("data: "):
            pass
        gateway.stopping.set()
        assert not [line async for line in lines if line.startswith("data: ")]
    await gateway.serving


async def test_unknown_dubs_have_no_stream(gateway: Any) -> None:
    assert (await gateway.http.get("/v1/dubs/dub_none/events")).status_code == 404


# --- files -----------------------------------------------------------------------------------

CONTENT = bytes(range(200))


@pytest.fixture
async def artifact(gateway: Any, story_of: Any, tell: Any) -> str:
    """The URL of a finished file with an awkward name."""
    dub = await gateway.dub("es")
    told = await story_of(dub)
    file = told.file("es", len(CONTENT))
    file.name = 'Año "1".es.mp4'
    path = gateway.store_dir / file.key
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    await tell([*told.shared()[1:], *told.spoken("es"), told.muxed("es", files=[file])])
    await gateway.until(dub["id"], "completed")
    listed = (await gateway.http.get(f"/v1/dubs/{dub['id']}/artifacts")).json()["artifacts"]
    assert [(each["name"], each["size_bytes"]) for each in listed] == [(file.name, len(CONTENT))]
    url: str = listed[0]["url"]
    return url


async def test_files_are_served_whole_and_in_ranges(gateway: Any, artifact: str) -> None:
    whole = await gateway.http.get(artifact)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert "filename*=UTF-8''A%C3%B1o%20%221%22.es.mp4" in whole.headers["content-disposition"]
    etag = whole.headers["etag"]

    part = await gateway.http.get(artifact, headers={"Range": "bytes=10-19", "If-Range": etag})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part.headers["content-range"] == "bytes 10-19/200"
    assert part.headers["content-length"] == "10"
    stale = await gateway.http.get(artifact, headers={"Range": "bytes=10-19", "If-Range": '"x"'})
    assert (stale.status_code, stale.content) == (200, CONTENT)
    beyond = await gateway.http.get(artifact, headers={"Range": "bytes=200-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */200")
    assert beyond.json()["code"] == "range_not_satisfiable"
    head = await gateway.http.head(artifact)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "200"
    same = await gateway.http.get(artifact, headers={"If-None-Match": etag})
    assert same.status_code == 304
    inline = await gateway.http.get(artifact, params={"inline": True})
    assert inline.headers["content-disposition"].startswith("inline")
    missing = await gateway.http.get(artifact.rsplit("/", 1)[0] + "/nothing.mp4")
    assert missing.status_code == 404


# --- the deployment --------------------------------------------------------------------------


async def test_engines_and_languages(gateway: Any) -> None:
    stages = (await gateway.http.get("/v1/engines")).json()["stages"]
    asr = next(stage for stage in stages if stage["stage"] == "asr")
    assert [each["id"] for each in asr["engines"]] == ["whisper", "sphinx"]
    assert asr["engines"][0]["remedy"] == "run make models"
    assert asr["engines"][1]["quality"] == "draft"
    pairs = (await gateway.http.get("/v1/languages")).json()["pairs"]
    assert pairs[1] == {
        "source": "en", "target": "fr", "via": ["es"],
        "source_name": "English", "target_name": "French",
    }  # fmt: skip


async def test_metrics_name_routes_not_urls(gateway: Any) -> None:
    dub = await gateway.dub("es")
    await gateway.http.get(f"/v1/dubs/{dub['id']}")
    await gateway.http.get("/v1/nowhere/secret")
    text = (await gateway.http.get("/metrics")).text
    assert 'polydub_http_seconds_count{method="GET",route="/v1/dubs/{dub_id}",status="200"}' in text
    assert 'route="unrouted",status="404"' in text
    assert "secret" not in text
    assert dub["id"] not in text
