"""The gRPC face: the engines, and the plan as a preview."""

from __future__ import annotations

from typing import Any

import grpc.aio

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.rpc import engines_response
from polydub.v1 import common_pb2, muxing_pb2, muxing_pb2_grpc
from polydub_muxing.assembly import MODES
from polydub_muxing.engines.base import MuxingEngine
from polydub_muxing.fit.placement import Limits, Line, Placement
from polydub_muxing.fit.slowing import arrange

Context = grpc.aio.ServicerContext[Any, Any]


class MuxingServicer(muxing_pb2_grpc.MuxingServicer):
    """Serves ``polydub.v1.Muxing``."""

    def __init__(self, registry: EngineRegistry[MuxingEngine], limits: Limits) -> None:
        self._registry = registry
        self._limits = limits

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response("muxing", self._registry)

    async def Plan(  # noqa: N802 - the proto's name
        self, request: muxing_pb2.PlanRequest, context: Context
    ) -> muxing_pb2.PlanResponse:
        lines = [_line(line) for line in request.lines]
        arranged = arrange(
            lines,
            timeline_ms=request.timeline_ms or max((line.end_ms for line in lines), default=0),
            mode=MODES[request.fit_mode],
            limits=self._limits,
        )
        return muxing_pb2.PlanResponse(
            placements=[_answer(placed) for placed in arranged.placements]
        )


def _line(line: muxing_pb2.PlanLine) -> Line:
    if line.start_ms < 0 or line.end_ms < line.start_ms or line.duration_ms < 0:
        raise StageError("invalid_request", f"Line {line.id!r} has impossible times.")
    return Line(line.id, line.speaker_id, line.start_ms, line.end_ms, line.duration_ms)


def _answer(placed: Placement) -> muxing_pb2.Placement:
    return muxing_pb2.Placement(
        line_id=placed.line_id,
        start_ms=placed.start_ms,
        duration_ms=placed.duration_ms,
        tempo=placed.tempo,
        step=placed.step.wire_name,
        reason=placed.reason,
        flags=placed.flags,
    )
