"""``polydub.v1.Editing``: correcting a dub, and making it again."""

from __future__ import annotations

from polydub.v1 import editing_pb2, editing_pb2_grpc, speakers_pb2, tts_pb2
from polydub_gateway.edits.pages import page_of
from polydub_gateway.identity import Role
from polydub_gateway.routes.edit_schemas import (
    PreviewIn,
    SegmentChange,
    SegmentIn,
    SpeakerChange,
    SpeakerRegistration,
    SplitIn,
    SuggestionsIn,
)
from polydub_gateway.rpc.calls import Call, Servicer, checked, given, page_size, unary
from polydub_gateway.rpc.messages.dubs import dub_message
from polydub_gateway.rpc.messages.editing import (
    affected_messages,
    script_message,
    segment_message,
    speaker_message,
)
from polydub_gateway.rpc.messages.speakers import registered_message
from polydub_gateway.rpc.revisions import revision_in

DEFAULT_PAGE = 500
MAX_PAGE = 2000


class EditingServicer(Servicer, editing_pb2_grpc.EditingServicer):
    """Scripts, their lines and their speakers."""

    @unary(Role.VIEWER)
    async def GetScript(  # noqa: N802
        self, call: Call, request: editing_pb2.GetScriptRequest
    ) -> editing_pb2.Script:
        owner_id, dub_id, language = call.owner_id, request.dub_id, request.language
        script = await self.gateway.scripts.get(owner_id, dub_id)
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        page = page_of(script, request.page_token or None, limit)
        fits = await self.gateway.fits.of(owner_id, dub_id, language) if language else {}
        return script_message(script, page, fits)

    @unary(Role.EDITOR)
    async def InsertSegment(  # noqa: N802
        self, call: Call, request: editing_pb2.InsertSegmentRequest
    ) -> editing_pb2.Segment:
        wanted = checked(
            SegmentIn,
            start_ms=request.start_ms,
            end_ms=request.end_ms,
            speaker_id=request.speaker_id,
            text=request.text,
            translations=dict(request.translations),
        ).segment()
        return segment_message(
            await self.gateway.scripts.insert(call.owner_id, request.dub_id, wanted)
        )

    @unary(Role.EDITOR)
    async def UpdateSegment(  # noqa: N802
        self, call: Call, request: editing_pb2.UpdateSegmentRequest
    ) -> editing_pb2.Segment:
        change = checked(
            SegmentChange,
            **given(request, "text", "start_ms", "end_ms", "speaker_id"),
            translations={**dict.fromkeys(request.translate_anew), **request.translations},
        ).change()
        changed = await self.gateway.scripts.change(
            call.owner_id,
            request.dub_id,
            request.segment_id,
            change,
            revision=revision_in(request),
        )
        return segment_message(changed)

    @unary(Role.EDITOR)
    async def DeleteSegment(  # noqa: N802
        self, call: Call, request: editing_pb2.DeleteSegmentRequest
    ) -> editing_pb2.DeleteSegmentResponse:
        await self.gateway.scripts.delete(
            call.owner_id, request.dub_id, request.segment_id, revision=revision_in(request)
        )
        return editing_pb2.DeleteSegmentResponse()

    @unary(Role.EDITOR)
    async def SplitSegment(  # noqa: N802
        self, call: Call, request: editing_pb2.SplitSegmentRequest
    ) -> editing_pb2.SplitSegmentResponse:
        wanted = checked(SplitIn, at_ms=request.at_ms, at_character=request.at_character)
        halves = await self.gateway.scripts.split(
            call.owner_id,
            request.dub_id,
            request.segment_id,
            at_ms=wanted.at_ms,
            at_character=wanted.at_character,
            revision=revision_in(request),
        )
        return editing_pb2.SplitSegmentResponse(segments=[segment_message(each) for each in halves])

    @unary(Role.EDITOR)
    async def MergeSegments(  # noqa: N802
        self, call: Call, request: editing_pb2.MergeSegmentsRequest
    ) -> editing_pb2.Segment:
        one = await self.gateway.scripts.merge(
            call.owner_id, request.dub_id, request.segment_id, revision=revision_in(request)
        )
        return segment_message(one)

    @unary(Role.EDITOR)
    async def UpdateSpeaker(  # noqa: N802
        self, call: Call, request: editing_pb2.UpdateSpeakerRequest
    ) -> editing_pb2.ScriptSpeaker:
        change = checked(
            SpeakerChange,
            **given(request, "name", "registered_id"),
            voices={**dict.fromkeys(request.cast_anew), **request.voices},
        ).change()
        speaker = await self.gateway.linking.change(
            call.owner_id,
            request.dub_id,
            request.speaker_id,
            change,
            revision=revision_in(request),
        )
        return speaker_message(speaker)

    @unary(Role.EDITOR)
    async def RegisterSpeaker(  # noqa: N802
        self, call: Call, request: editing_pb2.RegisterSpeakerRequest
    ) -> speakers_pb2.RegisteredSpeaker:
        wanted = checked(SpeakerRegistration, **given(request, "name"))
        made = await self.gateway.linking.register(
            call.owner_id,
            request.dub_id,
            request.speaker_id,
            wanted.name,
            revision=revision_in(request),
        )
        return registered_message(made)

    @unary(Role.EDITOR)
    async def MergeSpeakers(  # noqa: N802
        self, call: Call, request: editing_pb2.MergeSpeakersRequest
    ) -> editing_pb2.ScriptSpeaker:
        kept = await self.gateway.scripts.merge_speakers(
            call.owner_id,
            request.dub_id,
            request.speaker_id,
            request.into,
            revision=revision_in(request),
        )
        return speaker_message(kept)

    @unary(Role.EDITOR)
    async def SuggestWordings(  # noqa: N802
        self, call: Call, request: editing_pb2.SuggestWordingsRequest
    ) -> editing_pb2.SuggestWordingsResponse:
        wanted = checked(SuggestionsIn, language=request.language, ratio=request.ratio or 1.0)
        found = await self.gateway.trying.suggestions(
            call.owner_id, request.dub_id, request.segment_id, wanted.language, wanted.ratio
        )
        return editing_pb2.SuggestWordingsResponse(
            suggestions=[
                editing_pb2.Suggestion(text=each.text, origin=each.origin) for each in found
            ]
        )

    @unary(Role.EDITOR)
    async def PreviewSegment(  # noqa: N802
        self, call: Call, request: editing_pb2.PreviewSegmentRequest
    ) -> editing_pb2.PreviewSegmentResponse:
        wanted = checked(PreviewIn, language=request.language, **given(request, "text", "voice_id"))
        spoken = await self.gateway.trying.preview(
            call.owner_id,
            request.dub_id,
            request.segment_id,
            wanted.language,
            text=wanted.text,
            voice_id=wanted.voice_id,
        )
        return editing_pb2.PreviewSegmentResponse(
            audio=spoken.audio, duration_ms=spoken.duration_ms
        )

    @unary(Role.EDITOR)
    async def RegenerateDub(  # noqa: N802
        self, call: Call, request: editing_pb2.RegenerateDubRequest
    ) -> editing_pb2.RegenerateDubResponse:
        made = await self.gateway.regenerating.regenerate(call.owner_id, request.dub_id)
        return editing_pb2.RegenerateDubResponse(
            dub=dub_message(made.dub, self.gateway.prices),
            affected=affected_messages(made.affected),
        )

    @unary(Role.VIEWER)
    async def ListVoices(  # noqa: N802
        self, _: Call, request: tts_pb2.ListVoicesRequest
    ) -> tts_pb2.ListVoicesResponse:
        return tts_pb2.ListVoicesResponse(voices=await self.gateway.stages.voices(request.language))
