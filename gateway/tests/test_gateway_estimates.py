"""Estimates and further languages over HTTP; what was measured, in either database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from polydub.settings import CommonSettings
from polydub.store import open_store
from polydub.testing import poll_until
from polydub.v1 import events_pb2
from polydub_gateway.db import Database
from polydub_gateway.estimates.keeping import MeasuredRates, learn
from polydub_gateway.estimates.rates import WORKER_SECONDS
from polydub_gateway.jobs.progress import fold
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.words.memory import Correction, Memory

pytestmark = pytest.mark.integration

SOURCE_S = 12.5
"""What the probe finds."""


@pytest.fixture
def named_engines(stages: Any, make_engine: Any, make_pair: Any) -> None:
    """The engines that a story's events name."""
    pairs = [make_pair("en", tag) for tag in ("es", "fr", "de")]
    for stage in ("separation", "diarization", "asr", "translation", "tts", "muxing"):
        facts = {"pairs": pairs, "device": "cloud"} if stage == "translation" else {}
        stages.engines[stage] = [make_engine(f"{stage}-engine", **facts)]


@pytest.fixture
async def priced(
    tmp_path: Path, nats_url: str, stages: Any, named_engines: None, start_gateway: Any
) -> Any:
    prices = {"translation-engine": {"characters": 0.01}}
    settings = {"prices": prices, "currency": "EUR"}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as running:
        await running.ready()
        yield running


def timed(told: Sequence[events_pb2.Event]) -> Sequence[events_pb2.Event]:
    """The events a second apart, as a pipeline with one worker would tell them."""
    began_ms = told[0].envelope.emitted_at_ms
    for second, event in enumerate(told, 1):
        event.envelope.emitted_at_ms = began_ms + 1000 * second
        if event.envelope.stage == "translation":
            event.completed.usage.add(engine="translation-engine", unit="characters", quantity=50)
    return told


async def estimate(gateway: Any, video_id: str, *targets: str, **asked: Any) -> dict[str, Any]:
    body = {"video_id": video_id, "target_languages": targets, **asked}
    answer = await gateway.http.post("/v1/estimates", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_estimate_is_honest_and_then_measured(
    priced: Any, story_of: Any, tell: Any
) -> None:
    video = (await priced.upload()).json()
    unknown = {"is_measured": False, "seconds": None, "cost": None}
    assert {key: video["estimate"][key] for key in unknown} == unknown
    before = await estimate(priced, video["id"], "es")
    assert {key: before[key] for key in unknown} == unknown
    assert [each["engines"] for each in before["stages"]][:2] == [
        ["separation-engine"], ["diarization-engine"],
    ]  # fmt: skip
    assert [each["cost"] for each in before["stages"]] == [0, 0, 0, None, 0, 0]

    dub = await priced.dub("es", "fr")
    assert (dub["expected_s"], dub["eta_s"]) == (None, None)
    await tell(timed((await story_of(dub)).whole()[1:]))
    done = await priced.until(dub["id"], "completed")
    after = await estimate(priced, video["id"], "es", "fr")
    assert (after["is_measured"], after["currency"]) == (True, "EUR")
    assert after["seconds"] == pytest.approx(sum(each["seconds"] for each in after["stages"]))
    assert after["cost"] == pytest.approx(done["cost"])
    assert after["seconds_at_most"] is None
    one = await estimate(priced, video["id"], "es")
    seen = (await priced.http.get(f"/v1/videos/{video['id']}")).json()["estimate"]
    assert (seen["seconds"], seen["cost"]) == (one["seconds"], pytest.approx(one["cost"]))
    further = seen["seconds_per_further_language"]
    assert after["seconds"] - one["seconds"] == pytest.approx(further, abs=0.1)
    assert [each["id"] for each in (await priced.http.get("/v1/dubs")).json()["dubs"]] == [
        dub["id"]
    ]


async def test_streams_and_answers_tell_the_same_eta(priced: Any, story_of: Any, tell: Any) -> None:
    first = await priced.dub("es")
    await tell(timed((await story_of(first)).whole()[1:]))
    await priced.until(first["id"], "completed")
    dub = await priced.dub("es", "fr")
    assert dub["expected_s"] == dub["eta_s"] is not None
    told = await story_of(dub)
    assert sum(told.accepted.accepted.expected_s.values()) == pytest.approx(
        dub["expected_s"], abs=0.1
    )
    events = timed(told.whole()[1:6])
    (*_, last) = await tell(events)
    async with priced.http.stream("GET", f"/v1/dubs/{dub['id']}/events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                sequence = int(line[3:])
            if line.startswith("data:") and sequence == last:
                streamed = json.loads(line[5:])
                break
    assert 0 < streamed["eta_s"] < dub["expected_s"]

    async def projected() -> bool:
        seen = (await priced.http.get(f"/v1/dubs/{dub['id']}")).json()
        return bool(seen["eta_s"] == streamed["eta_s"])

    await poll_until(projected, "the answer to tell what the stream tells")


async def test_what_can_not_be_dubbed_is_not_estimated(priced: Any) -> None:
    video = (await priced.upload()).json()
    for wrong, status, code in (
        ({"video_id": "vid_none"}, 404, "not_found"),
        ({"target_languages": ["ja"]}, 422, "unsupported_language_pair"),
        ({"target_languages": ["?"]}, 422, "invalid_request"),
        ({"engines": {"tts": "nothing"}}, 422, "invalid_request"),
    ):
        body = {"video_id": video["id"], "target_languages": ["es"], **wrong}
        answer = await priced.http.post("/v1/estimates", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_what_was_measured_is_kept(database_url: str, story: Any, record: Any) -> None:
    database = Database(database_url)
    await database.migrate()
    state = fold("dub_1", record(timed(story.of().whole())))
    kept = MeasuredRates(database)
    assert (await kept.read()).known == {}
    for job in (1, 2):
        async with database.session() as session:
            await learn(session, state, SOURCE_S, now_ms=job)
    rates = await kept.read()
    asr = rates.value("asr", "asr-engine", WORKER_SECONDS)
    assert asr == pytest.approx(2 * 1.0 / SOURCE_S)
    assert {rate.jobs for rate in rates.known.values()} == {2}
    assert {rate.updated_at_ms for rate in rates.known.values()} == {2}
    await database.aclose()


# --- further languages -----------------------------------------------------------------------


async def finished(gateway: Any, story_of: Any, tell: Any, *tags: str, **asked: Any) -> Any:
    dub = await gateway.dub(*tags, **asked)
    await tell(timed((await story_of(dub)).whole()[1:]))
    return await gateway.until(dub["id"], "completed")


async def add(gateway: Any, dub: Any, *tags: str) -> Any:
    return await gateway.http.post(
        f"/v1/dubs/{dub['id']}/languages", json={"target_languages": tags}
    )


async def test_a_language_is_added_to_a_finished_dub(
    priced: Any, story_of: Any, tell: Any, tmp_path: Path
) -> None:
    dub = await finished(priced, story_of, tell, "es", glossary=[{"source": "bed"}])
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    memory = Memory(database, open_store(CommonSettings(store_dir=priced.store_dir)))
    for tag in ("es", "fr"):
        await memory.remember("local", [Correction("en", tag, "It is late.", f"{tag}!")])
    await database.aclose()

    answer = await add(priced, dub, "FR", "es")
    assert answer.status_code == 202, answer.text
    more = answer.json()
    assert (more["id"], more["revision"], more["state"]) == (dub["id"], 1, "queued")
    assert more["target_languages"] == ["es", "fr"]
    assert [len(each["artifacts"]) for each in more["languages"]] == [1, 0]
    told = await story_of(more)
    spec = told.accepted.spec
    assert [each.source for each in spec.glossary] == ["bed"]
    (remembered,) = spec.memories
    assert remembered.target_language == "fr"
    stored = (priced.store_dir / remembered.key).read_text()
    assert json.loads(stored)["entries"][0]["text"] == "fr!"
    # Of the whole, only the new language's work is expected.
    assert 0 < more["expected_s"] < (await estimate(priced, dub["video_id"], "fr"))["seconds"]

    again = await add(priced, dub, "fr")
    assert (again.status_code, again.json()["revision"]) == (202, 1)
    other = await add(priced, dub, "de")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    await tell(told.whole()[1:5])
    running = await priced.until(dub["id"], "processing")
    assert [len(each["artifacts"]) for each in running["languages"]] == [1, 0]
    await tell(told.whole()[5:])
    done = await priced.until(dub["id"], "completed")
    assert [len(each["artifacts"]) for each in done["languages"]] == [1, 1]
    known = await add(priced, dub, "es", "fr")
    assert (known.status_code, known.json()["code"]) == (422, "invalid_request")
    assert "retry" in known.json()["hint"]


async def test_only_what_can_be_dubbed_is_added(priced: Any, story_of: Any, tell: Any) -> None:
    dub = await finished(priced, story_of, tell, "es")
    for tags, status, code in (
        (("ja",), 422, "unsupported_language_pair"),
        (("?",), 422, "invalid_request"),
        ((), 422, "invalid_request"),
    ):
        answer = await add(priced, dub, *tags)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await add(priced, {"id": "dub_none"}, "fr")).status_code == 404
    assert (await priced.http.get(f"/v1/dubs/{dub['id']}")).json()["revision"] == 0


async def test_languages_that_are_added_count(
    tmp_path: Path, nats_url: str, stages: Any, named_engines: None, start_gateway: Any,
    story_of: Any, tell: Any,
) -> None:  # fmt: skip
    limits = LimitSettings(quota_minutes=2 * SOURCE_S / 60)
    async with start_gateway(tmp_path, nats_url, stages.address, limits=limits) as gateway:
        await gateway.ready()
        dub = await finished(gateway, story_of, tell, "es", use_memory=False)
        refused = await add(gateway, dub, "fr", "de")
        assert refused.json()["code"] == "quota_exceeded", refused.text
        more = await add(gateway, dub, "fr")
        assert more.status_code == 202, more.text
        assert (await gateway.http.get("/v1/usage")).json()["months"][0]["languages"] == 2
