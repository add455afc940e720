"""Which engines and voices there are for a language, and how voices are named on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import name
from polydub.v1 import tts_pb2
from polydub_tts.casting import CastVoice, Offer
from polydub_tts.engines.base import EngineVoice, TtsEngine

Registry = EngineRegistry[TtsEngine]


def engines_for(
    registry: Registry, wanted: str, language: str, *, cloning: bool = False
) -> tuple[TtsEngine, ...]:
    """The engines that can speak a language here, preferred ones first.

    Args:
        wanted: as for :meth:`EngineRegistry.candidates`.
        cloning: engines that have no voice but a cloned one will do.

    Raises:
        EngineUnavailable: none can; the message says why.
    """

    def able(engine: TtsEngine) -> bool:
        return bool(engine.voices(language)) or (cloning and engine.clones(language))

    registry.choose(wanted, able=able, task=f"{name(language)} speech")
    return registry.able(able, wanted)


def able_engines(registry: Registry, language: str) -> tuple[TtsEngine, ...]:
    """Every engine that has voices for a language here, whatever was asked for."""
    return registry.able(lambda each: bool(each.voices(language)))


def offers_of(engines: Sequence[TtsEngine], language: str) -> tuple[Offer, ...]:
    """All their voices for a language, for casting."""
    return tuple(Offer(each.id, voice) for each in engines for voice in each.voices(language))


def find_voice(registry: Registry, engine_id: str, voice_id: str, language: str) -> EngineVoice:
    """A voice by its engine and its id.

    Raises:
        StageError: ``invalid_request`` when there is none.
    """
    for engine in registry.all():
        if engine.id == engine_id:
            for voice in engine.voices(language):
                if voice.id == voice_id:
                    return voice
    raise StageError(
        "invalid_request", f"There is no voice {engine_id}/{voice_id} for {name(language)}."
    )


def cast_message(voice: CastVoice) -> tts_pb2.Voice:
    """A speaker's voice as documents carry it."""
    return tts_pb2.Voice(
        id=f"{voice.engine}/{voice.voice_id}",
        engine=voice.engine,
        language=voice.language,
        name=voice.name,
        f0_hz=voice.f0_hz,
        gender=voice.gender,
        cloned=voice.cloned,
    )


def cast_of(message: tts_pb2.Voice) -> CastVoice:
    """The voice that a document names; see :func:`cast_message`."""
    engine, _, voice_id = message.id.partition("/")
    return CastVoice(
        engine=engine,
        voice_id=voice_id,
        name=message.name,
        language=message.language,
        gender=message.gender,
        f0_hz=round(message.f0_hz, 2),
        cloned=message.cloned,
    )


def voice_message(engine: TtsEngine, voice: EngineVoice) -> tts_pb2.Voice:
    """An engine's voice, at the pitch it has by itself."""
    return tts_pb2.Voice(
        id=f"{engine.id}/{voice.id}",
        engine=engine.id,
        language=voice.language,
        name=voice.name,
        f0_hz=voice.f0_hz,
        gender=voice.gender,
    )
