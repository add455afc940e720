"""The JSON of uploads that may be resumed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from polydub.store import StoredPart
from polydub.store.parts import MAX_PARTS
from polydub_gateway.numbers import Whole
from polydub_gateway.routes.schemas import Problem, VideoOut, moment
from polydub_gateway.uploads.resumable import Upload

_ID = "upl_5b1c0e3f9a7d24c8e610"
State = Literal["receiving", "processing", "completed", "failed"]


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": example}, extra="forbid")


class UploadOut(BaseModel):
    """An upload and what became of it."""

    model_config = _example(
        {
            "id": _ID,
            "state": "receiving",
            "filename": "talk.mp4",
            "offset": 8388608,
            "length": 73400320,
            "video": None,
            "error": None,
            "created_at": "2026-01-05T09:30:00Z",
            "expires_at": "2026-01-06T09:30:00Z",
        }
    )

    id: str
    state: State
    filename: str
    offset: int = Field(description="Bytes that are safe")
    length: int | None = Field(description="Bytes of the whole file; null: not known yet")
    video: VideoOut | None
    error: Problem | None = Field(
        description="Why there is no video. While `processing`: why not yet; it is tried again"
    )
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, upload: Upload, video: VideoOut | None) -> UploadOut:
        row = upload.row
        return cls(
            id=row.id,
            state=row.state,  # type: ignore[arg-type] # pydantic checks it
            filename=row.filename,
            offset=upload.offset,
            length=row.length,
            video=video,
            error=Problem.model_validate(row.error) if row.error else None,
            created_at=moment(row.created_at_ms),
            expires_at=moment(row.expires_at_ms),
        )


class DirectIn(BaseModel):
    """A file that will come straight into the store."""

    model_config = _example({"filename": "talk.mp4", "size": 73400320, "sha256": None})

    filename: str = Field(min_length=1, max_length=1000)
    size: Whole = Field(ge=1, le=2**53, description="Bytes")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="What the whole file's digest has to be, in hexadecimal"
    )


class DirectPart(BaseModel):
    """One part and where to PUT it."""

    number: int
    offset: int
    size: int
    url: str | None
    etag: str | None = Field(description="Of the part that is there already")


class DirectParts(BaseModel):
    """Parts of an upload, in order."""

    model_config = _example(
        {
            "parts": [
                {
                    "number": 1,
                    "offset": 0,
                    "size": 33554432,
                    "url": "https://store.example/polydub/videos/...?uploadId=...",
                    "etag": None,
                }
            ],
            "parts_total": 3,
        }
    )

    parts: list[DirectPart]
    parts_total: int

    @classmethod
    def of(
        cls, upload: Upload, found: Sequence[tuple[int, str | None, StoredPart | None]]
    ) -> DirectParts:
        size, length = upload.row.part_bytes, upload.row.length or 0
        parts = [
            DirectPart(
                number=number,
                offset=(number - 1) * size,
                size=min(size, length - (number - 1) * size),
                url=url,
                etag=there.etag if there else None,
            )
            for number, url, there in found
        ]
        return cls(parts=parts, parts_total=upload.parts)


class DirectOut(DirectParts):
    """An upload that was begun, with the addresses of its first parts."""

    model_config = _example(
        {"id": _ID, "part_size": 33554432, "parts": [], "parts_total": 3,
         "expires_at": "2026-01-06T09:30:00Z"}
    )  # fmt: skip

    id: str
    part_size: int
    expires_at: datetime

    @classmethod
    def begun(cls, upload: Upload, parts: DirectParts) -> DirectOut:
        return cls(
            id=upload.row.id,
            part_size=upload.row.part_bytes,
            parts=parts.parts,
            parts_total=parts.parts_total,
            expires_at=moment(upload.row.expires_at_ms),
        )


class PartEtag(BaseModel):
    """A part and what the store called it."""

    number: Whole = Field(ge=1, le=MAX_PARTS)
    etag: str = Field(min_length=1, max_length=200, description="As the answer to the PUT has it")


class DirectCompletion(BaseModel):
    """That all parts are there."""

    model_config = _example({"etags": [{"number": 1, "etag": "9b2cf535f27731c974343645a3985328"}]})

    etags: list[PartEtag] = Field(
        default_factory=list,
        max_length=MAX_PARTS,
        description="Those that are given are compared; the store is asked in any case",
    )
