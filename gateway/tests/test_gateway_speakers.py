"""Registered speakers, and the speakers of dubs that are one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from polydub.errors import StageError
from polydub_gateway.db import Database
from polydub_gateway.edits import speakers as linking
from polydub_gateway.registry import speakers
from polydub_gateway.registry.speakers import Registry
from polydub_gateway.stages import StageClients

pytestmark = pytest.mark.integration

VOICES = {"es": "espeak/es", "fr": "espeak/gone", "it": "espeak/it"}
"""For a dub to Spanish and French: one to take over, one that is not there, one of no use."""


def at(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'}


async def registered(
    gateway: Any, name: str = "Katie", voices: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = await gateway.http.post("/v1/speakers", json={"name": name, "voices": voices or {}})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/speakers/{made['id']}"
    return made


async def speakers_of(gateway: Any, dub: dict[str, Any]) -> dict[str, dict[str, Any]]:
    script = (await gateway.http.get(f"/v1/dubs/{dub['id']}/segments")).json()
    return {each["id"]: each for each in script["speakers"]}


async def test_a_registered_speaker_is_changed_by_those_who_saw_them(gateway: Any) -> None:
    made = await registered(gateway, " Zoë ", {"ES": "espeak/es"})
    assert (made["name"], made["voices"], made["revision"]) == ("Zoë", {"es": "espeak/es"}, 1)
    path = f"/v1/speakers/{made['id']}"
    assert (await gateway.http.get(path)).json() == made
    wanted = {"name": "Zoe", "voices": {"fr": "espeak/fr"}}
    changed = (await gateway.http.put(path, json=wanted, headers=at(1))).json()
    assert (changed["name"], changed["voices"], changed["revision"]) == (*wanted.values(), 2)
    late = await gateway.http.put(path, json=wanted, headers=at(1))
    assert (late.status_code, late.json()["code"]) == (412, "revision_mismatch")
    assert (await gateway.http.get(path)).json() == late.json()["current"]
    assert (await gateway.http.put(path, json=wanted)).status_code == 428
    await registered(gateway, "anna")
    listed = (await gateway.http.get("/v1/speakers")).json()["speakers"]
    assert [each["name"] for each in listed] == ["anna", "Zoe"]
    assert (await gateway.http.delete(path)).status_code == 204
    assert (await gateway.http.get(path)).status_code == 404


async def test_no_two_have_the_same_name(gateway: Any) -> None:
    await registered(gateway, "Zoë")
    other = await registered(gateway, "Katie")
    same = {"name": " ZOE\N{COMBINING DIAERESIS} "}
    path = f"/v1/speakers/{other['id']}"
    for answer in (
        await gateway.http.post("/v1/speakers", json=same),
        await gateway.http.put(path, json=same, headers=at(1)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert answer.json()["hint"]
    own = await gateway.http.put(path, json={"name": "KATIE"}, headers=at(1))
    assert (own.status_code, own.json()["name"]) == (200, "KATIE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "Katie", "voices": {"no language": "espeak/es"}},
        {"name": "Katie", "voices": {"es": ""}},
        {"name": "Katie", "voice": "espeak/es"},
    ],
)
async def test_what_is_no_speaker_is_refused(gateway: Any, wrong: dict[str, Any]) -> None:
    answer = await gateway.http.post("/v1/speakers", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    database = Database(database_url)
    await database.migrate()
    yield Registry(database)
    await database.aclose()


async def test_one_of_two_at_once_gets_the_name(registry: Registry) -> None:
    made = await asyncio.gather(
        *(registry.create("org", name, {}) for name in ("Katie", "KATIE")), return_exceptions=True
    )
    (refused,) = [each for each in made if isinstance(each, StageError)]
    assert refused.code == "conflict"
    assert len(await registry.list("org")) == 1


async def test_one_of_two_changes_at_once_stands(registry: Registry) -> None:
    katie = await registry.create("org", "Katie", {})
    made = await asyncio.gather(
        *(registry.replace("org", katie.id, name, {}, revision=1) for name in ("Kate", "Kit")),
        return_exceptions=True,
    )
    (refused,) = [each for each in made if isinstance(each, StageError)]
    assert refused.code == "revision_mismatch"
    assert (await registry.get("org", katie.id)).revision == 2


async def test_an_organisation_has_only_so_many_and_only_its_own(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speakers, "MOST_SPEAKERS", 2)
    katie, _ = [await registry.create("org", name, {}) for name in ("Katie", "Anna")]
    with pytest.raises(StageError) as full:
        await registry.create("org", "Ben", {})
    assert full.value.code == "quota_exceeded"
    await registry.create("other", "Katie", {})
    with pytest.raises(StageError) as missing:
        await registry.get("other", katie.id)
    assert missing.value.code == "not_found"


async def test_who_is_linked_takes_over_name_and_voices(
    gateway: Any, finished: Any, story_of: Any
) -> None:
    dub = await finished()
    await speakers_of(gateway, dub)
    known = await registered(gateway, voices=VOICES)
    path = f"/v1/dubs/{dub['id']}/speakers/S1"
    await gateway.http.patch(path, json={"voices": {"fr": "espeak/fr-be"}}, headers=at(1))
    link = {"registered_id": known["id"]}
    linked = await gateway.http.patch(path, json=link, headers=at(2))
    assert linked.json() == {
        "id": "S1", "name": "Katie", "voices": {"es": "espeak/es", "fr": "espeak/fr-be"},
        "registered_id": known["id"], "revision": 3,
    }  # fmt: skip
    again = {"name": "Kate", "voices": {}}
    await gateway.http.put(f"/v1/speakers/{known['id']}", json=again, headers=at(1))
    assert (await speakers_of(gateway, dub))["S1"] == linked.json()
    renamed = await gateway.http.patch(path, json={"name": "K."}, headers=at(3))
    assert renamed.json()["registered_id"] == known["id"]
    free = await gateway.http.patch(path, json={"registered_id": None}, headers=at(4))
    assert free.json() == {**linked.json(), "name": "K.", "registered_id": None, "revision": 5}
    made = (await gateway.http.post(f"/v1/dubs/{dub['id']}/regenerate")).json()
    spoken = (await story_of(made["dub"])).accepted.spec.voices
    assert [(each.target_language, each.voice_id) for each in spoken] == [
        ("es", "espeak/es"), ("fr", "espeak/fr-be"),
    ]  # fmt: skip


async def test_what_the_change_itself_says_wins(gateway: Any, finished: Any) -> None:
    dub = await finished()
    await speakers_of(gateway, dub)
    known = await registered(gateway, voices={"es": "espeak/es", "fr": "espeak/fr"})
    path = f"/v1/dubs/{dub['id']}/speakers/S2"
    change = {"registered_id": known["id"], "name": "Kit", "voices": {"es": None}}
    linked = await gateway.http.patch(path, json=change, headers=at(1))
    assert (linked.json()["name"], linked.json()["voices"]) == ("Kit", {"fr": "espeak/fr"})
    nobody = await gateway.http.patch(path, json={"registered_id": "spk_none"}, headers=at(2))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")
    late = await gateway.http.patch(path, json={"registered_id": None}, headers=at(1))
    assert late.status_code == 412
    assert (await speakers_of(gateway, dub))["S2"] == linked.json()


async def test_a_speaker_of_a_dub_is_registered(gateway: Any, finished: Any) -> None:
    dub = await finished()
    await speakers_of(gateway, dub)
    path = f"/v1/dubs/{dub['id']}/speakers/S1"
    await gateway.http.patch(path, json={"voices": {"fr": "espeak/de"}}, headers=at(1))
    blind = await gateway.http.post(f"{path}/register")
    assert blind.status_code == 428
    late = await gateway.http.post(f"{path}/register", headers=at(1))
    assert late.status_code == 412
    assert (await gateway.http.get("/v1/speakers")).json() == {"speakers": []}
    answer = await gateway.http.post(f"{path}/register", json={"name": "Katie"}, headers=at(2))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/v1/speakers/{made['id']}"
    assert (made["name"], made["voices"]) == ("Katie", {"es": "espeak/es", "fr": "espeak/de"})
    there = await speakers_of(gateway, dub)
    assert there["S1"] == {
        "id": "S1", "name": "Katie", "voices": {"fr": "espeak/de"}, "registered_id": made["id"],
        "revision": 3,
    }  # fmt: skip
    taken = await gateway.http.post(
        f"/v1/dubs/{dub['id']}/speakers/S2/register", json={"name": "katie"}, headers=at(1)
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert (await speakers_of(gateway, dub)) == there
    own = await gateway.http.post(f"/v1/dubs/{dub['id']}/speakers/S2/register", headers=at(1))
    assert (own.json()["name"], own.json()["voices"]["fr"]) == ("S2", "espeak/fr")
    missing = await gateway.http.post(f"/v1/dubs/{dub['id']}/speakers/S9/register", headers=at(1))
    assert missing.status_code == 404


async def test_dubs_stay_as_they_are_when_a_registered_speaker_goes(
    gateway: Any, finished: Any
) -> None:
    dub = await finished()
    await speakers_of(gateway, dub)
    known = await registered(gateway, voices={"es": "espeak/es"})
    path = f"/v1/dubs/{dub['id']}/speakers/S1"
    link = {"registered_id": known["id"]}
    linked = (await gateway.http.patch(path, json=link, headers=at(1))).json()
    assert (await gateway.http.delete(f"/v1/speakers/{known['id']}")).status_code == 204
    assert (await speakers_of(gateway, dub))["S1"] == {**linked, "registered_id": None}


async def test_nobody_is_linked_who_is_deleted_meanwhile(
    gateway: Any, finished: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dub = await finished()
    before = await speakers_of(gateway, dub)
    known = await registered(gateway)
    found = linking._as_registered

    async def and_deleted(*asked: Any) -> Any:
        change = await found(*asked)
        await gateway.http.delete(f"/v1/speakers/{known['id']}")
        return change

    monkeypatch.setattr(linking, "_as_registered", and_deleted)
    link = {"registered_id": known["id"]}
    path = f"/v1/dubs/{dub['id']}/speakers/S1"
    late = await gateway.http.patch(path, json=link, headers=at(1))
    assert (late.status_code, late.json()["code"]) == (404, "not_found")
    assert await speakers_of(gateway, dub) == before


async def test_voices_are_taken_over_only_when_it_is_known_which_there_are(
    gateway: Any, finished: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dub = await finished()
    await speakers_of(gateway, dub)
    known = await registered(gateway, voices={"es": "espeak/es"})

    async def away(_: StageClients, language: str) -> Any:
        raise StageError("stage_unavailable", "Nobody answers.", retryable=True)

    monkeypatch.setattr(StageClients, "voices", away)
    path = f"/v1/dubs/{dub['id']}/speakers/S1"
    link = {"registered_id": known["id"]}
    refused = await gateway.http.patch(path, json=link, headers=at(1))
    assert (refused.status_code, refused.json()["code"]) == (503, "stage_unavailable")
    named = await gateway.http.patch(path, json={"name": "Katie"}, headers=at(1))
    assert named.status_code == 200
