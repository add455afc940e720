"""What happens when an engine breaks off, and what it is told to expect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from polydub.artifacts import read_document
from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, EngineRegistry, Quality
from polydub.errors import EngineFailed, EngineUnavailable, StageError
from polydub.pcm import RATE_HZ, Samples, to_pcm, wav_header
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, diarization_pb2, events_pb2, separation_pb2, translation_pb2
from polydub_asr.engines.base import MAX_HOTWORDS, AsrEngine, Recognition, Word
from polydub_asr.handler import AsrHandler

pytestmark = pytest.mark.unit

ANALYSIS = "videos/v1/separation/d/analysis.wav"


class Scripted(AsrEngine):
    """Hears "hello there" in everything, or breaks off."""

    id: ClassVar[str] = "first"
    punctuates: ClassVar[bool] = True

    def __init__(self, error: StageError | None = None, language: str = "en") -> None:
        super().__init__(timeout_s=10)
        self.error = error
        self.language = language
        self.hotwords: list[Sequence[str]] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=self.id.title(),
            version="1",
            quality=Quality.DRAFT,
            licence="MIT",
            commercial_use=True,
            languages=frozenset({self.language}),
        )

    def available(self) -> Availability:
        return Availability.yes()

    async def _transcribe_many(
        self,
        clips: Sequence[Samples],
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> list[Recognition]:
        self.hotwords.append(hotwords)
        if self.error is not None:
            raise self.error
        words = (Word("Hello", 100, 400, 0.9), Word("there.", 400, 900, 0.9))
        return [Recognition(words) for _ in clips]


class Second(Scripted):
    id: ClassVar[str] = "second"


class Third(Scripted):
    id: ClassVar[str] = "third"


def handler_of(*engines: AsrEngine) -> AsrHandler:
    registry = EngineRegistry("asr", tuple(lambda each=each: each for each in engines))
    return AsrHandler(registry, low_confidence=0.5)


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("asr", tmp_path)


async def diarized(
    context: StageContext, *, engine: str = "", glossary: Sequence[str] = ()
) -> events_pb2.Event:
    samples = np.zeros(2 * RATE_HZ, np.float32)
    await context.store.put_bytes(ANALYSIS, wav_header(samples.size) + to_pcm(samples))
    utterance = diarization_pb2.Utterance(id="u0001", speaker_id="S1", start_ms=500, end_ms=1_500)
    document = diarization_pb2.DiarizationDocument(utterances=[utterance])
    key = await context.folder("v1", of="diarization").put_document("diarization.json", document)
    return events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", stage="diarization", parts=1),
        spec=events_pb2.DubSpec(
            source_language="en",
            engines={"asr": engine},
            glossary=[translation_pb2.GlossaryTerm(source=each) for each in glossary],
        ),
        products=events_pb2.Products(
            separation=separation_pb2.SeparationProducts(analysis_key=ANALYSIS, digest="s"),
            diarization=diarization_pb2.DiarizationProducts(document_key=key, digest="d"),
        ),
    )


@pytest.mark.parametrize(
    "error",
    [EngineFailed("No."), StageError("engine_timeout", "Late."), EngineUnavailable("No key.")],
    ids=lambda each: each.code,
)
async def test_the_next_engine_that_hears_the_language_takes_over(
    context: StageContext, error: StageError
) -> None:
    handler = handler_of(Scripted(error), Second(language="fr"), Third())
    (emission,) = await handler.handle(await diarized(context), context)
    (warning,) = emission.warnings
    assert warning.code == "engine_fallback"
    assert warning.message == f"First broke off ({error.message}) Third took over."
    assert [use.id for use in context.used] == ["third"]
    document = await read_document(
        context.store, emission.products.asr.document_key, asr_pb2.TranscriptDocument
    )
    assert [line.text for line in document.lines] == ["Hello there."]
    # It is the third engine's, whoever asks for that one later.
    assert not document.warnings
    (direct,) = await handler.handle(await diarized(context, engine="third"), context)
    assert direct.reused
    assert not direct.warnings


async def test_an_engine_asked_for_by_name_has_no_substitute(context: StageContext) -> None:
    handler = handler_of(Scripted(EngineFailed("No.")), Second())
    with pytest.raises(EngineFailed):
        await handler.handle(await diarized(context, engine="first"), context)


async def test_other_errors_are_no_reason_to_change(context: StageContext) -> None:
    second = Second()
    handler = handler_of(Scripted(StageError("store_full", "Full.")), second)
    with pytest.raises(StageError) as full:
        await handler.handle(await diarized(context), context)
    assert full.value.code == "store_full"
    assert not second.hotwords


async def test_when_all_break_off_what_may_pass_is_told(context: StageContext) -> None:
    handler = handler_of(
        Scripted(EngineUnavailable("No key.")),
        Second(EngineFailed("Busy.")),
        Third(EngineFailed("x")),
    )
    with pytest.raises(StageError) as failed:
        await handler.handle(await diarized(context), context)
    assert (failed.value.message, failed.value.retryable) == ("Busy.", True)


async def test_the_glossary_s_terms_are_expected(context: StageContext) -> None:
    engine = Scripted()
    handler = handler_of(engine)
    event = await diarized(context, glossary=["Kubernetes", " ", "Kubernetes", "moon base "])
    (with_terms,) = await handler.handle(event, context)
    (without,) = await handler.handle(await diarized(context), context)
    (blank,) = await handler.handle(await diarized(context, glossary=[" "]), context)
    assert engine.hotwords == [("Kubernetes", "moon base"), ()]
    assert with_terms.products.asr.digest != without.products.asr.digest
    assert blank.products.asr.digest == without.products.asr.digest
    assert blank.reused


async def test_a_long_glossary_is_no_reason_to_fail(context: StageContext) -> None:
    engine = Scripted()
    terms = [f"term {number}" for number in range(MAX_HOTWORDS + 50)]
    await handler_of(engine).handle(await diarized(context, glossary=terms), context)
    assert engine.hotwords == [tuple(terms[:MAX_HOTWORDS])]


async def test_the_pace_is_that_of_the_words(context: StageContext) -> None:
    (emission,) = await handler_of(Scripted()).handle(await diarized(context), context)
    document = await read_document(
        context.store, emission.products.asr.document_key, asr_pb2.TranscriptDocument
    )
    assert document.lines[0].prosody.characters_per_s == pytest.approx(10 / 0.8)
    assert document.lines[0].prosody.f0_median_hz == 0.0
