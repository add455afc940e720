"""A dub's finished files."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict

from polydub.errors import StageError
from polydub_gateway.gateway import Gateway
from polydub_gateway.jobs.files import artifact, artifacts_of
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import File
from polydub_gateway.problems import problem_response
from polydub_gateway.routes import examples
from polydub_gateway.routes.context import GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.ranges import etag_of, matches, parse_range, range_still_stands
from polydub_gateway.routes.schemas import ArtifactOut

router = APIRouter(prefix="/v1/dubs", tags=["artifacts"])

_BYTES = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
PLAYED_DOCS: dict[int | str, dict[str, Any]] = {
    200: {"content": _BYTES, "description": "The whole file"},
    206: {"content": _BYTES, "description": "The range that was asked for"},
    304: {"description": "The bytes that If-None-Match names"},
    **problems(404, 416, 503),
}
SAVED_DOCS: dict[int | str, dict[str, Any]] = {
    **PLAYED_DOCS,
    307: {"description": "Where the object store gives the file itself"},
}


@dataclass(frozen=True)
class Asked:
    """What a request wants of a file."""

    method: str
    range: str | None
    if_range: str | None
    if_none_match: str | None


async def _asked(
    request: Request,
    range_header: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Asked:
    return Asked(request.method, range_header, if_range, if_none_match)


AskedOf = Annotated[Asked, Depends(_asked)]


class ArtifactsOut(BaseModel):
    """The files of a dub."""

    model_config = ConfigDict(json_schema_extra={"example": {"artifacts": [examples.ARTIFACT]}})

    artifacts: list[ArtifactOut]


@router.get("/{dub_id}/artifacts", responses=problems(404))
async def list_artifacts(dub_id: str, gateway: GatewayOf, caller: Viewer) -> ArtifactsOut:
    """The files finished so far, of all languages."""
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    files = artifacts_of(dub.state).items()
    return ArtifactsOut(artifacts=[ArtifactOut.of(dub_id, name, file) for name, file in files])


@router.head("/{dub_id}/artifacts/{name}", include_in_schema=False)
@router.get("/{dub_id}/artifacts/{name}", responses=SAVED_DOCS, response_class=StreamingResponse)
async def get_artifact(
    dub_id: str,
    name: str,
    gateway: GatewayOf,
    caller: Viewer,
    asked: AskedOf,
    inline: Annotated[bool, Query(description="To be shown rather than saved")] = False,
) -> Response:
    """One file, whole or a range of it."""
    file = artifact((await gateway.dubs.get(caller.organisation_id, dub_id)).state, name)
    return await file_answer(gateway, name, file, asked, inline=inline)


@router.head("/{dub_id}/original", include_in_schema=False)
@router.get("/{dub_id}/original", responses=PLAYED_DOCS, response_class=StreamingResponse)
async def get_original(dub_id: str, gateway: GatewayOf, caller: Viewer, asked: AskedOf) -> Response:
    """The file that was uploaded, to be played beside its dub: whole or a range of it."""
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    return await original_answer(gateway, caller.organisation_id, dub, asked)


async def original_answer(gateway: Gateway, owner_id: str, dub: Dub, asked: Asked) -> Response:
    """The source of a dub, to be shown rather than saved."""
    video = await gateway.videos.get(owner_id, dub.video_id)
    media_type = mimetypes.guess_type(video.source_key)[0] or "application/octet-stream"
    source = File(video.filename, "original", video.source_key, media_type, size_bytes=0)
    return await file_answer(gateway, video.filename, source, asked, inline=True)


async def file_answer(
    gateway: Gateway, name: str, file: File, asked: Asked, *, inline: bool
) -> Response:
    """A file under a name: its bytes, or where the object store gives them."""
    if asked.method == "GET" and not inline:
        url = await gateway.store.presigned_url(
            file.key, expires_s=gateway.settings.download_url_s, filename=name
        )
        if url is not None:
            return RedirectResponse(url, 307, headers={"Cache-Control": "no-store"})
    headers = _headers(name, file, inline=inline)
    return await asked_bytes(gateway, file.key, file.media_type, headers, asked)


async def asked_bytes(
    gateway: Gateway, key: str, media_type: str, headers: dict[str, str], asked: Asked
) -> Response:
    """What a request wants of an object of the store, whose ``ETag`` is among the headers."""
    if matches(asked.if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    wanted = asked.range if range_still_stands(asked.if_range, headers["ETag"]) else None
    return await stored_bytes(
        gateway, key, media_type, headers, wanted, head=asked.method == "HEAD"
    )


async def stored_bytes(
    gateway: Gateway,
    key: str,
    media_type: str,
    headers: dict[str, str],
    wanted: str | None,
    *,
    head: bool = False,
) -> Response:
    """An object of the store, whole or the range that is wanted of it."""
    info = await gateway.store.stat(key)
    if info is None:
        raise StageError("artifact_missing", "The store has lost this file.")
    try:
        found = parse_range(wanted, info.size_bytes)
    except StageError as error:
        return problem_response(error, headers={"Content-Range": f"bytes */{info.size_bytes}"})
    status, start, end = 200, 0, info.size_bytes
    if found is not None:
        status, start, end = 206, found.start, found.end
        headers["Content-Range"] = found.content_range(info.size_bytes)
    headers["Content-Length"] = str(end - start)
    if head:
        return Response(status_code=status, headers=headers, media_type=media_type)
    body = gateway.store.stream(key, start, end)
    return StreamingResponse(body, status, headers, media_type=media_type)


def _headers(name: str, file: File, *, inline: bool) -> dict[str, str]:
    disposition = "inline" if inline else "attachment"
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    plain = plain.replace("\\", "_")
    return {
        "ETag": etag_of(file.key),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": (
            f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        ),
        # Files carry what people said and named: no script in them may act as this site.
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:; media-src 'self'",
        "X-Content-Type-Options": "nosniff",
    }
