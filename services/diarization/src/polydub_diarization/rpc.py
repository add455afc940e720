"""The gRPC face."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import grpc.aio

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.rpc import engines_response
from polydub.v1 import common_pb2, diarization_pb2, diarization_pb2_grpc
from polydub_diarization.diarizer import Diarizer, Task
from polydub_diarization.engines.base import DiarizationEngine

Context = grpc.aio.ServicerContext[Any, Any]


class DiarizationServicer(diarization_pb2_grpc.DiarizationServicer):
    """Diarizes on call, as the event does; finished work is reused."""

    def __init__(self, diarizer: Diarizer, registry: EngineRegistry[DiarizationEngine]) -> None:
        self._diarizer = diarizer
        self._registry = registry

    async def ListEngines(  # noqa: N802 - named in the proto
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response(DiarizationEngine.stage, self._registry)

    async def Diarize(  # noqa: N802 - named in the proto
        self, request: diarization_pb2.DiarizeRequest, context: Context
    ) -> diarization_pb2.DiarizeResponse:
        task = _task(request)
        with tempfile.TemporaryDirectory(prefix="polydub-diarization-") as scratch:
            outcome = await self._diarizer.run(task, scratch=Path(scratch))
        return diarization_pb2.DiarizeResponse(products=outcome.products, document=outcome.document)


def _task(request: diarization_pb2.DiarizeRequest) -> Task:
    """The task asked for.

    Raises:
        StageError: ``invalid_request`` for sound that is not the video's own.
    """
    if not request.video_id or not request.analysis_key.startswith(f"videos/{request.video_id}/"):
        raise StageError("invalid_request", "The sound to analyse is not of that video.")
    return Task(
        video_id=request.video_id,
        analysis_key=request.analysis_key,
        speakers=request.speakers,
        engine=request.engine,
    )
