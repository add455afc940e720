"""Registered speakers: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from collections.abc import Mapping

from polydub_client.calls.call import Call, if_match, many, nothing, one, path
from polydub_client.models import RegisteredSpeaker


def list_speakers() -> Call[tuple[RegisteredSpeaker, ...]]:
    return Call("GET", path("speakers"), many("speakers", RegisteredSpeaker))


def get_speaker(registered_id: str) -> Call[RegisteredSpeaker]:
    return Call("GET", path("speakers", registered_id), one(RegisteredSpeaker))


def create_speaker(name: str, voices: Mapping[str, str]) -> Call[RegisteredSpeaker]:
    """Not idempotent: a second one finds that the name is taken."""
    body = {"name": name, "voices": dict(voices)}
    return Call("POST", path("speakers"), one(RegisteredSpeaker), body=body, idempotent=False)


def replace_speaker(
    registered_id: str, revision: int, name: str, voices: Mapping[str, str]
) -> Call[RegisteredSpeaker]:
    return Call(
        "PUT",
        path("speakers", registered_id),
        one(RegisteredSpeaker),
        body={"name": name, "voices": dict(voices)},
        headers=if_match(revision),
        idempotent=False,
    )


def delete_speaker(registered_id: str) -> Call[None]:
    return Call("DELETE", path("speakers", registered_id), nothing, idempotent=False)
