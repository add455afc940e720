"""Imports of what an address leads to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.gateway import Gateway
from polydub_gateway.routes.context import Editor, GatewayOf, Viewer
from polydub_gateway.routes.estimates import video_out
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import Problem, VideoOut, moment
from polydub_gateway.uploads.fetching import MAX_URL_CHARACTERS
from polydub_gateway.uploads.importing import Import, ImportState

router = APIRouter(tags=["videos"])

_IMPORT: dict[str, Any] = {
    "id": "imp_5b1c0e3f9a7d24c8e610",
    "state": "running",
    "host": "example.org",
    "progress": 0.42,
    "received_bytes": 30827315,
    "video": None,
    "error": None,
    "created_at": "2026-01-05T09:30:00Z",
    "finished_at": None,
}


class ImportIn(BaseModel):
    """An address of a file, or of a page with one video."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"url": "https://example.org/talk.mp4"}}
    )

    url: str = Field(min_length=1, max_length=MAX_URL_CHARACTERS)


class ImportOut(BaseModel):
    """An import and what became of it. The address itself is not told again."""

    model_config = ConfigDict(json_schema_extra={"example": _IMPORT})

    id: str
    state: ImportState
    host: str
    progress: float
    received_bytes: int
    video: VideoOut | None
    error: Problem | None = Field(
        description="Why there is no video. While `queued`: why not yet; it is tried again"
    )
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, found: Import, video: VideoOut | None) -> ImportOut:
        row = found.row
        return cls(
            id=row.id,
            state=ImportState(row.state),
            host=row.host,
            progress=row.progress,
            received_bytes=row.received_bytes,
            video=video,
            error=Problem.model_validate(row.error) if row.error else None,
            created_at=moment(row.created_at_ms),
            finished_at=None if row.finished_at_ms is None else moment(row.finished_at_ms),
        )


class ImportPage(BaseModel):
    """Some imports, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"imports": [_IMPORT], "next_cursor": None}}
    )

    imports: list[ImportOut]
    next_cursor: str | None = Field(description="null: this is the last page")


@router.post("/v1/videos/import", status_code=202, responses=problems(400, 422, 503))
async def import_video(
    asked: ImportIn, response: Response, gateway: GatewayOf, caller: Editor
) -> ImportOut:
    """Fetches a file, or the one video of a page, in the background."""
    found = await gateway.imports.begin(caller.organisation_id, asked.url)
    response.headers["Location"] = f"/v1/imports/{found.row.id}"
    return await _out(gateway, found)


@router.get("/v1/imports", responses=problems(422))
async def list_imports(
    gateway: GatewayOf,
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[list[ImportState] | None, Query(description="Several: any of them")] = None,
) -> ImportPage:
    """Imports, newest first. Give `next_cursor` as `cursor` for the next page, same `state`."""
    page = await gateway.imports.page(
        caller.organisation_id, limit=limit, cursor=cursor, states=state or ()
    )
    return ImportPage(
        imports=[await _out(gateway, found) for found in page.imports],
        next_cursor=page.next_cursor,
    )


@router.get("/v1/imports/{import_id}", responses=problems(404))
async def get_import(import_id: str, gateway: GatewayOf, caller: Viewer) -> ImportOut:
    """How far an import is, and its video in the end."""
    return await _out(gateway, await gateway.imports.get(caller.organisation_id, import_id))


@router.post("/v1/imports/{import_id}/cancel", responses=problems(404, 409))
async def cancel_import(import_id: str, gateway: GatewayOf, caller: Editor) -> ImportOut:
    """Stops an import."""
    return await _out(gateway, await gateway.imports.cancel(caller.organisation_id, import_id))


async def _out(gateway: Gateway, found: Import) -> ImportOut:
    video = await video_out(gateway, found.video) if found.video else None
    return ImportOut.of(found, video)
