"""The gRPC face: what the event does, on call."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import grpc.aio

from polydub.errors import StageError
from polydub.rpc import engines_response
from polydub.store import valid_key
from polydub.v1 import common_pb2, separation_pb2, separation_pb2_grpc
from polydub_separation.work import Request, SeparationWork

Context = grpc.aio.ServicerContext[Any, Any]


class SeparationServicer(separation_pb2_grpc.SeparationServicer):
    """Errors leave as :class:`StageError`; the server's interceptor gives them their status.

    Args:
        scratch: where temporary files may be; made when needed.
    """

    def __init__(self, work: SeparationWork, scratch: Path) -> None:
        self._work = work
        self._scratch = scratch

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response("separation", self._work.registry)

    async def Probe(  # noqa: N802
        self, request: separation_pb2.ProbeRequest, context: Context
    ) -> separation_pb2.ProbeResponse:
        key = _key("source_key", request.source_key)
        return separation_pb2.ProbeResponse(
            media=await self._work.probe(key, request.source_language)
        )

    async def Thumbnail(  # noqa: N802
        self, request: separation_pb2.ThumbnailRequest, context: Context
    ) -> separation_pb2.ThumbnailResponse:
        key = _key("source_key", request.source_key)
        with self._folder("thumbnail-") as folder:
            jpeg = await self._work.thumbnail(key, request.at_s, Path(folder))
        return separation_pb2.ThumbnailResponse(jpeg=jpeg)

    async def Separate(  # noqa: N802
        self, request: separation_pb2.SeparateRequest, context: Context
    ) -> separation_pb2.SeparateResponse:
        task = Request(
            video_id=_key("video_id", request.video_id),
            source_key=_key("source_key", request.source_key),
            engine=request.engine,
            source_language=request.source_language,
        )
        with self._folder("separate-") as folder:
            done = await self._work.run(task, Path(folder), _unwatched)
        return separation_pb2.SeparateResponse(products=done.products)

    def _folder(self, prefix: str) -> tempfile.TemporaryDirectory[str]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=self._scratch, prefix=prefix)


def _key(field: str, value: str) -> str:
    try:
        return valid_key(value)
    except ValueError as error:
        raise StageError("invalid_request", f"{field} is missing or malformed.") from error


async def _unwatched(fraction: float, message: str) -> None:
    """A unary call has nobody to tell about progress."""
