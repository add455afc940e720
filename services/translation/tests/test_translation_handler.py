"""The event face, over the real engine and a local store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polydub.artifacts import read_document
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import (
    asr_pb2,
    common_pb2,
    diarization_pb2,
    events_pb2,
    muxing_pb2,
    translation_pb2,
)
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import Translated, TranslationEngine
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
                prosody=common_pb2.Prosody(f0_median_hz=120, characters_per_s=14),
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
    assert (first.prosody.f0_median_hz, first.prosody.characters_per_s) == (120, 14)
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


def with_terms(event: events_pb2.Event, **said: str) -> events_pb2.Event:
    """The event with terms: ``source="target_language:target"``."""
    for source, rule in said.items():
        language, target = rule.split(":")
        event.spec.glossary.add(source=source, target_language=language, target=target)
    return event


async def test_terms_are_said_as_asked(handler: TranslationHandler, context: StageContext) -> None:
    event = with_terms(
        await transcribed(context, "es", "fr", lines=("The big house is in London.",)),
        house="es:caserón", London=":",
    )  # fmt: skip
    spanish, french = await handler.handle(event, context)
    (line,) = (await document_of(context, spanish.products)).lines
    assert "caserón" in line.text
    assert "London" in line.text
    (line,) = (await document_of(context, french.products)).lines
    assert "London" in line.text
    assert "caserón" not in line.text
    assert not spanish.warnings


async def test_terms_count_in_the_digest_only_where_there_are_any(
    handler: TranslationHandler, context: StageContext
) -> None:
    (plain,) = await handler.handle(await transcribed(context, "es"), context)
    elsewhere = with_terms(await transcribed(context, "es"), house="de:Bude")
    (same,) = await handler.handle(elsewhere, context)
    assert same.reused
    concerned = with_terms(await transcribed(context, "es"), house="es:choza")
    (other,) = await handler.handle(concerned, context)
    assert other.products.translation.digest != plain.products.translation.digest
    (again,) = await handler.handle(concerned, context)
    assert again.reused


async def test_the_deployment_s_terms_count_too(
    registry: EngineRegistry[TranslationEngine], apertium: ApertiumEngine, context: StageContext
) -> None:
    file = context.scratch / "glossary.json"
    file.write_text('{"en": {"es": {"house": "choza", "big": "enorme"}}}')
    handler = TranslationHandler(registry, candidates=2, glossary_file=file)
    event = with_terms(await transcribed(context, "es"), house="es:caserón")
    (emission,) = await handler.handle(event, context)
    text = (await document_of(context, emission.products)).lines[0].text
    assert "caserón" in text
    assert "enorme" in text


async def test_a_person_s_translation_is_taken_as_it_is(
    handler: TranslationHandler, context: StageContext
) -> None:
    event = with_terms(await transcribed(context, "es", "fr"), house="fr:bicoque")
    event.products.diarization.document_key = await context.folder("v1", of="d").put_document(
        "diarization.json",
        diarization_pb2.DiarizationDocument(
            parts=[diarization_pb2.Part(index=3, start_ms=0, end_ms=9_000)],
            utterances=[diarization_pb2.Utterance(speaker_id="S2", start_ms=0, end_ms=900)],
        ),
    )
    shown = ((0, 950, "La grande maison rouge."), (1_000, 1_900, "Quoi ?"), (4_000, 5_000, "Rien."))
    cues = [muxing_pb2.Cue(start_ms=start, end_ms=end, text=text) for start, end, text in shown]
    key = await context.folder("v1", of="cues").put_document(
        "cues.json", muxing_pb2.CueDocument(language="fr", cues=cues)
    )
    event.spec.subtitles.add(key=key, language="fr", digest="c1")

    spanish, french = await handler.handle(event, context)
    assert spanish.products.translation.engine.id == "apertium"
    assert not french.warnings
    document = await document_of(context, french.products)
    assert (document.engine.id, document.engine.version) == ("subtitles", "c1")
    assert [line.text for line in document.lines] == [text for _, _, text in shown]
    assert [[each.text for each in line.candidates] for line in document.lines] == [
        [text] for _, _, text in shown
    ]
    first, _, heard_by_none = document.lines
    assert (first.id, first.source_text, first.prosody.f0_median_hz) == ("u0000", LINES[0], 120)
    assert (heard_by_none.id, heard_by_none.speaker_id) == ("t0003", "S2")
    assert not any(line.unknown_words for line in document.lines)
    _, again = await handler.handle(event, context)
    assert again.reused
    event.spec.subtitles[0].digest = "c2"
    _, other = await handler.handle(event, context)
    assert not other.reused


async def test_a_translation_of_what_nobody_heard_stands_at_its_own_times(
    handler: TranslationHandler, context: StageContext
) -> None:
    event = await transcribed(context, "es")
    folder = context.folder("v1", of="unheard")
    event.products.asr.document_key = await folder.put_document(
        "transcript.json", asr_pb2.TranscriptDocument(language="fr", part=0)
    )
    event.products.asr.language = "fr"
    event.products.diarization.document_key = await folder.put_document(
        "diarization.json",
        diarization_pb2.DiarizationDocument(
            parts=[diarization_pb2.Part(index=0, start_ms=0, end_ms=9_000)],
            utterances=[
                diarization_pb2.Utterance(speaker_id=speaker, start_ms=start, end_ms=end)
                for speaker, start, end in (("S1", 100, 900), ("S2", 1_000, 2_500))
            ],
        ),
    )
    shown = ((0, 950, "Una casa."), (1_100, 2_400, "¿Cuál?"), (2_450, 4_000, "La roja."))
    cues = [muxing_pb2.Cue(start_ms=start, end_ms=end, text=text) for start, end, text in shown]
    key = await folder.put_document("cues.json", muxing_pb2.CueDocument(language="es", cues=cues))
    event.spec.subtitles.add(key=key, language="es", digest="c1")

    (spanish,) = await handler.handle(event, context)
    document = await document_of(context, spanish.products)
    assert not spanish.warnings
    assert (document.source_language, document.target_language) == ("fr", "es")
    assert [(each.start_ms, each.end_ms, each.text) for each in document.lines] == list(shown)
    assert [line.speaker_id for line in document.lines] == ["S1", "S2", "S2"]
    assert {line.source_text for line in document.lines} == {""}


async def test_a_line_that_no_engine_says_is_a_warning(
    registry: EngineRegistry[TranslationEngine],
    apertium: ApertiumEngine,
    context: StageContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = apertium._line

    def mute(line: str, *rest: Any) -> Translated:
        return Translated(()) if "red" in line else plain(line, *rest)

    monkeypatch.setattr(apertium, "_line", mute)
    handler = TranslationHandler(registry, candidates=2)
    (emission,) = await handler.handle(await transcribed(context, "es"), context)
    (warned,) = emission.warnings
    assert (warned.code, warned.line_id, warned.stage, warned.target_language) == (
        "line_untranslated", "u0000", "translation", "es",
    )  # fmt: skip
    lost, said = (await document_of(context, emission.products)).lines
    assert (lost.text, list(lost.candidates)) == ("", [])
    assert said.text == "¿Qué haces?"


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
    termed = await servicer.Translate(
        translation_pb2.TranslateRequest(
            texts=["The red house."],
            source_language="en",
            target_language="fr",
            glossary=[translation_pb2.GlossaryTerm(source="house", target="château")],
        ),
        None,  # type: ignore[arg-type]
    )
    assert "château" in termed.results[0].candidates[0].text
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
