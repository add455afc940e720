"""Registered speakers as messages."""

from __future__ import annotations

from polydub.v1 import speakers_pb2
from polydub_gateway.registry.speakers import RegisteredSpeaker


def registered_message(speaker: RegisteredSpeaker) -> speakers_pb2.RegisteredSpeaker:
    return speakers_pb2.RegisteredSpeaker(
        id=speaker.id,
        name=speaker.name,
        voices=speaker.voices,
        revision=speaker.revision,
        updated_at_ms=speaker.updated_at_ms,
    )
