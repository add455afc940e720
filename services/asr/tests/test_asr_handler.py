"""The event face, over the real engine and a local store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from polydub.artifacts import read_document
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.pcm import RATE_HZ, Samples, to_pcm, wav_header
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import (
    asr_pb2,
    common_pb2,
    diarization_pb2,
    events_pb2,
    muxing_pb2,
    separation_pb2,
)
from polydub_asr.engines.base import AsrEngine
from polydub_asr.engines.faster_whisper import FasterWhisperEngine
from polydub_asr.handler import AsrHandler
from polydub_asr.rpc import AsrServicer

pytestmark = pytest.mark.integration

Speak = Callable[..., Samples]
ANALYSIS = "videos/v1/separation/d/analysis.wav"
VOICE = "videos/v1/separation/d/voice.wav"
UTTERANCES = ((450, 2_400, 0), (4_900, 6_600, 1), (9_000, 11_000, 1), (9_000, 11_000, 2))
"""Start, end, part."""


@pytest.fixture
def handler(registry: EngineRegistry[AsrEngine]) -> AsrHandler:
    return AsrHandler(registry, low_confidence=0.5)


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("asr", tmp_path)


@pytest.fixture(scope="module")
def talk(speak: Speak) -> Samples:
    """Part 0: a question at 0.5 s; part 1: another at 5 s and silence from 9 s."""
    samples = np.zeros(12 * RATE_HZ, np.float32)
    for start_s, line in ((0.5, "where is the station"), (5.0, "how are you today")):
        said = speak(line)
        samples[int(start_s * RATE_HZ) :][: said.size] = said
    return samples


async def put_wav(context: StageContext, key: str, samples: Samples) -> None:
    await context.store.put_bytes(key, wav_header(samples.size) + to_pcm(samples))


async def diarized(
    context: StageContext,
    talk: Samples,
    *,
    part: int,
    language: str = "auto",
    snr_db: float = 40.0,
    utterances: Sequence[tuple[int, int, int]] = UTTERANCES,
) -> events_pb2.Event:
    await put_wav(context, ANALYSIS, talk)
    await put_wav(context, VOICE, np.zeros_like(talk))
    document = diarization_pb2.DiarizationDocument(
        utterances=[
            diarization_pb2.Utterance(
                id=f"u{number:04}",
                speaker_id="S1",
                start_ms=start,
                end_ms=end,
                part=its_part,
                prosody=common_pb2.Prosody(f0_median_hz=100.0 + number, level_db=-1.5),
            )
            for number, (start, end, its_part) in enumerate(utterances, 1)
        ]
    )
    folder = context.folder("v1", of="diarization")
    key = await folder.put_document("diarization.json", document)
    return events_pb2.Event(
        envelope=events_pb2.Envelope(
            job_id="j1", video_id="v1", stage="diarization", part=part, parts=3
        ),
        spec=events_pb2.DubSpec(source_language=language, target_languages=["es"]),
        products=events_pb2.Products(
            separation=separation_pb2.SeparationProducts(
                analysis_key=ANALYSIS, voice_key=VOICE, snr_db=snr_db, digest=f"s{snr_db}"
            ),
            diarization=diarization_pb2.DiarizationProducts(document_key=key, parts=3, digest="d"),
        ),
        completed=events_pb2.Completed(),
    )


async def transcript_of(
    context: StageContext, products: events_pb2.Products
) -> asr_pb2.TranscriptDocument:
    return await read_document(context.store, products.asr.document_key, asr_pb2.TranscriptDocument)


async def test_one_part_becomes_its_lines(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    event = await diarized(context, talk, part=0)
    (emission,) = await handler.handle(event, context)
    assert emission.products.separation == event.products.separation
    assert emission.products.asr.language == "en"
    document = await transcript_of(context, emission.products)
    (line,) = document.lines
    assert line.text == "Where is the station?"
    assert (line.id, line.start_ms, line.end_ms) == ("u0001", 450, 2_400)
    assert all(line.start_ms <= word.start_ms <= word.end_ms <= line.end_ms for word in line.words)
    assert 0 < line.confidence <= 1
    assert (line.prosody.f0_median_hz, line.prosody.level_db) == (101.0, -1.5)
    spoken_s = (line.words[-1].end_ms - line.words[0].start_ms) / 1000
    assert line.prosody.characters_per_s == pytest.approx(17 / spoken_s)
    assert document.part == 0
    assert document.language_decided_by == "only language of pocketsphinx"
    assert [use.id for use in context.used] == ["pocketsphinx"]


async def test_questions_and_stretches_without_words(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    (emission,) = await handler.handle(await diarized(context, talk, part=1), context)
    document = await transcript_of(context, emission.products)
    assert [line.text for line in document.lines] == ["How are you today?"]
    silent = [each for each in emission.warnings if each.code == "nothing_recognized"]
    assert [each.line_id for each in silent] == ["u0003"]


async def test_a_part_without_words_is_empty_with_a_warning(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    (emission,) = await handler.handle(await diarized(context, talk, part=2), context)
    assert not (await transcript_of(context, emission.products)).lines
    (warning,) = emission.warnings
    assert (warning.code, warning.stage, warning.line_id) == ("nothing_recognized", "asr", "")


async def test_the_same_event_again_makes_nothing(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    event = await diarized(context, talk, part=0)
    (first,) = await handler.handle(event, context)
    (again,) = await handler.handle(event, context)
    assert not first.reused
    assert again.reused
    assert again.products == first.products


async def test_noisy_talk_is_heard_in_the_voice_estimate(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    """The voice estimate of this test is silent, so hearing nothing proves which one was read."""
    (emission,) = await handler.handle(await diarized(context, talk, part=0, snr_db=5), context)
    assert not (await transcript_of(context, emission.products)).lines


async def test_unsure_lines_are_flagged(
    registry: EngineRegistry[AsrEngine], context: StageContext, talk: Samples
) -> None:
    strict = AsrHandler(registry, low_confidence=1.0)
    (emission,) = await strict.handle(await diarized(context, talk, part=0), context)
    (line,) = (await transcript_of(context, emission.products)).lines
    assert line.low_confidence
    assert [(each.code, each.line_id) for each in emission.warnings] == [
        ("low_confidence", "u0001")
    ]


async def test_the_user_s_language_stands(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    event = await diarized(context, talk, part=0, language="en-GB")
    (emission,) = await handler.handle(event, context)
    document = await transcript_of(context, emission.products)
    assert (document.language, document.language_decided_by) == ("en-GB", "user")
    assert document.language_confidence == 1.0


async def test_the_language_is_decided_once_for_the_job(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    decided = b'{"language": "en-AU", "decided_by": "detected", "confidence": 0.75}'
    await context.ledger.decide("j1", "language", decided)
    (emission,) = await handler.handle(await diarized(context, talk, part=0), context)
    document = await transcript_of(context, emission.products)
    assert (document.language, document.language_decided_by) == ("en-AU", "detected")
    assert document.language_confidence == 0.75


async def test_an_unheard_language_is_refused(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    with pytest.raises(StageError) as refused:
        await handler.handle(await diarized(context, talk, part=0, language="de"), context)
    assert refused.value.code == "unsupported_language_pair"
    assert "German" in refused.value.message
    assert "English" in refused.value.message


async def test_a_person_s_transcript_is_taken_as_it_is(context: StageContext) -> None:
    """There is neither an engine nor sound: nothing is recognised."""
    event = await diarized(context, np.zeros(0, np.float32), part=1, language="es")
    cues = muxing_pb2.CueDocument(
        language="es",
        cues=[
            muxing_pb2.Cue(start_ms=500, end_ms=2_000, text="Antes."),
            muxing_pb2.Cue(start_ms=5_000, end_ms=6_500, text="¿Cómo están hoy?"),
        ],
    )
    folder = context.folder("v1", of="cues")
    key = await folder.put_document("cues.json", cues)
    event.spec.subtitles.add(key=key, language="es", digest="c1")
    handler = AsrHandler(EngineRegistry("asr", ()), low_confidence=0.5)
    document = diarization_pb2.DiarizationDocument()
    document.CopyFrom(
        await read_document(
            context.store,
            event.products.diarization.document_key,
            diarization_pb2.DiarizationDocument,
        )
    )
    document.parts.add(index=0, start_ms=0, end_ms=3_000)
    document.parts.add(index=1, start_ms=3_000, end_ms=12_000)
    await context.folder("v1", of="diarization").put_document("diarization.json", document)

    (emission,) = await handler.handle(event, context)
    transcript = await transcript_of(context, emission.products)
    assert [line.text for line in transcript.lines] == ["¿Cómo están hoy?"]
    assert (emission.products.asr.language, transcript.language_decided_by) == ("es", "subtitles")
    assert [use.id for use in context.used] == ["subtitles"]
    assert [each.line_id for each in emission.warnings] == ["u0003"]
    (again,) = await handler.handle(event, context)
    assert again.reused
    event.spec.subtitles[0].digest = "c2"
    (other,) = await handler.handle(event, context)
    assert not other.reused
    assert other.products.asr.digest != emission.products.asr.digest


async def test_with_every_translation_written_nothing_has_to_be_heard(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    event = await diarized(context, talk, part=1, language="fr")
    event.spec.target_languages.append("ca")
    event.spec.subtitles.add(key="k", language="es", digest="c1")
    with pytest.raises(StageError) as refused:
        await handler.handle(event, context)
    assert refused.value.code == "unsupported_language_pair"

    event.spec.subtitles.add(key="k", language="ca", digest="c2")
    for each in (handler, AsrHandler(EngineRegistry("asr", ()), low_confidence=0.5)):
        (emission,) = await each.handle(event, context)
        assert [warning.code for warning in emission.warnings] == ["not_recognized"]
        assert "French" in emission.warnings[0].message
    assert emission.reused
    transcript = await transcript_of(context, emission.products)
    assert (transcript.part, transcript.language, list(transcript.lines)) == (1, "fr", [])
    assert emission.products.asr.language == "fr"
    assert not emission.products.asr.HasField("engine") or not emission.products.asr.engine.id
    assert context.used == []


async def test_a_language_that_is_heard_is_heard_though_translations_are_written(
    handler: AsrHandler, context: StageContext, talk: Samples
) -> None:
    event = await diarized(context, talk, part=0, language="en")
    event.spec.subtitles.add(key="k", language="es", digest="c1")
    (emission,) = await handler.handle(event, context)
    transcript = await transcript_of(context, emission.products)
    assert [line.text for line in transcript.lines] == ["Where is the station?"]


async def test_the_language_is_found_out_once(
    whisper: FasterWhisperEngine, espeak: Speak, context: StageContext
) -> None:
    """Each part alone would do; the second one reads what the first one decided."""
    handler = AsrHandler(EngineRegistry("asr", (lambda: whisper,)), low_confidence=0.5)
    sentences = ["Hola a todos, bienvenidos al programa.", "Hoy hablamos de los viajes espaciales."]
    talk, utterances = np.zeros(10 * RATE_HZ, np.float32), []
    for part, sentence in enumerate(sentences):
        said = espeak(sentence, "es")
        start_ms = 500 + 5_000 * part
        talk[start_ms * RATE_HZ // 1000 :][: said.size] = said
        utterances.append((start_ms, start_ms + said.size * 1000 // RATE_HZ, part))
    confidences = []
    for part, sentence in enumerate(sentences):
        event = await diarized(context, talk, part=part, utterances=utterances)
        (emission,) = await handler.handle(event, context)
        document = await transcript_of(context, emission.products)
        assert [line.text for line in document.lines] == [sentence]
        assert (document.language, document.language_decided_by) == ("es", "detected")
        confidences.append(document.language_confidence)
    assert confidences[0] == confidences[1] > 0.9


async def test_rpc_transcribes_a_range(
    registry: EngineRegistry[AsrEngine], context: StageContext, talk: Samples
) -> None:
    await put_wav(context, ANALYSIS, talk)
    servicer = AsrServicer(registry, context.store)
    answer = await servicer.Transcribe(
        asr_pb2.TranscribeRequest(audio_key=ANALYSIS, start_ms=4_900, end_ms=6_600),
        None,  # type: ignore[arg-type]
    )
    assert [word.text for word in answer.words] == ["how", "are", "you", "today"]
    assert all(4_900 <= word.start_ms < word.end_ms <= 6_600 for word in answer.words)
    assert answer.language == "en"
    listed = await servicer.ListEngines(common_pb2.ListEnginesRequest(), None)  # type: ignore[arg-type]
    assert [(info.id, info.available) for info in listed.engines] == [
        ("faster-whisper", False),
        ("google", False),
        ("pocketsphinx", True),
    ]


@pytest.mark.parametrize(
    ("request_fields", "code"),
    [
        ({"audio_key": ANALYSIS, "start_ms": 900, "end_ms": 100}, "invalid_request"),
        ({"audio_key": ANALYSIS, "end_ms": 3_600_000}, "invalid_request"),
        ({"audio_key": ANALYSIS, "language": "??"}, "invalid_request"),
        ({"audio_key": ANALYSIS, "language": "fr"}, "unsupported_language_pair"),
        ({"audio_key": "videos/v1/none.wav"}, "artifact_missing"),
    ],
)
async def test_rpc_refuses(
    registry: EngineRegistry[AsrEngine],
    context: StageContext,
    talk: Samples,
    request_fields: dict[str, object],
    code: str,
) -> None:
    await put_wav(context, ANALYSIS, talk)
    with pytest.raises(StageError) as refused:
        await AsrServicer(registry, context.store).Transcribe(
            asr_pb2.TranscribeRequest(**request_fields),  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
        )
    assert refused.value.code == code
