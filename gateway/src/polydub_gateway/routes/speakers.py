"""Registered speakers: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from polydub_gateway.registry.speakers import LONGEST_NAME, RegisteredSpeaker
from polydub_gateway.routes.context import Editor, GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.revisions import IfMatch, revision_in
from polydub_gateway.routes.schemas import moment

router = APIRouter(prefix="/v1/speakers", tags=["speakers"])

RegisteredName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)
]
_VoiceId = Annotated[str, Field(min_length=1, max_length=200)]
_CHARACTER: dict[str, Any] = {"name": "Katie", "voices": {"es": "espeak/es"}}
_REGISTERED: dict[str, Any] = {
    "id": "spk_5b1c0e3f9a7d24c8e610",
    **_CHARACTER,
    "revision": 1,
    "updated_at": "2026-01-05T09:30:00Z",
}


class RegisteredSpeakerIn(BaseModel):
    """A speaker to be kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _CHARACTER})

    name: RegisteredName
    voices: dict[str, _VoiceId] = Field(
        default_factory=dict, max_length=50, description="Language to a voice's id"
    )


class RegisteredSpeakerOut(BaseModel):
    """Someone whom the speakers of dubs may be, by `registered_id`."""

    model_config = ConfigDict(json_schema_extra={"example": _REGISTERED})

    id: str
    name: str
    voices: dict[str, str] = Field(description="Language to a voice's id")
    revision: int = Field(description="Send it as If-Match with a change")
    updated_at: datetime

    @classmethod
    def of(cls, speaker: RegisteredSpeaker) -> RegisteredSpeakerOut:
        return cls(
            id=speaker.id,
            name=speaker.name,
            voices=dict(speaker.voices),
            revision=speaker.revision,
            updated_at=moment(speaker.updated_at_ms),
        )


class RegisteredSpeakersOut(BaseModel):
    """All registered speakers of the organisation."""

    model_config = ConfigDict(json_schema_extra={"example": {"speakers": [_REGISTERED]}})

    speakers: list[RegisteredSpeakerOut]


@router.post("", status_code=201, responses=problems(409, 422, 429))
async def create_registered_speaker(
    wanted: RegisteredSpeakerIn, response: Response, gateway: GatewayOf, caller: Editor
) -> RegisteredSpeakerOut:
    """Keeps a speaker, for the speakers of dubs to be. No two have the same name."""
    made = await gateway.registry.create(caller.organisation_id, wanted.name, wanted.voices)
    return answered(made, response)


@router.get("")
async def list_registered_speakers(gateway: GatewayOf, caller: Viewer) -> RegisteredSpeakersOut:
    """All registered speakers, by name."""
    found = await gateway.registry.list(caller.organisation_id)
    return RegisteredSpeakersOut(speakers=[RegisteredSpeakerOut.of(each) for each in found])


@router.get("/{registered_id}", responses=problems(404))
async def get_registered_speaker(
    registered_id: str, gateway: GatewayOf, caller: Viewer
) -> RegisteredSpeakerOut:
    """One registered speaker."""
    return RegisteredSpeakerOut.of(
        await gateway.registry.get(caller.organisation_id, registered_id)
    )


@router.put("/{registered_id}", responses=problems(404, 409, 412, 422, 428))
async def replace_registered_speaker(
    registered_id: str,
    wanted: RegisteredSpeakerIn,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> RegisteredSpeakerOut:
    """Writes a registered speaker anew. The speakers of dubs stay as they are."""
    made = await gateway.registry.replace(
        caller.organisation_id,
        registered_id,
        wanted.name,
        wanted.voices,
        revision=revision_in(if_match),
    )
    return RegisteredSpeakerOut.of(made)


@router.delete("/{registered_id}", status_code=204, responses=problems(404))
async def delete_registered_speaker(registered_id: str, gateway: GatewayOf, caller: Editor) -> None:
    """Deletes a registered speaker. Speakers of dubs keep the name and the voices."""
    await gateway.registry.delete(caller.organisation_id, registered_id)


def answered(made: RegisteredSpeaker, response: Response) -> RegisteredSpeakerOut:
    """The answer to who has just been registered."""
    response.headers["Location"] = f"/v1/speakers/{made.id}"
    return RegisteredSpeakerOut.of(made)
