"""Who says a speaker's lines, and who steps in: voices in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from polydub import errors
from polydub.languages import name
from polydub.v1 import common_pb2
from polydub_tts.casting import Casting, CastVoice, SpeakerPitch, another, cast
from polydub_tts.engines.base import TtsEngine
from polydub_tts.voices import offers_of

VOICE_NOT_CLONED = "voice_not_cloned"


def ladders(
    speakers: Sequence[SpeakerPitch],
    casting: Casting,
    engines: Sequence[TtsEngine],
    language: str,
) -> dict[str, list[CastVoice]]:
    """For each speaker the voice that was cast, one of each other engine, and at last another one
    of the first engine: where one voice fails, its engine mostly fails, too.

    Args:
        engines: those that have voices for the language, preferred ones first.
    """
    stand_ins = [cast(speakers, offers_of([engine], language)) for engine in engines]
    offers = offers_of(engines, language)
    found = {}
    for speaker in speakers:
        rungs = [each[speaker.id] for each in (casting, *stand_ins) if speaker.id in each]
        first_of_each = {voice.engine: voice for voice in reversed(rungs)}
        rungs = [voice for voice in rungs if first_of_each[voice.engine] is voice]
        if rungs:
            same_engine = [offer for offer in offers if offer.engine == rungs[0].engine]
            if (other := another(speaker, same_engine, rungs)) is not None:
                rungs.append(other)
        found[speaker.id] = rungs
    return found


def not_cloned(
    casting: Casting, speaking: Sequence[str], language: str
) -> list[common_pb2.Warning]:
    """What to say where voices were to be imitated and are not.

    Args:
        speaking: the speakers of the part.
    """
    stock = [each for each in speaking if each not in casting or not casting[each].cloned]
    if not any(voice.cloned for voice in casting.values()):
        why = f"No engine here can imitate a voice in {name(language)}: other voices speak."
        return [_warning(why, language)]
    return [
        _warning(f"The voice of {each} is not imitated: there is no clip of it alone.", language)
        for each in stock
    ]


def _warning(why: str, language: str) -> common_pb2.Warning:
    return errors.warning(VOICE_NOT_CLONED, why, stage="tts", target_language=language)
