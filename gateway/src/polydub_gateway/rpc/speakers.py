"""``polydub.v1.Speakers``: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from collections.abc import Mapping

from polydub.v1 import speakers_pb2, speakers_pb2_grpc
from polydub_gateway.identity import Role
from polydub_gateway.routes.speakers import RegisteredSpeakerIn
from polydub_gateway.rpc.calls import Call, Servicer, checked, unary
from polydub_gateway.rpc.messages.speakers import registered_message
from polydub_gateway.rpc.revisions import revision_in


class SpeakersServicer(Servicer, speakers_pb2_grpc.SpeakersServicer):
    """Registered speakers."""

    @unary(Role.EDITOR)
    async def CreateRegisteredSpeaker(  # noqa: N802
        self, call: Call, request: speakers_pb2.CreateRegisteredSpeakerRequest
    ) -> speakers_pb2.RegisteredSpeaker:
        wanted = _wanted(request.name, request.voices)
        return registered_message(
            await self.gateway.registry.create(call.owner_id, wanted.name, wanted.voices)
        )

    @unary(Role.VIEWER)
    async def ListRegisteredSpeakers(  # noqa: N802
        self, call: Call, _: speakers_pb2.ListRegisteredSpeakersRequest
    ) -> speakers_pb2.ListRegisteredSpeakersResponse:
        found = await self.gateway.registry.list(call.owner_id)
        return speakers_pb2.ListRegisteredSpeakersResponse(
            speakers=[registered_message(each) for each in found]
        )

    @unary(Role.VIEWER)
    async def GetRegisteredSpeaker(  # noqa: N802
        self, call: Call, request: speakers_pb2.GetRegisteredSpeakerRequest
    ) -> speakers_pb2.RegisteredSpeaker:
        return registered_message(await self.gateway.registry.get(call.owner_id, request.id))

    @unary(Role.EDITOR)
    async def ReplaceRegisteredSpeaker(  # noqa: N802
        self, call: Call, request: speakers_pb2.ReplaceRegisteredSpeakerRequest
    ) -> speakers_pb2.RegisteredSpeaker:
        wanted = _wanted(request.name, request.voices)
        made = await self.gateway.registry.replace(
            call.owner_id, request.id, wanted.name, wanted.voices, revision=revision_in(request)
        )
        return registered_message(made)

    @unary(Role.EDITOR)
    async def DeleteRegisteredSpeaker(  # noqa: N802
        self, call: Call, request: speakers_pb2.DeleteRegisteredSpeakerRequest
    ) -> speakers_pb2.DeleteRegisteredSpeakerResponse:
        await self.gateway.registry.delete(call.owner_id, request.id)
        return speakers_pb2.DeleteRegisteredSpeakerResponse()


def _wanted(name: str, voices: Mapping[str, str]) -> RegisteredSpeakerIn:
    return checked(RegisteredSpeakerIn, name=name, voices=dict(voices))
