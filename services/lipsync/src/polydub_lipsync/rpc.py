"""The gRPC face: what the event does, on call."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import grpc.aio

from polydub.errors import StageError
from polydub.rpc import engines_response
from polydub.store import valid_key
from polydub.v1 import common_pb2, lipsync_pb2, lipsync_pb2_grpc
from polydub_lipsync.work import LipsyncWork, Task

Context = grpc.aio.ServicerContext[Any, Any]


class LipsyncServicer(lipsync_pb2_grpc.LipsyncServicer):
    """Serves ``polydub.v1.Lipsync``. Here a failure of the engine is the call's failure.

    Args:
        scratch: where temporary files may be; made when needed.
    """

    def __init__(self, work: LipsyncWork, scratch: Path) -> None:
        self._work = work
        self._scratch = scratch

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response("lipsync", self._work.registry)

    async def Sync(  # noqa: N802
        self, request: lipsync_pb2.SyncRequest, context: Context
    ) -> lipsync_pb2.SyncResponse:
        task = Task(
            video_id=_key("video_id", request.video_id),
            source_key=_key("source_key", request.source_key),
            engine=request.engine,
        )
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="sync-") as folder:
            done = await self._work.run(task, Path(folder), _unwatched)
        return lipsync_pb2.SyncResponse(products=done.products)


def _key(field: str, value: str) -> str:
    try:
        return valid_key(value)
    except ValueError as error:
        raise StageError("invalid_request", f"{field} is missing or malformed.") from error


async def _unwatched(fraction: float, message: str) -> None:
    """A unary call has nobody to tell about progress."""
