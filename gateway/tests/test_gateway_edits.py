"""Correcting a dub over HTTP, and what the stages are given of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from scripted_dubs import SAID, transcript, translation

from polydub.artifacts import ArtifactFolder, dump_document, read_document
from polydub.store import ObjectStore
from polydub.testing import poll_until
from polydub.v1 import asr_pb2, events_pb2, translation_pb2
from polydub_gateway.edits import lines
from polydub_gateway.edits.scripts import Scripts

pytestmark = pytest.mark.integration


def at(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'}


async def segments(gateway: Any, dub: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = await gateway.http.get(f"/v1/dubs/{dub['id']}/segments", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_script_is_what_the_stages_made(gateway: Any, finished: Any) -> None:
    dub = await finished()
    script = await segments(gateway, dub, language="es")
    assert [each["id"] for each in script["segments"]] == ["u0000", "u0001", "u1000"]
    second = script["segments"][1]
    assert (second["text"], second["translations"]["fr"]["text"]) == ("How are you?", "Ça va ?")
    assert second["fit"]["tempo"] == 1.25
    assert script["segments"][0]["fit"] is None
    assert [each["id"] for each in script["speakers"]] == ["S1", "S2"]
    assert (script["total"], script["next_after"], script["stale_languages"]) == (3, None, [])

    page = await segments(gateway, dub, limit=2)
    assert [each["id"] for each in page["segments"]] == ["u0000", "u0001"]
    rest = await segments(gateway, dub, limit=2, after=page["next_after"])
    assert ([each["id"] for each in rest["segments"]], rest["next_after"]) == (["u1000"], None)


async def test_only_what_was_corrected_is_given_to_the_stages(
    gateway: Any, finished: Any, story_of: Any, store: ObjectStore
) -> None:
    dub = await finished()
    line = f"/v1/dubs/{dub['id']}/segments/u1000"
    answer = await gateway.http.patch(
        line, json={"translations": {"es": "Ya es tarde."}}, headers=at(1)
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == '"2"'
    assert answer.json()["translations"]["es"]["origin"] == "person"
    states = (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()["languages"]
    assert [each["state"] for each in states] == ["stale", "completed"]
    page = await segments(gateway, dub, limit=1)
    assert page["affected"] == {"es": ["u1000"], "fr": []}

    made = await gateway.http.post(f"/v1/dubs/{dub['id']}/regenerate")
    assert made.status_code == 202, made.text
    assert made.json()["affected"] == page["affected"]
    assert (await segments(gateway, dub))["affected"] == {"es": [], "fr": []}
    assert made.json()["dub"]["revision"] == 1
    spec = (await story_of(made.json()["dub"])).accepted.spec
    (edit,) = spec.edits
    assert (edit.part, edit.target_language) == (1, "es")
    document = await read_document(store, edit.key, translation_pb2.TranslationDocument)
    (said,) = document.lines
    assert (said.text, said.corrected, said.source_text) == ("Ya es tarde.", True, "It is late.")
    while_made = await gateway.http.patch(line, json={"text": "No."}, headers=at(2))
    assert (while_made.status_code, while_made.json()["code"]) == (409, "conflict")


async def test_what_is_corrected_while_a_dub_is_made_again_stays_to_be_made(
    gateway: Any, finished: Any, story_of: Any, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"

    async def correct(line: str, language: str) -> None:
        words = {"translations": {language: "Eh bien."}}
        answer = await gateway.http.patch(f"{root}/segments/{line}", json=words, headers=at(1))
        assert answer.status_code == 200, answer.text

    await correct("u1000", "es")
    put_document = ArtifactFolder.put_document

    async def meanwhile(*arguments: Any) -> str:
        await correct("u0000", "fr")
        await correct("u0001", "es")
        return await put_document(*arguments)

    monkeypatch.setattr(ArtifactFolder, "put_document", meanwhile)
    made = await gateway.http.post(f"{root}/regenerate")
    assert made.json()["affected"] == {"es": ["u1000"], "fr": []}
    monkeypatch.undo()
    await tell((await story_of(made.json()["dub"])).whole()[1:])

    async def ended() -> bool:
        states = (await gateway.http.get(root)).json()["languages"]
        return [each["state"] for each in states] == ["stale", "stale"]

    await poll_until(ended, "both languages to be made, and stale")
    script = await segments(gateway, dub)
    assert script["affected"] == {"es": ["u0001"], "fr": ["u0000"]}
    again = (await gateway.http.post(f"{root}/regenerate")).json()
    assert again["affected"] == script["affected"]
    assert (await segments(gateway, dub))["stale_languages"] == []


async def test_who_corrects_just_as_a_dub_is_made_again_is_told(
    gateway: Any, finished: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    line = f"{root}/segments/u1000"
    words = {"translations": {"es": "Ya es tarde."}}
    assert (await gateway.http.patch(line, json=words, headers=at(1))).status_code == 200
    published, change_line = Scripts.published, lines.change_line
    queued, corrected = asyncio.Event(), asyncio.Event()
    made: list[asyncio.Task[Any]] = []

    async def late(*arguments: Any) -> None:
        queued.set()
        await corrected.wait()
        await published(*arguments)

    async def slow(*arguments: Any) -> Any:
        if not made:  # the change has seen a dub that has ended
            made.append(asyncio.create_task(gateway.http.post(f"{root}/regenerate")))
            await queued.wait()
        return await change_line(*arguments)

    monkeypatch.setattr(Scripts, "published", late)
    monkeypatch.setattr(lines, "change_line", slow)
    words = {"translations": {"es": "Es muy tarde."}}
    refused = await gateway.http.patch(line, json=words, headers=at(2))
    corrected.set()
    assert (await made[0]).status_code == 202
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


async def test_other_words_concern_every_language(
    gateway: Any, finished: Any, story_of: Any, store: ObjectStore
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    await gateway.http.patch(
        f"{root}/segments/u0001",
        json={"text": "How old are you?", "translations": {"fr": "Quel âge as-tu ?"}},
        headers=at(1),
    )
    made = (await gateway.http.post(f"{root}/regenerate")).json()
    assert made["affected"] == {"es": ["u0001"], "fr": ["u0001"]}
    spec = (await story_of(made["dub"])).accepted.spec
    edits = {(each.part, each.target_language): each for each in spec.edits}
    assert set(edits) == {(0, ""), (0, "es"), (0, "fr")}
    heard = await read_document(store, edits[0, ""].key, asr_pb2.TranscriptDocument)
    assert [line.text for line in heard.lines] == ["Hello there.", "How old are you?"]
    spanish = await read_document(store, edits[0, "es"].key, translation_pb2.TranslationDocument)
    assert [(line.text, line.stale) for line in spanish.lines] == [("Hola.", False), ("", True)]
    french = await read_document(store, edits[0, "fr"].key, translation_pb2.TranslationDocument)
    assert [line.text for line in french.lines] == ["Bonjour.", "Quel âge as-tu ?"]


async def test_what_the_machine_translates_anew_comes_back_into_the_script(
    gateway: Any, finished: Any, story_of: Any, tell: Any, store: ObjectStore
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    await gateway.http.patch(f"{root}/segments/u1000", json={"text": "Soon."}, headers=at(1))
    made = (await gateway.http.post(f"{root}/regenerate")).json()["dub"]
    told = await story_of(made)
    edit = next(
        each for each in told.accepted.spec.edits if (each.part, each.target_language) == (1, "es")
    )
    document = await read_document(store, edit.key, translation_pb2.TranslationDocument)
    document.lines[0].text, document.lines[0].stale = "Pronto.", False
    key = f"videos/{dub['video_id']}/translation/anew/t.json"
    await store.put_bytes(key, dump_document(document))
    products = events_pb2.Products(
        translation=translation_pb2.TranslationProducts(document_key=key)
    )
    await tell(
        [
            *told.shared()[1:],
            told.completed("translation", part=1, language="es", products=products),
            *(told.muxed(language) for language in ("es", "fr")),
        ]
    )
    await gateway.until(dub["id"], "completed")
    line = (await segments(gateway, dub))["segments"][2]
    assert line["translations"]["es"]["text"] == "Pronto."
    assert [line["translations"][tag]["stale"] for tag in ("es", "fr")] == [False, True]


async def test_two_people_at_one_line(gateway: Any, finished: Any) -> None:
    dub = await finished()
    line = f"/v1/dubs/{dub['id']}/segments/u0000"
    await segments(gateway, dub)
    answers = await asyncio.gather(
        *(
            gateway.http.patch(line, json={"text": f"Hello {who}."}, headers=at(1))
            for who in ("Ann", "Bob", "Eve")
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412, 412]
    refused = next(each for each in answers if each.status_code == 412)
    late = refused.json()
    assert (late["code"], late["retryable"]) == ("revision_mismatch", False)
    # It says what stands there now, so that a change can be based on that at once.
    (stands,) = [each.json() for each in answers if each.status_code == 200]
    assert (late["current"], refused.headers["etag"]) == (stands, '"2"')
    blind = await gateway.http.patch(line, json={"text": "Hello."})
    assert (blind.status_code, blind.json()["code"]) == (428, "revision_required")
    other = f"/v1/dubs/{dub['id']}/segments/u0001"
    both = await asyncio.gather(
        gateway.http.patch(line, json={"text": "One."}, headers=at(2)),
        gateway.http.patch(other, json={"text": "Two."}, headers=at(1)),
    )
    assert [each.status_code for each in both] == [200, 200]


async def test_lines_are_cut_joined_added_and_taken_out(
    gateway: Any, finished: Any, story_of: Any, store: ObjectStore
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}/segments"
    halves = await gateway.http.post(
        f"{root}/u0001/split", json={"at_ms": 2700, "at_character": 4}, headers=at(1)
    )
    first, second = halves.json()["segments"]
    assert (first["text"], second["text"]) == ("How", "are you?")
    one = await gateway.http.post(f"{root}/u0001/merge", headers=at(first["revision"]))
    assert (one.json()["text"], one.json()["end_ms"]) == ("How are you?", 3500)
    new = await gateway.http.post(
        root,
        json={"start_ms": 4000, "end_ms": 4800, "speaker_id": "S9", "text": "Well.",
              "translations": {"es": "Pues."}},
    )  # fmt: skip
    assert new.status_code == 201
    assert (new.json()["part"], new.json()["translations"]["fr"]["stale"]) == (0, True)
    gone = await gateway.http.delete(f"{root}/u1000", headers=at(1))
    assert gone.status_code == 204
    script = await segments(gateway, dub)
    assert [each["text"] for each in script["segments"]] == [
        "Hello there.", "How are you?", "Well.",
    ]  # fmt: skip
    assert [each["id"] for each in script["speakers"]] == ["S1", "S2", "S9"]
    made = (await gateway.http.post(f"/v1/dubs/{dub['id']}/regenerate")).json()["dub"]
    edits = (await story_of(made)).accepted.spec.edits
    emptied = next(each for each in edits if (each.part, each.target_language) == (1, ""))
    heard = await read_document(store, emptied.key, asr_pb2.TranscriptDocument)
    assert not heard.lines


async def test_speakers_are_named_given_voices_and_found_to_be_one(
    gateway: Any, finished: Any, story_of: Any
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    await segments(gateway, dub)
    change = {"name": "Katie", "voices": {"fr": "espeak/fr-be"}}
    named = await gateway.http.patch(f"{root}/speakers/S1", json=change, headers=at(1))
    assert named.json() == {
        "id": "S1", "name": "Katie", "voices": {"fr": "espeak/fr-be"}, "registered_id": None,
        "revision": 2,
    }  # fmt: skip
    kept = await gateway.http.post(f"{root}/speakers/S2/merge", json={"into": "S1"}, headers=at(1))
    assert kept.status_code == 200, kept.text
    script = await segments(gateway, dub)
    assert {each["speaker_id"] for each in script["segments"]} == {"S1"}
    made = (await gateway.http.post(f"{root}/regenerate")).json()
    assert made["affected"] == {"es": ["u0001"], "fr": ["u0000", "u0001", "u1000"]}
    (choice,) = (await story_of(made["dub"])).accepted.spec.voices
    assert (choice.speaker_id, choice.target_language, choice.voice_id) == (
        "S1", "fr", "espeak/fr-be",
    )  # fmt: skip


async def test_a_line_is_heard_before_it_is_made(gateway: Any, finished: Any, stages: Any) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}/segments/u1000"
    heard = await gateway.http.post(f"{root}/preview", json={"language": "es", "text": "Ya."})
    assert heard.status_code == 200, heard.text
    assert (heard.headers["content-type"], heard.content) == ("audio/wav", b"RIFF")
    asked = stages.synthesized[-1]
    assert (asked.text, asked.language, asked.voice.id) == ("Ya.", "es", "espeak/es")
    assert asked.rate == pytest.approx(1.1)
    other = {"language": "fr", "voice_id": "espeak/fr-be"}
    await gateway.http.post(f"{root}/preview", json=other)
    asked = stages.synthesized[-1]
    assert (asked.text, asked.voice.id) == ("Il est tard.", "espeak/fr-be")

    found = await gateway.http.post(f"{root}/suggestions", json={"language": "es", "ratio": 0.6})
    assert [each["text"] for each in found.json()["suggestions"]] == ["Tarde.", "Ya es tarde."]
    voices = (await gateway.http.get("/v1/voices", params={"language": "es"})).json()["voices"]
    assert [each["id"] for each in voices] == ["espeak/es"]


async def test_what_is_not_there_says_so(gateway: Any, finished: Any) -> None:
    running = await gateway.dub("es")
    early = await gateway.http.get(f"/v1/dubs/{running['id']}/segments")
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    for path, body in (
        ("/v1/dubs/dub_none/segments/u0000", {"text": "x"}),
        (f"{root}/segments/u9999", {"text": "x"}),
        (f"{root}/speakers/S9", {"name": "x"}),
    ):
        answer = await gateway.http.patch(path, json=body, headers=at(1))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    wrong = await gateway.http.patch(
        f"{root}/segments/u0000", json={"translations": {"de": "Hallo."}}, headers=at(1)
    )
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "The dub is not made in de.")


async def test_what_a_person_words_is_used_again_in_the_next_dub(
    gateway: Any, finished: Any, story_of: Any, store: ObjectStore
) -> None:
    dub = await finished()
    line = f"/v1/dubs/{dub['id']}/segments/u1000"
    body = {"translations": {"es": "Ya es tarde."}}
    await gateway.http.patch(line, json=body, headers=at(1))
    listed = await gateway.http.get("/v1/memory", params={"target_language": "es"})
    (entry,) = listed.json()["entries"]
    assert (entry["source_language"], entry["source_text"], entry["text"]) == (
        "en", "It is late.", "Ya es tarde.",
    )  # fmt: skip
    spec = (await story_of(await gateway.dub("es", "fr"))).accepted.spec
    (memory,) = spec.memories
    document = await read_document(store, memory.key, translation_pb2.MemoryDocument)
    assert [each.text for each in document.entries] == ["Ya es tarde."]
    without = await gateway.dub("es", use_memory=False)
    assert not (await story_of(without)).accepted.spec.memories
    assert (await gateway.http.delete(f"/v1/memory/{entry['id']}")).status_code == 204
    after = await story_of(await gateway.dub("es", speakers=2))
    assert not after.accepted.spec.memories


async def test_what_a_script_is_a_change_of_stays_while_its_dub_does(
    gateway: Any, finished: Any, story_of: Any, tell: Any, store: ObjectStore
) -> None:
    dub = await finished()
    root = f"/v1/dubs/{dub['id']}"
    await gateway.http.patch(f"{root}/segments/u1000", json={"text": "Soon."}, headers=at(1))
    told = await story_of((await gateway.http.post(f"{root}/regenerate")).json()["dub"])
    anew = f"videos/{dub['video_id']}/asr/anew/transcript.json"
    await store.put_bytes(anew, dump_document(transcript(1)))
    heard = asr_pb2.AsrProducts(document_key=anew, language="en", digest="anew")
    products = events_pb2.Products(asr=heard)
    await tell(
        [
            told.completed("separation"),
            *(told.completed("asr", part=part, products=products) for part in (0, 1)),
            *(told.muxed(language) for language in ("es", "fr")),
        ]
    )
    await gateway.until(dub["id"], "completed")
    other = await gateway.dub("es", speakers=2)
    await gateway.http.post(f"/v1/dubs/{other['id']}/cancel")
    await gateway.until(other["id"], "canceled")
    assert (await gateway.http.delete(f"/v1/dubs/{other['id']}")).status_code == 204
    assert await store.exists(f"videos/{dub['video_id']}/asr/d1/transcript.json")
    assert (await gateway.http.post(f"{root}/regenerate")).status_code == 202


async def test_a_language_that_is_added_can_be_corrected(
    gateway: Any, finished: Any, story_of: Any, tell: Any, store: ObjectStore, stages: Any,
    make_pair: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(SAID, "de", (("Hallo.", "Wie geht's?"), ("Es ist spät.",)))
    dub = await finished()
    line = f"/v1/dubs/{dub['id']}/segments/u1000"
    await gateway.http.patch(line, json={"translations": {"es": "Ya es tarde."}}, headers=at(1))
    stages.engines["translation"][0].pairs.append(make_pair("en", "de"))
    added = await gateway.http.post(
        f"/v1/dubs/{dub['id']}/languages", json={"target_languages": ["de"]}
    )
    assert added.status_code == 202, added.text
    told = await story_of(added.json())
    story = told.shared()[1:]
    for part in (0, 1):
        key = f"videos/{dub['video_id']}/translation/de{part}/t.json"
        await store.put_bytes(key, dump_document(translation(part, "de")))
        words = translation_pb2.TranslationProducts(document_key=key)
        products = events_pb2.Products(translation=words)
        for stage in ("translation", "tts"):
            story.append(told.completed(stage, part=part, language="de", products=products))
    for language in ("es", "fr"):
        story += told.spoken(language)
    await tell([*story, *(told.muxed(language) for language in ("es", "fr", "de"))])
    done = await gateway.until(dub["id"], "completed")
    # What was corrected before is as unpublished as it was.
    assert [each["state"] for each in done["languages"]] == ["stale", "completed", "completed"]

    script = await segments(gateway, dub)
    assert [each["translations"]["de"]["text"] for each in script["segments"]] == [
        "Hallo.", "Wie geht's?", "Es ist spät.",
    ]  # fmt: skip
    assert script["segments"][2]["translations"]["es"]["text"] == "Ya es tarde."
    revision = script["segments"][2]["revision"]
    said = await gateway.http.patch(
        line, json={"translations": {"de": "Es ist schon spät."}}, headers=at(revision)
    )
    assert said.status_code == 200, said.text
    made = (await gateway.http.post(f"/v1/dubs/{dub['id']}/regenerate")).json()
    assert made["affected"] == {"es": ["u1000"], "fr": [], "de": ["u1000"]}
    edits = (await story_of(made["dub"])).accepted.spec.edits
    assert {each.target_language for each in edits} == {"es", "de"}
