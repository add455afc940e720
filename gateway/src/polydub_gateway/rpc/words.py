"""``polydub.v1.Words``: glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from collections.abc import Iterable

from polydub.v1 import translation_pb2, words_pb2, words_pb2_grpc
from polydub_gateway.identity import Role
from polydub_gateway.jobs.asking import checked_tag
from polydub_gateway.routes.words import GlossaryIn
from polydub_gateway.rpc.calls import Call, Servicer, checked, page_size, unary
from polydub_gateway.rpc.messages.dubs import plain_term
from polydub_gateway.rpc.messages.words import correction_message, glossary_message
from polydub_gateway.rpc.revisions import revision_in

DEFAULT_PAGE = 100
MAX_PAGE = 500


class WordsServicer(Servicer, words_pb2_grpc.WordsServicer):
    """How an organisation wants things said."""

    @unary(Role.EDITOR)
    async def CreateGlossary(  # noqa: N802
        self, call: Call, request: words_pb2.CreateGlossaryRequest
    ) -> words_pb2.Glossary:
        wanted = _glossary(request.name, request.terms)
        return glossary_message(
            await self.gateway.words.glossaries.create(call.owner_id, wanted.name, wanted.checked())
        )

    @unary(Role.VIEWER)
    async def ListGlossaries(  # noqa: N802
        self, call: Call, _: words_pb2.ListGlossariesRequest
    ) -> words_pb2.ListGlossariesResponse:
        found = await self.gateway.words.glossaries.list(call.owner_id)
        return words_pb2.ListGlossariesResponse(
            glossaries=[glossary_message(each) for each in found]
        )

    @unary(Role.VIEWER)
    async def GetGlossary(  # noqa: N802
        self, call: Call, request: words_pb2.GetGlossaryRequest
    ) -> words_pb2.Glossary:
        return glossary_message(await self.gateway.words.glossaries.get(call.owner_id, request.id))

    @unary(Role.EDITOR)
    async def ReplaceGlossary(  # noqa: N802
        self, call: Call, request: words_pb2.ReplaceGlossaryRequest
    ) -> words_pb2.Glossary:
        wanted = _glossary(request.name, request.terms)
        made = await self.gateway.words.glossaries.replace(
            call.owner_id,
            request.id,
            wanted.name,
            wanted.checked(),
            revision=revision_in(request),
        )
        return glossary_message(made)

    @unary(Role.EDITOR)
    async def DeleteGlossary(  # noqa: N802
        self, call: Call, request: words_pb2.DeleteGlossaryRequest
    ) -> words_pb2.DeleteGlossaryResponse:
        await self.gateway.words.glossaries.delete(call.owner_id, request.id)
        return words_pb2.DeleteGlossaryResponse()

    @unary(Role.VIEWER)
    async def ListCorrections(  # noqa: N802
        self, call: Call, request: words_pb2.ListCorrectionsRequest
    ) -> words_pb2.ListCorrectionsResponse:
        page = await self.gateway.words.memory.page(
            call.owner_id,
            target_language=checked_tag(request.target_language),
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
        )
        return words_pb2.ListCorrectionsResponse(
            corrections=[correction_message(each) for each in page.entries],
            next_page_token=page.next_cursor or "",
        )

    @unary(Role.EDITOR)
    async def ForgetCorrection(  # noqa: N802
        self, call: Call, request: words_pb2.ForgetCorrectionRequest
    ) -> words_pb2.ForgetCorrectionResponse:
        await self.gateway.words.memory.forget(call.owner_id, request.id)
        return words_pb2.ForgetCorrectionResponse()


def _glossary(name: str, terms: Iterable[translation_pb2.GlossaryTerm]) -> GlossaryIn:
    return checked(GlossaryIn, name=name, terms=[plain_term(term) for term in terms])
