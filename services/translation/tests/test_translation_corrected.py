"""A part that a person corrected, and what they corrected before."""

from __future__ import annotations

from pathlib import Path

import pytest

from polydub.artifacts import read_document
from polydub.edits import normalized
from polydub.engines import EngineRegistry
from polydub.stage import Emission, StageContext
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, common_pb2, events_pb2, translation_pb2
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.handler import TranslationHandler
from polydub_translation.memory import Memory

pytestmark = pytest.mark.integration

LINES = ("The red house is big.", "What do you do?")


@pytest.fixture
def handler(
    registry: EngineRegistry[TranslationEngine], apertium: ApertiumEngine
) -> TranslationHandler:
    return TranslationHandler(registry, candidates=2)


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("translation", tmp_path)


def line(number: int, text: str, *, stale: bool = False) -> translation_pb2.TranslatedLine:
    return translation_pb2.TranslatedLine(
        id=f"u{number:04}",
        speaker_id="S1",
        start_ms=number * 1000,
        end_ms=number * 1000 + 900,
        source_text=LINES[number],
        text=text,
        stale=stale,
        corrected=not stale,
    )


async def edited(
    context: StageContext, *lines: translation_pb2.TranslatedLine
) -> events_pb2.EditedPart:
    document = translation_pb2.TranslationDocument(
        schema_version=1,
        engine=common_pb2.EngineUse(id="apertium", version="1"),
        source_language="en",
        target_language="es",
        part=3,
        lines=lines,
    )
    key = await context.folder("v1", of="edit").put_document("translation-3.json", document)
    return events_pb2.EditedPart(part=3, target_language="es", key=key, digest="e1")


def event(*edits: events_pb2.EditedPart) -> events_pb2.Event:
    return events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", stage="asr", part=3, parts=5),
        spec=events_pb2.DubSpec(target_languages=["es"], edits=edits),
        products=events_pb2.Products(
            asr=asr_pb2.AsrProducts(document_key="videos/v1/none.json", language="en", digest="t")
        ),
    )


async def document_of(
    context: StageContext, emission: Emission
) -> translation_pb2.TranslationDocument:
    key = emission.products.translation.document_key
    return await read_document(context.store, key, translation_pb2.TranslationDocument)


async def test_a_persons_document_is_handed_on_as_it_is(
    handler: TranslationHandler, context: StageContext
) -> None:
    edit = await edited(context, line(0, "Una casa."), line(1, "¿Qué?"))
    (emission,) = await handler.handle(event(edit), context)
    assert emission.products.translation.document_key == edit.key
    assert emission.products.translation.digest == "e1"
    assert emission.target_language == "es"
    assert emission.reused


async def test_only_marked_lines_are_translated_anew(
    handler: TranslationHandler, context: StageContext
) -> None:
    edit = await edited(context, line(0, "Eso lo digo yo."), line(1, "viejo", stale=True))
    (emission,) = await handler.handle(event(edit), context)
    mine, anew = (await document_of(context, emission)).lines
    assert (mine.text, mine.corrected) == ("Eso lo digo yo.", True)
    assert anew.text == anew.candidates[0].text == "¿Qué haces?"
    assert not anew.stale
    assert not emission.reused
    (again,) = await handler.handle(event(edit), context)
    assert again.reused
    assert again.products.translation.digest == emission.products.translation.digest != "e1"


async def test_what_people_corrected_before_is_used_where_the_same_is_said(
    handler: TranslationHandler, context: StageContext
) -> None:
    transcript = asr_pb2.TranscriptDocument(
        language="en",
        part=3,
        lines=[
            asr_pb2.TranscriptLine(id=f"u{number:04}", text=text)
            for number, text in enumerate(LINES)
        ],
    )
    heard = await context.folder("v1", of="asr").put_document("transcript.json", transcript)
    remembered = translation_pb2.MemoryDocument(
        source_language="en",
        target_language="es",
        entries=[translation_pb2.MemoryEntry(source_text="what do you do", text="¿A qué?")],
    )
    key = await context.folder("v1", of="memory").put_document("memory.json", remembered)
    told = event()
    told.products.asr.document_key = heard
    (without,) = await handler.handle(told, context)
    told.spec.memories.add(target_language="es", key=key, digest="m1")
    (emission,) = await handler.handle(told, context)
    first, second = (await document_of(context, emission)).lines
    assert not first.corrected
    assert (second.text, second.corrected) == ("¿A qué?", True)
    assert [each.text for each in second.candidates] == ["¿A qué?"]
    assert emission.products.translation.digest != without.products.translation.digest


def test_a_memory_forgives_case_and_marks_and_nothing_else() -> None:
    memory = Memory([translation_pb2.MemoryEntry(source_text="Hello,  World!", text="Hola")])
    assert memory.find("hello world") == "Hola"
    assert memory.find("Hello, worlds!") == ""
    assert memory.find("") == ""
    assert normalized("Straße 5") == normalized("STRASSE  5.")
    assert normalized("5 km") != normalized("6 km")
