"""Voices that a person chose for speakers, instead of those that were cast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polydub import errors
from polydub.languages import name
from polydub.v1 import common_pb2
from polydub_tts.casting import Casting, as_cast
from polydub_tts.voices import Registry, able_engines, offers_of


@dataclass(frozen=True)
class Choice:
    """The chosen voices that there are, and what to say of the others."""

    casting: Casting = field(default_factory=dict)
    warnings: tuple[common_pb2.Warning, ...] = ()


def chosen(wanted: Mapping[str, str], registry: Registry, language: str) -> Choice:
    """The voices that a person chose, each at its own pitch.

    Args:
        wanted: speaker -> ``engine/voice``.
    """
    if not wanted:
        return Choice()
    offers = {
        f"{offer.engine}/{offer.voice.id}": offer
        for offer in offers_of(able_engines(registry, language), language)
    }
    found = {speaker: offers[voice] for speaker, voice in wanted.items() if voice in offers}
    missing = {speaker: voice for speaker, voice in wanted.items() if voice not in offers}
    return Choice(
        casting={speaker: as_cast(offer, offer.voice.f0_hz) for speaker, offer in found.items()},
        warnings=tuple(
            errors.warning(
                "voice_not_found",
                f"{speaker} can't speak {name(language)} with {voice}, which is not here: another "
                "voice does.",
                stage="tts",
                target_language=language,
            )
            for speaker, voice in sorted(missing.items())
        ),
    )
