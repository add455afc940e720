"""The public API as gRPC, over the same services as the HTTP routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc.aio

from polydub.errors import StageError
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc, muxing_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import LOCAL_OWNER
from polydub_gateway.jobs.asking import EXTRAS, FIT_MODES, CloneConsent, DubRequest, Term
from polydub_gateway.jobs.files import artifacts_of
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import Fault, File, State
from polydub_gateway.jobs.watching import Sight
from polydub_gateway.languages import dubbable_pairs
from polydub_gateway.prices import Cost, Prices
from polydub_gateway.subtitles.own import SubtitleFile
from polydub_gateway.uploads.receiving import media_of

Context = grpc.aio.ServicerContext[Any, Any]

DEFAULT_PAGE = 20
MAX_PAGE = 100
_FIT_MODE_NAMES = {value: name for name, value in FIT_MODES.items()}
_EXTRA_NAMES = {value: name for name, value in EXTRAS.items()}


class DubbingServicer(dubbing_pb2_grpc.DubbingServicer):
    """``polydub.v1.Dubbing``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def UploadVideo(  # noqa: N802
        self, requests: AsyncIterator[dubbing_pb2.UploadVideoRequest], context: Context
    ) -> dubbing_pb2.Video:
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("content") != "header":
            raise StageError("invalid_request", "The first message must be the header.")
        received = await self._gateway.receiving.receive(
            LOCAL_OWNER, first.header.filename, _chunks(requests)
        )
        return video_message(received.video)

    async def CreateDub(  # noqa: N802
        self, request: dubbing_pb2.CreateDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        asked = DubRequest(
            video_id=request.video_id,
            target_languages=tuple(request.target_languages),
            source_language=request.source_language,
            speakers=request.speakers,
            fit_mode=_FIT_MODE_NAMES.get(request.fit_mode, "balanced"),
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
            extras=tuple(_EXTRA_NAMES[each] for each in request.extras if each in _EXTRA_NAMES),
            min_quality=request.min_quality,
            subtitles=tuple(SubtitleFile(file.language, file.text) for file in request.subtitles),
        )
        key = dict(context.invocation_metadata() or ()).get("idempotency-key")
        dub = await self._gateway.dubs.create(
            LOCAL_OWNER, asked, idempotency_key=str(key) if key else None
        )
        return dub_message(dub, self._gateway.prices)

    async def GetDub(  # noqa: N802
        self, request: dubbing_pb2.GetDubRequest, context: Context
    ) -> dubbing_pb2.Dub:
        dub = await self._gateway.dubs.get(LOCAL_OWNER, request.id)
        return dub_message(dub, self._gateway.prices)

    async def ListDubs(  # noqa: N802
        self, request: dubbing_pb2.ListDubsRequest, context: Context
    ) -> dubbing_pb2.ListDubsResponse:
        page = await self._gateway.dubs.list(
            LOCAL_OWNER,
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
        dub = await self._gateway.dubs.cancel(LOCAL_OWNER, request.id)
        return dub_message(dub, self._gateway.prices)

    async def WatchDub(  # noqa: N802
        self, request: dubbing_pb2.WatchDubRequest, context: Context
    ) -> AsyncIterator[dubbing_pb2.DubProgress]:
        watch = self._gateway.watching.watch(LOCAL_OWNER, request.id, after=request.after_sequence)
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
