"""The public API as gRPC, over the same services as the HTTP routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote

import grpc.aio

from polydub.errors import StageError
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc, muxing_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Role
from polydub_gateway.jobs.asking import (
    CloneConsent,
    DubRequest,
    Term,
    extra_names,
    fit_mode_name,
)
from polydub_gateway.jobs.files import artifact, artifacts_of
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import Fault, File, State
from polydub_gateway.jobs.watching import Sight
from polydub_gateway.languages import dubbable_pairs
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.prices import Cost, Prices
from polydub_gateway.subtitles.own import SubtitleFile
from polydub_gateway.uploads.receiving import media_of

Context = grpc.aio.ServicerContext[Any, Any]

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_CHUNK_BYTES = 1024 * 1024


class DubbingServicer(dubbing_pb2_grpc.DubbingServicer):
    """``polydub.v1.Dubbing``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def _owner_id(
        self, context: Context, needed: Role, call_class: CallClass | None = None
    ) -> str:
        """The organisation of who asks.

        Raises:
            StageError: ``unauthenticated``, ``forbidden``, ``rate_limited``.
        """
        if call_class is None:
            call_class = CallClass.READ if needed is Role.VIEWER else CallClass.WRITE
        # Not cookies: only pages have those, and they ask over HTTP.
        told = {
            str(key): str(value)
            for key, value in context.invocation_metadata() or ()
            if key in ("authorization", "x-api-key")
        }
        try:
            caller = await self._gateway.callers.identify(told)
        except StageError:
            await self._gateway.rates.charge_address(_host(context.peer()), call_class)
            raise
        await self._gateway.rates.charge_caller(caller, call_class)
        caller.check(needed)
        return caller.organisation_id

    async def UploadVideo(  # noqa: N802
        self, requests: AsyncIterator[dubbing_pb2.UploadVideoRequest], context: Context
    ) -> dubbing_pb2.Video:
        owner_id = await self._owner_id(context, Role.EDITOR, CallClass.UPLOAD)
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("content") != "header":
            raise StageError("invalid_request", "The first message must be the header.")
        received = await self._gateway.receiving.receive(
            owner_id, first.header.filename, _chunks(requests)
        )
        return video_message(received.video)

    async def GetVideo(  # noqa: N802
        self, request: dubbing_pb2.GetVideoRequest, context: Context
    ) -> dubbing_pb2.Video:
        owner_id = await self._owner_id(context, Role.VIEWER)
        return video_message(await self._gateway.videos.get(owner_id, request.id))

    async def DeleteVideo(  # noqa: N802
        self, request: dubbing_pb2.DeleteVideoRequest, context: Context
    ) -> dubbing_pb2.DeleteVideoResponse:
        owner_id = await self._owner_id(context, Role.EDITOR)
        await self._gateway.videos.delete(owner_id, request.id)
        return dubbing_pb2.DeleteVideoResponse()

    async def CreateDub(  # noqa: N802
        self, request: dubbing_pb2.CreateDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        owner_id = await self._owner_id(context, Role.EDITOR)
        asked = DubRequest(
            video_id=request.video_id,
            target_languages=tuple(request.target_languages),
            source_language=request.source_language,
            speakers=request.speakers,
            fit_mode=fit_mode_name(request.fit_mode),
            engines=dict(request.engines),
            glossary=tuple(
                Term(term.source, term.target, term.target_language) for term in request.glossary
            ),
            clone_consent=(
                CloneConsent(request.clone_consent.given_by, request.clone_consent.statement)
                if request.HasField("clone_consent")
                else None
            ),
            lipsync=request.lipsync,
            extras=extra_names(request.extras),
            min_quality=request.min_quality,
            keep_background=not request.sound.drop_background,
            voice_over=request.sound.voice_over,
            noise_reduction=request.sound.noise_reduction,
            match_voices=not request.sound.plain_voices,
            subtitles=tuple(SubtitleFile(file.language, file.text) for file in request.subtitles),
        )
        key = dict(context.invocation_metadata() or ()).get("idempotency-key")
        dub = await self._gateway.dubs.create(
            owner_id, asked, idempotency_key=str(key) if key else None
        )
        return dub_message(dub, self._gateway.prices)

    async def GetDub(  # noqa: N802
        self, request: dubbing_pb2.GetDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        owner_id = await self._owner_id(context, Role.VIEWER)
        dub = await self._gateway.dubs.get(owner_id, request.id)
        return dub_message(dub, self._gateway.prices)

    async def ListDubs(  # noqa: N802
        self, request: dubbing_pb2.ListDubsRequest, context: Context
    ) -> dubbing_pb2.ListDubsResponse:
        owner_id = await self._owner_id(context, Role.VIEWER)
        page = await self._gateway.dubs.list(
            owner_id,
            limit=min(request.page_size if request.page_size > 0 else DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
        )
        return dubbing_pb2.ListDubsResponse(
            dubs=[dub_message(dub, self._gateway.prices) for dub in page.dubs],
            next_page_token=page.next_cursor or "",
        )

    async def CancelDub(  # noqa: N802
        self, request: dubbing_pb2.CancelDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        owner_id = await self._owner_id(context, Role.EDITOR)
        dub = await self._gateway.dubs.cancel(owner_id, request.id)
        return dub_message(dub, self._gateway.prices)

    async def RetryDub(  # noqa: N802
        self, request: dubbing_pb2.RetryDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        owner_id = await self._owner_id(context, Role.EDITOR)
        dub = await self._gateway.dubs.retry(owner_id, request.id)
        return dub_message(dub, self._gateway.prices)

    async def DeleteDub(  # noqa: N802
        self, request: dubbing_pb2.DeleteDubRequest, context: Context
    ) -> dubbing_pb2.DeleteDubResponse:
        owner_id = await self._owner_id(context, Role.EDITOR)
        await self._gateway.removal.delete(owner_id, request.id)
        return dubbing_pb2.DeleteDubResponse()

    async def DownloadArtifact(  # noqa: N802
        self, request: dubbing_pb2.DownloadArtifactRequest, context: Context
    ) -> AsyncIterator[dubbing_pb2.DownloadArtifactResponse]:
        owner_id = await self._owner_id(context, Role.VIEWER)
        dub = await self._gateway.dubs.get(owner_id, request.dub_id)
        file = artifact(dub.state, request.name)
        if not 0 <= request.start <= file.size_bytes:
            raise StageError("range_not_satisfiable", f"The file has {file.size_bytes} bytes.")
        if request.start == file.size_bytes:
            return
        async for chunk in self._gateway.store.stream(file.key, request.start):
            for at in range(0, len(chunk), MAX_CHUNK_BYTES):
                piece = chunk[at : at + MAX_CHUNK_BYTES]
                yield dubbing_pb2.DownloadArtifactResponse(chunk=piece)

    async def WatchDub(  # noqa: N802
        self, request: dubbing_pb2.WatchDubRequest, context: Context
    ) -> AsyncIterator[dubbing_pb2.DubProgress]:
        owner_id = await self._owner_id(context, Role.VIEWER)
        watch = self._gateway.watching.watch(owner_id, request.id, after=request.after_sequence)
        async with aclosing(watch) as sights:
            async for sight in sights:
                if sight is not None:
                    yield progress_message(sight)

    async def ListEngines(  # noqa: N802
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> dubbing_pb2.ListAllEnginesResponse:
        catalog = await self._gateway.stages.catalog()
        return dubbing_pb2.ListAllEnginesResponse(
            stages=[
                common_pb2.ListEnginesResponse(stage=name, engines=stage.engines)
                for name, stage in catalog.items()
            ]
        )

    async def ListLanguages(  # noqa: N802
        self, request: dubbing_pb2.ListLanguagesRequest, context: Context
    ) -> dubbing_pb2.ListLanguagesResponse:
        pairs = dubbable_pairs(await self._gateway.stages.catalog())
        return dubbing_pb2.ListLanguagesResponse(
            pairs=[
                dubbing_pb2.DubbablePair(source=p.source, target=p.target, via=p.via) for p in pairs
            ]
        )


async def _chunks(requests: AsyncIterator[dubbing_pb2.UploadVideoRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("content") != "chunk":
            raise StageError("invalid_request", "Only the first message may be the header.")
        yield request.chunk


def _host(peer: str) -> str:
    """The host in what gRPC calls a peer: ``ipv4:127.0.0.1:5000``, ``ipv6:[::1]:5000``."""
    _, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]")


def video_message(row: VideoRow) -> dubbing_pb2.Video:
    return dubbing_pb2.Video(
        id=row.id, filename=row.filename, media=media_of(row), created_at_ms=row.created_at_ms
    )


def dub_message(dub: Dub, prices: Prices) -> dubbing_pb2.Dub:
    state = dub.state
    files = artifacts_of(state)
    return dubbing_pb2.Dub(
        id=dub.id,
        video_id=dub.video_id,
        state=_state(state.state),
        progress=state.progress,
        source_language=state.source_language or dub.spec.source_language,
        languages=[
            dubbing_pb2.DubLanguage(
                language=tag,
                state=_state(each.state),
                progress=each.progress,
                files=[_file(n, f) for n, f in files.items() if f.language == tag],
                error=_error(each.error),
            )
            for tag, each in state.languages.items()
        ],
        files=[_file(name, file) for name, file in files.items() if not file.language],
        error=_error(state.error),
        warnings=[
            common_pb2.Warning(
                code=notice.code,
                message=notice.message,
                stage=notice.stage,
                line_id=notice.line_id,
                target_language=notice.language,
            )
            for notice in state.warnings
        ],
        created_at_ms=dub.created_at_ms,
        finished_at_ms=state.finished_at_ms,
        usage=[_usage(cost) for cost in prices.costs(state.usage)],
        cost=sum(cost.amount or 0.0 for cost in prices.costs(state.usage)),
        currency=prices.currency,
        sound=dub.spec.sound,
    )


def _usage(cost: Cost) -> dubbing_pb2.UsageCost:
    billed = cost.billed
    return dubbing_pb2.UsageCost(
        stage=billed.stage,
        usage=common_pb2.Usage(engine=billed.engine, unit=billed.unit, quantity=billed.quantity),
        cost=cost.amount or 0.0,
    )


def progress_message(sight: Sight) -> dubbing_pb2.DubProgress:
    state = sight.state
    return dubbing_pb2.DubProgress(
        sequence=sight.sequence,
        job_id=state.job_id,
        timestamp_ms=state.updated_at_ms,
        state=_state(state.state),
        progress=state.progress,
        stage=state.stage,
        stage_progress=state.stage_progress,
        message=state.message,
        eta_s=state.eta_s or 0.0,
    )


def _state(state: State) -> dubbing_pb2.DubState:
    found: dubbing_pb2.DubState = getattr(dubbing_pb2, f"DUB_STATE_{state.name}")
    return found


def _error(fault: Fault | None) -> dubbing_pb2.DubError | None:
    if fault is None:
        return None
    return dubbing_pb2.DubError(
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        stage=fault.stage,
        retryable=fault.retryable,
    )


def _file(name: str, file: File) -> muxing_pb2.OutputFile:
    return muxing_pb2.OutputFile(
        name=name,
        kind=file.kind,
        key=file.key,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        target_language=file.language,
    )
