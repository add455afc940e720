"""The JSON of links to dubs, and of what they show."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.db.sharing import ShareRow
from polydub_gateway.jobs.asking import fit_mode_name
from polydub_gateway.jobs.state import State
from polydub_gateway.numbers import Whole
from polydub_gateway.routes import examples
from polydub_gateway.routes.schemas import ArtifactOut, moment
from polydub_gateway.sharing.shown import SharedDub

DAY_S = 24 * 3600
_SHARE: dict[str, Any] = {
    "id": "shr_5b1c0e3f9a7d24c8e610",
    "languages": ["es"],
    "downloads": False,
    "created_at": "2026-01-05T09:30:00Z",
    "expires_at": "2026-01-12T09:30:00Z",
}
_TOKEN = "pds_Zk1v3rH8uWcQ0yqk4mXo2dTt7sJbGfYp9aLeNiRzVxE"  # an example of the description


class ShareIn(BaseModel):
    """A link that is wanted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {"expires_in_s": 7 * DAY_S, "languages": ["es"], "downloads": False}
        },
    )

    expires_in_s: Whole = Field(ge=60, le=365 * DAY_S, description="How long it leads anywhere")
    languages: list[Annotated[str, Field(max_length=40)]] = Field(
        default_factory=list, max_length=100, description="Target languages; empty: all"
    )
    downloads: bool = Field(default=False, description="Files may be saved, not only played")


class ShareOut(BaseModel):
    """A link that holds. Its address is told only when it is made."""

    model_config = ConfigDict(json_schema_extra={"example": _SHARE})

    id: str
    languages: list[str]
    downloads: bool
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, row: ShareRow) -> ShareOut:
        return cls(
            id=row.id,
            languages=row.languages,
            downloads=row.downloads,
            created_at=moment(row.created_at_ms),
            expires_at=moment(row.expires_at_ms),
        )


class NewShareOut(ShareOut):
    """A link that was just made, with what is told only now."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_SHARE, "token": _TOKEN, "url": f"/shared/{_TOKEN}"}}
    )

    token: str
    url: str = Field(description="What to hand on; a path where no public address is set")


class SharesOut(BaseModel):
    """The links of a dub that hold, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"shares": [_SHARE]}})

    shares: list[ShareOut]


class SharedLanguageOut(BaseModel):
    """One language that a link shows."""

    language: str
    state: State
    artifacts: list[ArtifactOut]


class SharedOut(BaseModel):
    """A dub as those see it who have a link."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "filename": "talk.mp4",
                "source_language": "en",
                "fit_mode": "balanced",
                "languages": [
                    {
                        "language": "es",
                        "state": "completed",
                        "artifacts": [
                            {
                                **examples.ARTIFACT,
                                "url": f"/v1/shared/{_TOKEN}/artifacts/talk.es.mp4",
                            }
                        ],
                    }
                ],
                "artifacts": [],
                "original_url": f"/v1/shared/{_TOKEN}/original",
                "hls_url": None,
                "downloads": False,
                "expires_at": "2026-01-12T09:30:00Z",
            }
        }
    )

    filename: str
    source_language: str | None
    fit_mode: str
    languages: list[SharedLanguageOut]
    artifacts: list[ArtifactOut] = Field(description="Files of the dub as a whole")
    original_url: str
    hls_url: str | None = Field(description="The live stream; null until something can be played")
    downloads: bool
    expires_at: datetime

    @classmethod
    def of(cls, token: str, shared: SharedDub, *, is_playable: bool) -> SharedOut:
        at = f"/v1/shared/{quote(token, safe='')}"
        files = [
            ArtifactOut.at(f"{at}/artifacts", name, file) for name, file in shared.files.items()
        ]
        return cls(
            filename=shared.dub.spec.filename,
            fit_mode=fit_mode_name(shared.dub.spec.fit_mode),
            source_language=shared.dub.state.source_language or None,
            languages=[
                SharedLanguageOut(
                    language=tag,
                    state=each.state,
                    artifacts=[file for file in files if file.language == tag],
                )
                for tag, each in shared.languages.items()
            ],
            artifacts=[file for file in files if file.language is None],
            original_url=f"{at}/original",
            hls_url=f"{at}/hls/master.m3u8" if is_playable else None,
            downloads=shared.share.downloads,
            expires_at=moment(shared.share.expires_at_ms),
        )
