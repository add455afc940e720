"""Uploads that may be resumed: tus 1.0, and straight into an S3 store."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from polydub.errors import StageError
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Caller
from polydub_gateway.routes import tus
from polydub_gateway.routes.bodies import body_of
from polydub_gateway.routes.context import Editor, GatewayOf, Viewer
from polydub_gateway.routes.estimates import video_out
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.upload_schemas import (
    DirectCompletion,
    DirectIn,
    DirectOut,
    DirectParts,
    UploadOut,
)
from polydub_gateway.uploads.checksums import ALGORITHMS, Checksum
from polydub_gateway.uploads.resumable import Upload
from polydub_gateway.uploads.states import UploadState

URLS_AT_ONCE = 100
_HERE = "/v1/uploads"

_tus = APIRouter(route_class=tus.TusRoute, dependencies=[Depends(tus.version)])
_plain = APIRouter()

_BYTES = {
    "requestBody": {
        "content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
Length = Annotated[
    int | None, Header(alias="Upload-Length", ge=0, description="Bytes of the whole file")
]
Sum = Annotated[
    str | None,
    Header(
        alias="Upload-Checksum",
        description="Of this body: `sha1` or `sha256`, a space, the digest in Base64",
    ),
]


def _headers(*names: str) -> dict[str, Any]:
    return {"headers": {name: {"schema": {"type": "string"}} for name in names}}


@_plain.options(_HERE, status_code=204, responses={204: {"description": "What this server can do"}})
async def get_upload_options(gateway: GatewayOf) -> Response:
    """What of the tus protocol this server can do. Anyone may ask."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": tus.VERSION,
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(gateway.settings.max_upload_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@_tus.post(
    _HERE,
    status_code=201,
    response_class=Response,
    openapi_extra=_BYTES,
    responses={
        201: {
            "description": "The upload is at Location",
            **_headers("Location", "Upload-Offset", "Upload-Expires", "Upload-Video"),
        },
        **problems(409, 412, 413, 415, 422, 423, 460, 503, 507),
    },
)
async def create_upload(
    request: Request,
    gateway: GatewayOf,
    caller: Editor,
    length: Length = None,
    defer: Annotated[
        str | None, Header(alias="Upload-Defer-Length", description="`1`: the length comes later")
    ] = None,
    metadata: Annotated[
        str,
        Header(alias="Upload-Metadata", max_length=4000, description="`filename` in Base64"),
    ] = "",
    checksum: Sum = None,
) -> Response:
    """Begins an upload (tus creation); the body may hold the file's first bytes, or all of them."""
    if (length is None) == (defer is None) or defer not in (None, "1"):
        raise StageError(
            "invalid_request", "Send Upload-Length, or Upload-Defer-Length: 1 in its place."
        )
    expected = Checksum.parse(checksum) if checksum else None
    with_bytes = bool(request.headers.get("content-type"))
    if with_bytes:
        tus.check_body(request, length)
    upload = await gateway.uploads.begin(
        caller.organisation_id, tus.filename_of(metadata) if metadata else "", length
    )
    location = f"/v1/uploads/{upload.row.id}"
    if with_bytes:
        upload = await gateway.uploads.append(
            upload, 0, body_of(request, gateway), checksum=expected
        )
    return Response(status_code=201, headers={"Location": location, **tus.headers_of(upload)})


@_tus.head(
    _HERE + "/{upload_id}",
    response_class=Response,
    responses={
        200: {
            "description": "How much has come",
            **_headers("Upload-Offset", "Upload-Length", "Upload-Expires", "Upload-Video"),
        },
        **problems(404, 410, 412, 503),
    },
)
async def get_upload_offset(upload_id: str, gateway: GatewayOf, caller: Editor) -> Response:
    """How much of a file has come and is safe (tus)."""
    upload = await _tus_upload(gateway, caller, upload_id)
    return Response(headers={**tus.headers_of(upload), **tus.length_headers_of(upload)})


@_tus.patch(
    _HERE + "/{upload_id}",
    status_code=204,
    openapi_extra=_BYTES,
    responses={
        204: {
            "description": "The bytes are safe",
            **_headers("Upload-Offset", "Upload-Expires", "Upload-Video", "Upload-Error"),
        },
        **problems(404, 409, 410, 412, 413, 415, 422, 423, 460, 503, 507),
    },
)
async def append_to_upload(
    upload_id: str,
    request: Request,
    gateway: GatewayOf,
    caller: Editor,
    offset: Annotated[
        int, Header(alias="Upload-Offset", ge=0, description="Where these bytes begin")
    ],
    length: Length = None,
    checksum: Sum = None,
) -> Response:
    """Sends the next bytes of a file (tus). With its last ones it becomes a video."""
    expected = Checksum.parse(checksum) if checksum else None
    upload = await _tus_upload(gateway, caller, upload_id)
    known = upload.row.length if upload.row.length is not None else length
    room = None if known is None or offset != upload.offset else known - offset
    tus.check_body(request, room)
    upload = await gateway.uploads.append(
        upload, offset, body_of(request, gateway), length=length, checksum=expected
    )
    return Response(status_code=204, headers=tus.headers_of(upload))


@_tus.delete(_HERE + "/{upload_id}", status_code=204, responses=problems(404, 410, 412, 423, 503))
async def delete_upload(upload_id: str, gateway: GatewayOf, caller: Editor) -> Response:
    """Ends an upload (tus termination). Its bytes go; a video that came of it stays."""
    upload = await gateway.uploads.get(caller.organisation_id, upload_id)
    await gateway.uploads.remove(upload)
    return Response(status_code=204)


@_tus.post(_HERE + "/{upload_id}", include_in_schema=False)
async def override_method(
    upload_id: str,
    request: Request,
    gateway: GatewayOf,
    caller: Editor,
    method: Annotated[str, Header(alias="X-HTTP-Method-Override")],
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)] = 0,
    length: Length = None,
    checksum: Sum = None,
) -> Response:
    """PATCH and DELETE for networks that let only POST pass (tus asks for it)."""
    if method.upper() == "PATCH":
        return await append_to_upload(upload_id, request, gateway, caller, offset, length, checksum)
    if method.upper() == "DELETE":
        return await delete_upload(upload_id, gateway, caller)
    raise tus.TusRefusal(405, "Only PATCH and DELETE can come as POST.")


@_plain.get(_HERE + "/{upload_id}", responses=problems(404, 410, 503))
async def get_upload(upload_id: str, gateway: GatewayOf, caller: Viewer) -> UploadOut:
    """What became of an upload: how much has come, its video, or why it is none."""
    return await _out(gateway, await gateway.uploads.get(caller.organisation_id, upload_id))


@_plain.post(_HERE + "/direct", status_code=201, responses=problems(400, 409, 413, 422, 503))
async def create_direct_upload(
    asked: DirectIn, response: Response, gateway: GatewayOf, caller: Editor
) -> DirectOut:
    """Begins an upload whose parts go straight into an S3 store, by PUT to the addresses given."""
    upload = await gateway.uploads.begin(
        caller.organisation_id, asked.filename, asked.size, direct=True, sha256=asked.sha256
    )
    parts = await _direct_parts(gateway, upload, 1, URLS_AT_ONCE)
    if parts.parts[0].url is None:
        await gateway.uploads.remove(upload)
        raise StageError(
            "conflict",
            "This deployment's store takes no uploads by itself.",
            hint="Upload through the gateway: with tus at /v1/uploads, or PUT /v1/videos.",
        )
    response.headers["Location"] = f"/v1/uploads/{upload.row.id}"
    return DirectOut.begun(upload, parts)


@_plain.get(_HERE + "/{upload_id}/parts", responses=problems(404, 409, 410, 422, 503))
async def list_direct_parts(
    upload_id: str,
    gateway: GatewayOf,
    caller: Editor,
    first: Annotated[int, Query(ge=1, le=10_000, description="Number of the first part")] = 1,
    count: Annotated[int, Query(ge=1, le=1000, description="Of how many parts")] = URLS_AT_ONCE,
) -> DirectParts:
    """The parts of a direct upload: fresh addresses, and which of them are there already."""
    return await _direct_parts(
        gateway, await _direct_upload(gateway, caller, upload_id), first, count
    )


@_plain.post(
    _HERE + "/{upload_id}/complete",
    responses={
        202: {"model": UploadOut, "description": "All is there; the video is being made"},
        **problems(400, 404, 409, 410, 422, 423, 503, 507),
    },
)
async def complete_direct_upload(
    upload_id: str,
    asked: DirectCompletion,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
) -> UploadOut:
    """Makes a video of the parts that were PUT into the store."""
    upload = await _direct_upload(gateway, caller, upload_id)
    upload = await gateway.uploads.complete_direct(
        upload, {each.number: each.etag for each in asked.etags}
    )
    if upload.row.state == UploadState.PROCESSING:
        response.status_code = 202
    return await _out(gateway, upload)


async def _out(gateway: Gateway, upload: Upload) -> UploadOut:
    video = await video_out(gateway, upload.video) if upload.video else None
    return UploadOut.of(upload, video)


async def _direct_parts(gateway: Gateway, upload: Upload, first: int, count: int) -> DirectParts:
    numbers = range(first, min(first + count, upload.parts + 1))
    return DirectParts.of(upload, await gateway.uploads.direct_parts(upload.row, numbers))


async def _tus_upload(gateway: Gateway, caller: Caller, upload_id: str) -> Upload:
    return _of_kind("tus", await gateway.uploads.get(caller.organisation_id, upload_id))


async def _direct_upload(gateway: Gateway, caller: Caller, upload_id: str) -> Upload:
    return _of_kind("direct", await gateway.uploads.get(caller.organisation_id, upload_id))


def _of_kind(kind: str, upload: Upload) -> Upload:
    if upload.row.kind != kind:
        raise StageError("conflict", f"This upload was begun as a {upload.row.kind} one.")
    return upload


router = APIRouter(tags=["uploads"])
router.include_router(_plain)  # before tus: /direct is no upload's id
router.include_router(_tus)
