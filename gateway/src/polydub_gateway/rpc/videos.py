"""Videos: uploaded at once, looked at, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator

from polydub.errors import StageError
from polydub.v1 import dubbing_pb2
from polydub_gateway.accounts.audit import Actor
from polydub_gateway.db import VideoRow
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Role
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.rpc.calls import Call, Servicer, page_size, unary
from polydub_gateway.rpc.messages.dubs import listed_video_message, video_message

DEFAULT_PAGE = 20
MAX_PAGE = 100


class VideoCalls(Servicer):
    """The calls of ``polydub.v1.Dubbing`` about videos."""

    @unary(Role.EDITOR, CallClass.UPLOAD)
    async def UploadVideo(  # noqa: N802
        self, call: Call, requests: AsyncIterator[dubbing_pb2.UploadVideoRequest]
    ) -> dubbing_pb2.Video:
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("content") != "header":
            raise StageError("invalid_request", "The first message must be the header.")
        size = first.header.size_bytes
        if size < 0:
            raise StageError("invalid_request", "size_bytes must be 0 or more.")
        await self.gateway.receiving.check_size(call.owner_id, size or None)
        received = await self.gateway.receiving.receive(
            call.owner_id, first.header.filename, _chunks(requests, size)
        )
        return await shown_video(self.gateway, received.video)

    @unary(Role.VIEWER)
    async def GetVideo(  # noqa: N802
        self, call: Call, request: dubbing_pb2.GetVideoRequest
    ) -> dubbing_pb2.Video:
        video = await self.gateway.videos.get(call.owner_id, request.id)
        return await shown_video(self.gateway, video)

    @unary(Role.VIEWER)
    async def ListVideos(  # noqa: N802
        self, call: Call, request: dubbing_pb2.ListVideosRequest
    ) -> dubbing_pb2.ListVideosResponse:
        page = await self.gateway.videos.page(
            call.owner_id,
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
            text=request.text,
        )
        estimates = await self.gateway.estimates.of_videos([video.row for video in page.videos])
        return dubbing_pb2.ListVideosResponse(
            videos=map(listed_video_message, page.videos, estimates),
            next_page_token=page.next_cursor or "",
        )

    @unary(Role.EDITOR)
    async def DeleteVideo(  # noqa: N802
        self, call: Call, request: dubbing_pb2.DeleteVideoRequest
    ) -> dubbing_pb2.DeleteVideoResponse:
        await self.gateway.videos.delete(call.owner_id, request.id, by=Actor.of(call.caller, ""))
        return dubbing_pb2.DeleteVideoResponse()


async def shown_video(gateway: Gateway, video: VideoRow) -> dubbing_pb2.Video:
    """A video, with what a dub of it will need."""
    return video_message(video, await gateway.estimates.of_video(video))


async def _chunks(
    requests: AsyncIterator[dubbing_pb2.UploadVideoRequest], size: int
) -> AsyncIterator[bytes]:
    """The file's bytes; as many as were announced, where they were."""
    came = 0
    async for request in requests:
        if request.WhichOneof("content") != "chunk":
            raise StageError("invalid_request", "Only the first message may be the header.")
        came += len(request.chunk)
        if size and came > size:
            raise StageError("media_too_large", f"More than the {size} bytes announced.")
        yield request.chunk
    if came < size:
        raise StageError("invalid_request", f"The upload ended after {came} of {size} bytes.")
