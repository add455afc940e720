"""Imitating the speakers: only with their consent, and told where it was not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from polydub.artifacts import dump_document, read_document
from polydub.engines import Availability, Capabilities, EngineRegistry
from polydub.errors import EngineFailed
from polydub.pcm import RATE_HZ, to_pcm, wav_header
from polydub.stage import Emission, StageContext
from polydub.testing import stage_context
from polydub.v1 import (
    common_pb2,
    diarization_pb2,
    events_pb2,
    separation_pb2,
    translation_pb2,
    tts_pb2,
)
from polydub_tts.engines.base import EngineVoice, Raw, TtsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.handler import TtsHandler
from polydub_tts.settings import TtsSettings
from polydub_tts.style import RATE, STYLE, Style

pytestmark = pytest.mark.integration


class MimicEngine(EspeakEngine):
    """eSpeak NG with a note of whom it was asked to imitate."""

    id: ClassVar[str] = "mimic"
    carries: frozenset[str] = frozenset({RATE, STYLE})

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[EngineVoice, Style]] = []
        self.breaks = False

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), cloning=True)

    def clones(self, language: str) -> bool:
        return bool(self.voices(language))

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        self.asked.append((voice, style))
        if voice.likeness is not None:
            if self.breaks:
                raise EngineFailed("the mimic broke off.")
            assert len((await voice.likeness.read()).samples)
            voice = self.voices(voice.language)[0]
        return await super()._speak(text, voice, rate, f0_hz or voice.f0_hz, folder, style)


class NoncommercialEngine(MimicEngine):
    id: ClassVar[str] = "noncommercial"

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), commercial_use=False, licence="not for sale")


LINES = (("u0001", "S1", 0, 3000), ("u0002", "S2", 3500, 5000))


def wav(seconds: float) -> bytes:
    samples = np.zeros(round(seconds * RATE_HZ), np.float32) + 0.1
    return wav_header(len(samples)) + to_pcm(samples)


async def speak(
    context: StageContext,
    *engines: TtsEngine,
    consent: str = "consent-1",
    clips: dict[str, str] | None = None,
    engine: str = "",
) -> tuple[Emission, tts_pb2.SpeechDocument]:
    """What the handler makes of two speakers' lines; ``clips`` are their reference keys."""
    clips = {"S1": "videos/v/s1.wav", "S2": "videos/v/s2.wav"} if clips is None else clips
    for key in (*clips.values(), "videos/v/voice.wav"):
        await context.store.put_bytes(key, wav(6.0))
    diarization = diarization_pb2.DiarizationDocument(
        speakers=[
            diarization_pb2.Speaker(
                id=name,
                profile=diarization_pb2.VoiceProfile(f0_median_hz=f0_hz),
                reference_key=clips.get(name, ""),
            )
            for name, f0_hz in (("S1", 110.0), ("S2", 200.0))
        ],
        utterances=[
            diarization_pb2.Utterance(id=name, speaker_id=who, start_ms=start, end_ms=end)
            for name, who, start, end in LINES
        ],
        duration_ms=60_000,
    )
    translation = translation_pb2.TranslationDocument(
        target_language="es",
        lines=[
            translation_pb2.TranslatedLine(
                id=name, speaker_id=who, start_ms=start, end_ms=end, text="Muchas gracias.",
                candidates=[translation_pb2.TranslationCandidate(text="Muchas gracias.")],
                prosody=common_pb2.Prosody(f0_median_hz=120.0, f0_range_semitones=5.0),
            )
            for name, who, start, end in LINES
        ],
    )  # fmt: skip
    await context.store.put_bytes("videos/v/d.json", dump_document(diarization))
    await context.store.put_bytes("videos/v/t.json", dump_document(translation))
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j", video_id="v", target_language="es"),
        spec=events_pb2.DubSpec(engines={"tts": engine}, clone_consent=consent),
        products=events_pb2.Products(
            separation=separation_pb2.SeparationProducts(
                voice_key="videos/v/voice.wav", digest="s"
            ),
            diarization=diarization_pb2.DiarizationProducts(
                document_key="videos/v/d.json", digest="d"
            ),
            translation=translation_pb2.TranslationProducts(
                document_key="videos/v/t.json", digest="t"
            ),
        ),
    )
    factories = [lambda each=each: each for each in engines]
    stage = TtsHandler(EngineRegistry("tts", factories), TtsSettings())
    [emission] = await stage.handle(event, context)
    key = emission.products.tts.document_key
    return emission, await read_document(context.store, key, tts_pb2.SpeechDocument)


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("tts", tmp_path)


async def test_with_consent_each_speaker_is_imitated_by_the_engine_that_can(
    context: StageContext,
) -> None:
    mimic = MimicEngine()
    emission, document = await speak(context, EspeakEngine(), mimic)
    first, second = document.lines
    assert (first.voice.engine, first.voice.cloned) == ("mimic", True)
    assert second.voice.cloned
    assert first.voice.id != second.voice.id
    assert first.digest != second.digest
    assert first.prosody.f0_median_hz == 120.0
    assert not emission.warnings


async def test_a_line_that_is_long_enough_is_imitated_in_its_manner_too(
    context: StageContext,
) -> None:
    mimic = MimicEngine()
    await speak(context, mimic)
    manners = {voice.id: style.reference for voice, style in mimic.asked}
    assert sorted(reference is not None for reference in manners.values()) == [False, True]


async def test_without_consent_nobody_is_imitated(context: StageContext) -> None:
    mimic = MimicEngine()
    emission, document = await speak(context, mimic, consent="")
    assert [line.voice.engine for line in document.lines] == ["mimic", "mimic"]
    assert not any(line.voice.cloned for line in document.lines)
    assert all(voice.likeness is None and style.reference is None for voice, style in mimic.asked)
    assert not emission.warnings


async def test_no_clone_outlives_the_consent(context: StageContext) -> None:
    await speak(context, MimicEngine())
    _, document = await speak(context, MimicEngine(), consent="")
    assert not any(line.voice.cloned for line in document.lines)


async def test_where_no_engine_imitates_other_voices_speak_and_it_is_said(
    context: StageContext,
) -> None:
    emission, document = await speak(context, EspeakEngine())
    assert [line.voice.engine for line in document.lines] == ["espeak", "espeak"]
    [warning] = emission.warnings
    assert warning.code == "voice_not_cloned"
    assert "Spanish" in warning.message
    again, _ = await speak(context, EspeakEngine())
    assert [each.code for each in again.warnings] == ["voice_not_cloned"]
    assert again.reused


async def test_the_engine_that_a_job_names_comes_before_cloning(context: StageContext) -> None:
    emission, document = await speak(context, MimicEngine(), EspeakEngine(), engine="espeak")
    assert {line.voice.engine for line in document.lines} == {"espeak"}
    assert [each.code for each in emission.warnings] == ["voice_not_cloned"]


async def test_an_engine_that_is_not_allowed_imitates_nobody(context: StageContext) -> None:
    emission, document = await speak(context, NoncommercialEngine(), EspeakEngine())
    assert {line.voice.engine for line in document.lines} == {"espeak"}
    assert [each.code for each in emission.warnings] == ["voice_not_cloned"]


async def test_a_speaker_without_a_clip_gets_another_voice(context: StageContext) -> None:
    emission, document = await speak(context, MimicEngine(), clips={"S1": "videos/v/s1.wav"})
    assert [line.voice.cloned for line in document.lines] == [True, False]
    [warning] = emission.warnings
    assert warning.code == "voice_not_cloned"
    assert "S2" in warning.message


async def test_a_clone_that_fails_is_stood_in_for(context: StageContext) -> None:
    mimic = MimicEngine()
    mimic.breaks = True
    emission, document = await speak(context, mimic, EspeakEngine())
    assert [line.voice.engine for line in document.lines] == ["espeak", "espeak"]
    assert [each.code for each in emission.warnings] == ["line_fallback", "line_fallback"]
    alone, document = await speak(stage_context_of(context), mimic)
    assert [(line.voice.engine, line.voice.cloned) for line in document.lines] == [
        ("mimic", False),
        ("mimic", False),
    ]
    assert [each.code for each in alone.warnings] == ["line_fallback", "line_fallback"]


def stage_context_of(context: StageContext) -> StageContext:
    """Another job's, with nothing in its store."""
    return stage_context("tts", context.scratch / "other")


def test_availability_is_what_the_licence_allows() -> None:
    allowed = EngineRegistry("tts", [NoncommercialEngine], allow_noncommercial=True)
    assert allowed.availability(allowed.all()[0]) == Availability.yes()
    forbidden = EngineRegistry("tts", [NoncommercialEngine])
    assert "POLYDUB_ALLOW_NONCOMMERCIAL" in forbidden.availability(forbidden.all()[0]).remedy
