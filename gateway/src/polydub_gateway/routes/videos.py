"""Uploading, looking at and deleting videos."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from polydub_gateway.accounts.audit import Actor
from polydub_gateway.gateway import Gateway
from polydub_gateway.routes.artifacts import stored_bytes
from polydub_gateway.routes.bodies import body_of
from polydub_gateway.routes.context import AddressOf, Editor, GatewayOf, Viewer
from polydub_gateway.routes.estimates import video_out
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import ListedVideoOut, VideoOut, VideoPage
from polydub_gateway.uploads.multipart import MultipartFile
from polydub_gateway.uploads.receiving import Received

router = APIRouter(prefix="/v1/videos", tags=["videos"])

FORM_OVERHEAD_BYTES = 64 * 1024
"""What a form may hold beside its file's bytes, generously."""

_TAKEN_IN: dict[int | str, dict[str, Any]] = {
    200: {"model": VideoOut, "description": "The same bytes were uploaded before"},
    **problems(400, 413, 422, 503, 504, 507),
}
_KEPT = "private, max-age=604800, immutable"
"""A video never changes, and its id is never given to another."""
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
_RAW = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/upload", status_code=201, responses=_TAKEN_IN, openapi_extra=_FORM)
async def upload_video_form(
    request: Request, response: Response, gateway: GatewayOf, caller: Editor
) -> VideoOut:
    """Uploads a file from a form, streamed into the store as it comes."""
    announced = _announced(request, overhead=FORM_OVERHEAD_BYTES)
    await gateway.receiving.check_size(caller.organisation_id, announced)
    form = MultipartFile(request.headers.get("content-type", ""), body_of(request, gateway))
    received = await gateway.receiving.receive(
        caller.organisation_id, await form.filename(), form.chunks()
    )
    return await _answer(gateway, received, response)


@router.put("", status_code=201, responses=_TAKEN_IN, openapi_extra=_RAW)
async def upload_video(
    request: Request,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    filename: Annotated[
        str, Query(min_length=1, max_length=1000, description="As people know it: `talk.mp4`")
    ],
) -> VideoOut:
    """Uploads a file whose bytes are the request's body: the simplest and fastest way."""
    await gateway.receiving.check_size(caller.organisation_id, _announced(request))
    received = await gateway.receiving.receive(
        caller.organisation_id, filename, body_of(request, gateway)
    )
    return await _answer(gateway, received, response)


@router.get("", responses=problems(422))
async def list_videos(
    gateway: GatewayOf,
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[str, Query(max_length=200, description="Is in the file's name")] = "",
) -> VideoPage:
    """Videos, newest first. Give `next_cursor` as `cursor` for the next page, with the same rest.

    `GET /v1/dubs` with `video_id` lists the dubs of one.
    """
    page = await gateway.videos.page(caller.organisation_id, limit=limit, cursor=cursor, text=q)
    estimates = await gateway.estimates.of_videos([video.row for video in page.videos])
    return VideoPage(
        videos=list(map(ListedVideoOut.listed, page.videos, estimates)),
        next_cursor=page.next_cursor,
    )


@router.get("/{video_id}", responses=problems(404))
async def get_video(video_id: str, gateway: GatewayOf, caller: Viewer) -> VideoOut:
    """What is known of an uploaded file."""
    return await video_out(gateway, await gateway.videos.get(caller.organisation_id, video_id))


@router.get(
    "/{video_id}/thumbnail",
    response_class=StreamingResponse,
    responses={200: {"content": {"image/jpeg": {}}}, **problems(404, 503, 504)},
)
async def get_thumbnail(video_id: str, gateway: GatewayOf, caller: Viewer) -> Response:
    """A small picture of a file: a JPEG of at most 480 by 270 pixels."""
    key = await gateway.thumbnails.key(caller.organisation_id, video_id)
    return await stored_bytes(gateway, key, "image/jpeg", {"Cache-Control": _KEPT}, None)


@router.delete("/{video_id}", status_code=204, responses=problems(404, 409, 503))
async def delete_video(
    video_id: str, gateway: GatewayOf, caller: Editor, address: AddressOf
) -> None:
    """Deletes a file, its dubs, and everything made of it."""
    await gateway.videos.delete(caller.organisation_id, video_id, by=Actor.of(caller, address))


async def _answer(gateway: Gateway, received: Received, response: Response) -> VideoOut:
    response.status_code = 201 if received.created else 200
    response.headers["Location"] = f"/v1/videos/{received.video.id}"
    return await video_out(gateway, received.video)


def _announced(request: Request, *, overhead: int = 0) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) - overhead if length.isdigit() else None
