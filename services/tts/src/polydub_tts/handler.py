"""The event face: one part's translation becomes one part of speech."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from polydub.artifacts import ArtifactFolder, read_document
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import common_pb2, diarization_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_tts.casting import Casting, SpeakerPitch, cast, dump_casting, load_casting
from polydub_tts.engines.base import FEMALE, MALE, TtsEngine
from polydub_tts.fitting import RateLimits
from polydub_tts.lines import RECIPE_VERSION, LineSpeaker
from polydub_tts.part import Part, worth_another_try
from polydub_tts.settings import TtsSettings
from polydub_tts.voices import Registry, able_engines, engines_for, offers_of

DOCUMENT = "speech.json"
_GENDERS = {
    diarization_pb2.VOICE_GENDER_MALE: MALE,
    diarization_pb2.VOICE_GENDER_FEMALE: FEMALE,
}


class TtsHandler(StageHandler):
    """Consumes ``translation.completed`` of one part and language, emits ``tts.completed``."""

    def __init__(self, registry: Registry, settings: TtsSettings) -> None:
        self._registry = registry
        self._limits = RateLimits(settings.min_rate, settings.max_rate)
        self._gate = asyncio.Semaphore(settings.lines_at_once)

    async def warm_up(self) -> None:
        await asyncio.to_thread(self._registry.infos)

    async def aclose(self) -> None:
        self._registry.close()

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        language = event.envelope.target_language
        engines = engines_for(self._registry, event.spec.engines.get("tts", ""), language)
        diarization = await read_document(
            context.store,
            event.products.diarization.document_key,
            diarization_pb2.DiarizationDocument,
        )
        casting = await _decided(event, context, _pitches(diarization), engines)
        folder = self._folder(event, context, casting, engines)
        document = await folder.find_document(DOCUMENT, tts_pb2.SpeechDocument)
        spoken = 0
        if document is None or worth_another_try(document):
            part = await self._part(event, context, diarization, casting)
            outcomes = await part.speak(self._line_speaker(event, context))
            spoken = sum(outcome.fresh for outcome in outcomes)
            document = part.document(outcomes)
            await folder.put_document(DOCUMENT, document)
        context.used.extend(_engines_of(document))
        return [_emission(event, folder, document, spoken)]

    async def _part(
        self,
        event: events_pb2.Event,
        context: StageContext,
        diarization: diarization_pb2.DiarizationDocument,
        casting: Casting,
    ) -> Part:
        translation = await read_document(
            context.store,
            event.products.translation.document_key,
            translation_pb2.TranslationDocument,
        )
        speakers = _with_strangers(_pitches(diarization), translation)
        language = event.envelope.target_language
        stand_ins = [
            cast(speakers, offers_of([engine], language))
            for engine in able_engines(self._registry, language)
        ]
        return Part(
            translation=translation,
            diarization=diarization,
            castings=[casting, *stand_ins],
            strict=event.spec.fit_mode == muxing_pb2.FIT_MODE_STRICT,
        )

    def _folder(
        self,
        event: events_pb2.Event,
        context: StageContext,
        casting: Casting,
        engines: Sequence[TtsEngine],
    ) -> ArtifactFolder:
        return context.folder(
            event.envelope.video_id,
            translation=event.products.translation.digest,
            diarization=event.products.diarization.digest,
            casting={speaker: asdict(voice) for speaker, voice in casting.items()},
            fit_mode=int(event.spec.fit_mode),
            limits=[self._limits.slowest, self._limits.fastest],
            engines={engine.id: engine.version for engine in engines},
            recipe=RECIPE_VERSION,
        )

    def _line_speaker(self, event: events_pb2.Event, context: StageContext) -> LineSpeaker:
        return LineSpeaker(
            context=context,
            video_id=event.envelope.video_id,
            registry=self._registry,
            limits=self._limits,
            natural=event.spec.fit_mode == muxing_pb2.FIT_MODE_NATURAL,
            gate=self._gate,
        )


async def _decided(
    event: events_pb2.Event,
    context: StageContext,
    speakers: Sequence[SpeakerPitch],
    engines: Sequence[TtsEngine],
) -> Casting:
    """The job's casting for this language: the first part's proposal, for all of them."""
    language = event.envelope.target_language
    proposal = cast(speakers, offers_of(engines, language))
    standing = await context.ledger.decide(
        event.envelope.job_id, f"casting-{language}", dump_casting(proposal)
    )
    return load_casting(standing)


def _pitches(diarization: diarization_pb2.DiarizationDocument) -> list[SpeakerPitch]:
    return [
        SpeakerPitch(
            speaker.id, speaker.profile.f0_median_hz, _GENDERS.get(speaker.profile.gender, "")
        )
        for speaker in diarization.speakers
    ]


def _with_strangers(
    speakers: Sequence[SpeakerPitch], translation: translation_pb2.TranslationDocument
) -> list[SpeakerPitch]:
    """The speakers, and those that a person has put into the lines by hand."""
    known = {speaker.id for speaker in speakers}
    named = dict.fromkeys(line.speaker_id for line in translation.lines)
    return [*speakers, *(SpeakerPitch(each) for each in named if each not in known)]


def _engines_of(document: tts_pb2.SpeechDocument) -> Iterable[common_pb2.EngineUse]:
    return {(line.engine.id, line.engine.version): line.engine for line in document.lines}.values()


def _emission(
    event: events_pb2.Event, folder: ArtifactFolder, document: tts_pb2.SpeechDocument, spoken: int
) -> Emission:
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    products.tts.CopyFrom(
        tts_pb2.TtsProducts(
            document_key=folder.key(DOCUMENT),
            spoken=spoken,
            reused=len(document.lines) - spoken,
            digest=folder.digest,
        )
    )
    return Emission(products=products, reused=spoken == 0, warnings=list(document.warnings))
