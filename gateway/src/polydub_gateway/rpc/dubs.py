"""Dubs: started, looked at, steered; and their files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict

from polydub.errors import StageError
from polydub.v1 import dubbing_pb2
from polydub_gateway.accounts.audit import Actor
from polydub_gateway.identity import Role
from polydub_gateway.jobs.asking import check_urgency
from polydub_gateway.jobs.files import artifact
from polydub_gateway.jobs.listing import Sought
from polydub_gateway.jobs.service import Dub
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.rpc.calls import Call, Servicer, page_size, stream, unary
from polydub_gateway.rpc.messages.dubs import (
    dub_message,
    dub_request,
    estimate_message,
    state_of,
)

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_CHUNK_BYTES = 1024 * 1024
MAX_KEY_CHARACTERS = 255


class DubCalls(Servicer):
    """The calls of ``polydub.v1.Dubbing`` about dubs."""

    async def shown(self, call: Call, dub: Dub) -> dubbing_pb2.Dub:
        """A dub as everyone is told of it."""
        is_playable = await self.gateway.live_streams.is_playable(call.owner_id, dub)
        return dub_message(dub, self.gateway.prices, is_playable=is_playable)

    @unary(Role.EDITOR)
    async def CreateDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.CreateDubRequest
    ) -> dubbing_pb2.Dub:
        key = call.metadata.get("idempotency-key") or None
        if key is not None and len(key) > MAX_KEY_CHARACTERS:
            raise StageError(
                "invalid_request", f"idempotency-key has at most {MAX_KEY_CHARACTERS} characters."
            )
        asked = dub_request(request)
        check_urgency(call.caller, asked)
        dub = await self.gateway.dubs.create(call.owner_id, asked, idempotency_key=key)
        return await self.shown(call, dub)

    @unary(Role.VIEWER, CallClass.WRITE)
    async def EstimateDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.CreateDubRequest
    ) -> dubbing_pb2.Estimate:
        asked = dub_request(request)
        return estimate_message(await self.gateway.estimates.of(call.owner_id, asked))

    @unary(Role.EDITOR)
    async def AddLanguages(  # noqa: N802
        self, call: Call, request: dubbing_pb2.AddLanguagesRequest
    ) -> dubbing_pb2.Dub:
        dub = await self.gateway.dubs.add_languages(
            call.owner_id, request.id, request.target_languages
        )
        return await self.shown(call, dub)

    @unary(Role.VIEWER)
    async def GetDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.GetDubRequest
    ) -> dubbing_pb2.Dub:
        return await self.shown(call, await self.gateway.dubs.get(call.owner_id, request.id))

    @unary(Role.VIEWER)
    async def GetDubTrace(  # noqa: N802
        self, call: Call, request: dubbing_pb2.GetDubTraceRequest
    ) -> dubbing_pb2.DubTrace:
        trace = await self.gateway.traces.of(call.owner_id, request.id)
        pieces = [dubbing_pb2.PieceOfWork(**asdict(piece)) for piece in trace.pieces]
        return dubbing_pb2.DubTrace(**{**vars(trace), "pieces": pieces})

    @unary(Role.VIEWER)
    async def ListDubs(  # noqa: N802
        self, call: Call, request: dubbing_pb2.ListDubsRequest
    ) -> dubbing_pb2.ListDubsResponse:
        page = await self.gateway.dubs.list(
            call.owner_id,
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
            sought=_sought(request),
        )
        return dubbing_pb2.ListDubsResponse(
            dubs=await asyncio.gather(*(self.shown(call, dub) for dub in page.dubs)),
            next_page_token=page.next_cursor or "",
        )

    @unary(Role.EDITOR)
    async def CancelDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.CancelDubRequest
    ) -> dubbing_pb2.Dub:
        return await self.shown(call, await self.gateway.dubs.cancel(call.owner_id, request.id))

    @unary(Role.EDITOR)
    async def RetryDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.RetryDubRequest
    ) -> dubbing_pb2.Dub:
        return await self.shown(call, await self.gateway.dubs.retry(call.owner_id, request.id))

    @unary(Role.EDITOR)
    async def DeleteDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.DeleteDubRequest
    ) -> dubbing_pb2.DeleteDubResponse:
        await self.gateway.removal.delete(call.owner_id, request.id, by=Actor.of(call.caller, ""))
        return dubbing_pb2.DeleteDubResponse()

    @stream(Role.VIEWER)
    async def DownloadArtifact(  # noqa: N802
        self, call: Call, request: dubbing_pb2.DownloadArtifactRequest
    ) -> AsyncGenerator[dubbing_pb2.DownloadArtifactResponse, None]:
        dub = await self.gateway.dubs.get(call.owner_id, request.dub_id)
        file = artifact(dub.state, request.name)
        end = min(request.end or file.size_bytes, file.size_bytes)
        if not 0 <= request.start <= end:
            raise StageError("range_not_satisfiable", f"The file has {file.size_bytes} bytes.")
        if request.start == end:
            return
        async for chunk in self.gateway.store.stream(file.key, request.start, end):
            for at in range(0, len(chunk), MAX_CHUNK_BYTES):
                piece = chunk[at : at + MAX_CHUNK_BYTES]
                yield dubbing_pb2.DownloadArtifactResponse(chunk=piece)


def _sought(request: dubbing_pb2.ListDubsRequest) -> Sought:
    return Sought(
        states=tuple(state_of(each) for each in request.states),
        video_id=request.video_id,
        target_language=request.target_language,
        created_from_ms=request.created_from_ms or None,
        created_before_ms=request.created_before_ms or None,
        text=request.text,
        oldest_first=request.oldest_first,
    )
