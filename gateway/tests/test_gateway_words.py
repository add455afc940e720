"""Glossaries that are kept, and what is remembered of people's corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polydub.artifacts import read_document
from polydub.settings import CommonSettings
from polydub.store import open_store
from polydub.v1 import translation_pb2
from polydub_gateway.db import Database
from polydub_gateway.words.memory import Correction, Memory, entry_id, likeness

pytestmark = pytest.mark.integration

TERMS = [{"source": "bed", "target": "fondo", "target_language": "es"}]


async def glossary(gateway: Any, name: str = "Products", terms: Any = TERMS) -> dict[str, Any]:
    answer = await gateway.http.post("/v1/glossaries", json={"name": name, "terms": terms})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/glossaries/{made['id']}"
    return made


async def test_a_dub_has_the_terms_of_the_glossaries_it_names(gateway: Any, story_of: Any) -> None:
    first = await glossary(gateway)
    second = await glossary(gateway, "People", [*TERMS, {"source": " Anna "}])
    dub = await gateway.dub(
        "es", glossary=[{"source": "Polydub"}], glossary_ids=[first["id"], second["id"]]
    )
    spec = (await story_of(dub)).accepted.spec
    assert [(each.source, each.target) for each in spec.glossary] == [
        ("Polydub", ""), ("bed", "fondo"), ("Anna", ""),
    ]  # fmt: skip
    body = {"video_id": dub["video_id"], "target_languages": ["es"], "glossary_ids": ["glo_none"]}
    unknown = await gateway.http.post("/v1/dubs", json=body)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_a_glossary_is_changed_by_those_who_saw_it(gateway: Any) -> None:
    made = await glossary(gateway)
    path = f"/v1/glossaries/{made['id']}"
    wanted = {"name": "Goods", "terms": [{"source": "tray"}]}
    changed = await gateway.http.put(path, json=wanted, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["revision"]) == ("Goods", 2)
    late = await gateway.http.put(path, json=wanted, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "revision_mismatch")
    assert (await gateway.http.get(path)).json() == late.json()["current"]
    blind = await gateway.http.put(path, json=wanted)
    assert blind.status_code == 428
    empty = {"name": "Goods", "terms": [{"source": " "}]}
    wrong = await gateway.http.put(path, json=empty, headers={"If-Match": '"2"'})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    listed = (await gateway.http.get("/v1/glossaries")).json()["glossaries"]
    assert [each["name"] for each in listed] == ["Goods"]
    assert (await gateway.http.delete(path)).status_code == 204
    assert (await gateway.http.get(path)).status_code == 404


@pytest.fixture
async def memory(tmp_path: Path) -> Any:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/words.db")
    await database.migrate()
    yield Memory(database, open_store(CommonSettings(store_dir=tmp_path / "store")))
    await database.aclose()


async def test_the_newest_correction_of_a_sentence_stands(memory: Memory, tmp_path: Path) -> None:
    station = Correction("en", "es", "Where is the station?", "¿Dónde está?")
    await memory.remember("org", [station, Correction("en", "es", "Late.", "Tarde.")])
    again = Correction("en", "es", "where is the STATION", "¿Y la estación?")
    await memory.remember("org", [again])
    await memory.remember("other", [Correction("en", "es", "Secret.", "Secreto.")])
    entries = await memory.entries("org", target_language="es", after=None, limit=10)
    assert [each.correction.text for each in entries] == ["¿Y la estación?", "Tarde."]
    (kept,) = await memory.kept("org", "vid_1", "en", ["es", "fr"])
    store = open_store(CommonSettings(store_dir=tmp_path / "store"))
    document = await read_document(store, kept.key, translation_pb2.MemoryDocument)
    assert (kept.target_language, document.source_language) == ("es", "en")
    assert {each.text for each in document.entries} == {"¿Y la estación?", "Tarde."}
    assert await memory.kept("org", "vid_1", "de", ["es"]) == []
    assert len(await memory.kept("org", "vid_1", "auto", ["es"])) == 1


async def test_likes_are_offered_the_likest_first(memory: Memory) -> None:
    await memory.remember(
        "org",
        [
            Correction("en", "es", "The train to London is late.", "Se retrasa."),
            Correction("en", "es", "The train to Paris is late today.", "Hoy se retrasa."),
            Correction("en", "es", "Good morning.", "Buenos días."),
            Correction("de", "es", "The train to London is late.", "Alemán."),
        ],
    )
    sought = Correction("en", "es", "The train to London is late today.", "")
    assert await memory.alike("org", sought) == ["Se retrasa.", "Hoy se retrasa."]
    assert await memory.alike("other", sought) == []


def test_two_sentences_are_one_entry_where_only_case_and_marks_differ() -> None:
    def named(text: str, target: str = "es") -> str:
        return entry_id("org", Correction("en", target, text, "x"))

    assert named("Hello, world!") == named("hello world")
    assert named("Hello, world!") != named("hello worlds")
    assert named("Hello") != named("Hello", "fr")
    assert likeness("a b c d", "a b c d") == 1
    assert likeness("a b c d", "w x y z") == 0
