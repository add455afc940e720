"""The event face: one part's translation becomes one part of speech."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from polydub.artifacts import ArtifactFolder, read_document
from polydub.edits import chosen_voices
from polydub.engines import AUTO
from polydub.errors import StageError
from polydub.pcm import PcmReader
from polydub.stage import Emission, StageContext, StageHandler
from polydub.telemetry import logger
from polydub.v1 import common_pb2, diarization_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_tts.casting import (
    Casting,
    SpeakerPitch,
    by_clone,
    cast,
    cast_clones,
    dump_casting,
    load_casting,
)
from polydub_tts.choosing import chosen
from polydub_tts.engines.base import FEMALE, MALE, TtsEngine
from polydub_tts.fitting import RateLimits
from polydub_tts.ladder import ladders, not_cloned
from polydub_tts.lines import RECIPE_VERSION, LineSpeaker
from polydub_tts.part import Part, worth_another_try
from polydub_tts.settings import TtsSettings
from polydub_tts.style import Manners, Reference, likenesses_of, paces_of
from polydub_tts.voices import Registry, able_engines, engines_for, offers_of

DOCUMENT = "speech.json"
log = logger(__name__)
_UNHURRIED = (muxing_pb2.FIT_MODE_NATURAL, muxing_pb2.FIT_MODE_SLOW_PICTURE)
"""Modes in which voices keep their pace: what is too long stays so, or the picture waits."""
_GENDERS = {
    diarization_pb2.VOICE_GENDER_MALE: MALE,
    diarization_pb2.VOICE_GENDER_FEMALE: FEMALE,
}


class TtsHandler(StageHandler):
    """Consumes ``translation.completed`` of one part and language, emits ``tts.completed``."""

    def __init__(
        self, registry: Registry, settings: TtsSettings, gate: asyncio.Semaphore | None = None
    ) -> None:
        self._registry = registry
        self._limits = RateLimits(settings.min_rate, settings.max_rate)
        self._gate = gate or asyncio.Semaphore(settings.lines_at_once)

    async def warm_up(self) -> None:
        await asyncio.to_thread(self._registry.infos)
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        """Loads what is there; an engine that can't is left to the lines, which fall back."""
        for engine in self._registry.able(lambda _: True):
            try:
                engine.load()
            except StageError as error:
                log.warning("engine_not_loaded", engine=engine.id, reason=error.message)

    async def aclose(self) -> None:
        self._registry.close()

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        language = event.envelope.target_language
        cloning = bool(event.spec.clone_consent)
        wanted = event.spec.engines.get("tts", "")
        engines = engines_for(self._registry, wanted, language, cloning=cloning)
        diarization = await read_document(
            context.store,
            event.products.diarization.document_key,
            diarization_pb2.DiarizationDocument,
        )
        likenesses = likenesses_of(diarization.speakers, context.store) if cloning else {}
        proposal = self._proposal(_pitches(diarization), engines, likenesses, language)
        standing = await _decided(event, context, proposal)
        choice = chosen(chosen_voices(event.spec, language), self._registry, language)
        casting = {**standing, **choice.casting}
        folder = self._folder(event, context, casting, engines)
        document = await folder.find_document(DOCUMENT, tts_pb2.SpeechDocument)
        spoken = 0
        if document is None or worth_another_try(document):
            part = await self._part(event, context, diarization, casting)

            async def speaking(fraction: float) -> None:
                await context.progress(fraction, "speaking")

            outcomes = await part.speak(self._line_speaker(event, context, likenesses), speaking)
            spoken = sum(outcome.fresh for outcome in outcomes)
            document = part.document(outcomes)
            await folder.put_document(DOCUMENT, document)
        context.used.extend(_engines_of(document))
        warnings = [*choice.warnings, *document.warnings]
        return [_emission(event, folder, document, spoken, warnings)]

    def _proposal(
        self,
        speakers: Sequence[SpeakerPitch],
        engines: Sequence[TtsEngine],
        likenesses: Mapping[str, Reference],
        language: str,
    ) -> Casting:
        """Clones of those of whom there is a clip, by the first engine that can; else voices."""
        cloner = next((each for each in engines if each.clones(language)), None)
        clones = cast_clones(likenesses, cloner.id, language) if cloner else {}
        others = [speaker for speaker in speakers if speaker.id not in clones]
        if not others:
            return clones
        offers = offers_of(engines, language)
        if not offers:
            offers = offers_of(engines_for(self._registry, AUTO, language), language)
        return {**cast(others, offers), **clones}

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
        speaking = sorted({line.speaker_id for line in translation.lines})
        consent = bool(event.spec.clone_consent)
        return Part(
            translation=translation,
            diarization=diarization,
            voices=ladders(speakers, casting, able_engines(self._registry, language), language),
            manners=_manners(event, context, diarization, translation),
            strict=event.spec.fit_mode == muxing_pb2.FIT_MODE_STRICT,
            notes=not_cloned(casting, speaking, language) if consent else (),
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
            casting={speaker: voice.plain() for speaker, voice in casting.items()},
            fit_mode=int(event.spec.fit_mode),
            limits=[self._limits.slowest, self._limits.fastest],
            engines={engine.id: engine.version for engine in engines},
            recipe=RECIPE_VERSION,
        )

    def _line_speaker(
        self, event: events_pb2.Event, context: StageContext, likenesses: Mapping[str, Reference]
    ) -> LineSpeaker:
        return LineSpeaker(
            store=context.store,
            video_id=event.envelope.video_id,
            registry=self._registry,
            limits=self._limits,
            natural=event.spec.fit_mode in _UNHURRIED,
            gate=self._gate,
            likenesses=by_clone(likenesses),
        )


async def _decided(event: events_pb2.Event, context: StageContext, proposal: Casting) -> Casting:
    """The job's casting for this language: the first part's proposal, for all of them.

    With and without consent are two decisions, so that no clone outlives a consent.
    """
    decision = f"casting-{event.envelope.target_language}"
    if event.spec.clone_consent:
        decision += "-cloned"
    standing = await context.ledger.decide(event.envelope.job_id, decision, dump_casting(proposal))
    return load_casting(standing)


def _manners(
    event: events_pb2.Event,
    context: StageContext,
    diarization: diarization_pb2.DiarizationDocument,
    translation: translation_pb2.TranslationDocument,
) -> Manners:
    """How the part's lines are said; their own sound only with the speakers' consent."""
    separation = event.products.separation
    imitated = event.spec.clone_consent and separation.voice_key
    return Manners(
        medians_hz={each.id: each.profile.f0_median_hz for each in diarization.speakers},
        paces=paces_of(translation.lines),
        voice=PcmReader(context.store, separation.voice_key) if imitated else None,
        source=separation.digest,
    )


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
    used = {(line.engine.id, line.engine.version): line.engine for line in document.lines}
    return [engine for engine in used.values() if engine.id]


def _emission(
    event: events_pb2.Event,
    folder: ArtifactFolder,
    document: tts_pb2.SpeechDocument,
    spoken: int,
    warnings: Sequence[common_pb2.Warning],
) -> Emission:
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    voiced = sum(bool(line.audio_key) for line in document.lines)
    products.tts.CopyFrom(
        tts_pb2.TtsProducts(
            document_key=folder.key(DOCUMENT),
            spoken=spoken,
            reused=voiced - spoken,
            digest=folder.digest,
        )
    )
    return Emission(products=products, reused=spoken == 0, warnings=warnings)
