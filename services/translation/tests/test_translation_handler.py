"""The event face, over the real engine and a local store."""

from __future__ import annotations

from pathlib import Path

import pytest

from polydub.artifacts import read_document
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, common_pb2, events_pb2, translation_pb2
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.handler import TranslationHandler
from polydub_translation.rpc import TranslationServicer

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


async def transcribed(
    context: StageContext, *targets: str, lines: tuple[str, ...] = LINES, digest: str = "t1"
) -> events_pb2.Event:
    """The event behind a stored transcript of part 3."""
    folder = context.folder("v1", transcript=digest)
    transcript = asr_pb2.TranscriptDocument(
        schema_version=1,
        language="en",
        part=3,
        lines=[
            asr_pb2.TranscriptLine(
                id=f"u{number:04}",
                speaker_id="S1",
                start_ms=number * 1000,
                end_ms=number * 1000 + 900,
                text=text,
                confidence=0.75,
            )
            for number, text in enumerate(lines)
        ],
    )
    key = await folder.put_document("transcript.json", transcript)
    return events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", stage="asr", part=3, parts=5),
        spec=events_pb2.DubSpec(target_languages=targets),
        products=events_pb2.Products(
            asr=asr_pb2.AsrProducts(document_key=key, language="en", digest=digest)
        ),
        completed=events_pb2.Completed(),
    )


async def document_of(
    context: StageContext, products: events_pb2.Products
) -> translation_pb2.TranslationDocument:
    return await read_document(
        context.store, products.translation.document_key, translation_pb2.TranslationDocument
    )


async def test_one_emission_per_target(handler: TranslationHandler, context: StageContext) -> None:
    event = await transcribed(context, "fr", "es")
    french, spanish = await handler.handle(event, context)
    assert (french.target_language, spanish.target_language) == ("fr", "es")
    assert list(french.products.translation.via) == ["ca"]
    assert french.products.asr == event.products.asr
    assert not french.reused
    assert {use.id for use in context.used} == {"apertium"}

    document = await document_of(context, spanish.products)
    assert (document.source_language, document.target_language) == ("en", "es")
    assert document.part == 3
    first, second = document.lines
    assert "casa" in first.text
    assert first.source_text == LINES[0]
    assert first.text == first.candidates[0].text
    assert (first.speaker_id, first.start_ms, first.end_ms) == ("S1", 0, 900)
    assert first.source_confidence == 0.75
    assert second.id == "u0001"
    assert second.text == "¿Qué haces?"


async def test_the_same_event_again_makes_nothing(
    handler: TranslationHandler, context: StageContext
) -> None:
    event = await transcribed(context, "es")
    (first,) = await handler.handle(event, context)
    (again,) = await handler.handle(event, context)
    assert again.reused
    assert again.products == first.products


async def test_another_transcript_is_another_artifact(
    handler: TranslationHandler, context: StageContext
) -> None:
    (first,) = await handler.handle(await transcribed(context, "es"), context)
    edited = await transcribed(context, "es", lines=("The dog.",), digest="t2")
    (second,) = await handler.handle(edited, context)
    assert second.products.translation.digest != first.products.translation.digest
    assert (await document_of(context, second.products)).lines[0].text == "El perro."


async def test_an_empty_transcript_is_an_empty_translation(
    handler: TranslationHandler, context: StageContext
) -> None:
    (emission,) = await handler.handle(await transcribed(context, "es", lines=()), context)
    assert not (await document_of(context, emission.products)).lines


async def test_a_target_out_of_reach_is_refused(
    handler: TranslationHandler, context: StageContext
) -> None:
    refused, spoken = await handler.handle(await transcribed(context, "ja", "es"), context)
    assert refused.failure is not None
    assert refused.failure.code == "unsupported_language_pair"
    assert "Japanese" in refused.failure.message
    assert refused.target_language == "ja"
    assert spoken.failure is None
    assert (await document_of(context, spoken.products)).lines


async def test_a_missing_transcript_says_so(
    handler: TranslationHandler, context: StageContext
) -> None:
    event = await transcribed(context, "es")
    event.products.asr.document_key = "videos/v1/asr/none/transcript.json"
    with pytest.raises(StageError) as missing:
        await handler.handle(event, context)
    assert missing.value.code == "artifact_missing"


async def test_rpc_translates_and_lists(
    registry: EngineRegistry[TranslationEngine], apertium: ApertiumEngine
) -> None:
    servicer = TranslationServicer(registry)
    answer = await servicer.Translate(
        translation_pb2.TranslateRequest(
            texts=["The red house."], source_language="eng", target_language="fr", candidates=2
        ),
        None,  # type: ignore[arg-type]
    )
    assert "maison" in answer.results[0].candidates[0].text
    assert list(answer.via) == ["ca"]
    listed = await servicer.ListEngines(common_pb2.ListEnginesRequest(), None)  # type: ignore[arg-type]
    assert [each.id for each in listed.engines if each.available] == ["apertium"]
    info = listed.engines[-1]
    assert ("en", "fr", ["ca"]) in [(p.source, p.target, list(p.via)) for p in info.pairs]


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [("en", "de", "unsupported_language_pair"), ("??", "es", "invalid_request")],
)
async def test_rpc_refuses(
    registry: EngineRegistry[TranslationEngine],
    apertium: ApertiumEngine,
    source: str,
    target: str,
    code: str,
) -> None:
    request = translation_pb2.TranslateRequest(
        texts=["Hello."], source_language=source, target_language=target
    )
    with pytest.raises(StageError) as refused:
        await TranslationServicer(registry).Translate(request, None)  # type: ignore[arg-type]
    assert refused.value.code == code
