"""Files on the server, and how they get there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydub_client.models.estimates import VideoEstimate


@dataclass(frozen=True)
class Video:
    """An uploaded file and what its headers say."""

    id: str = ""
    filename: str = ""
    size_bytes: int = 0
    duration_s: float = 0.0
    container: str = ""
    frame_rate: float | None = None
    """None, as width and height, when there is no picture."""
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    """Of the track that will be dubbed, as is the sample rate."""
    sample_rate_hz: int | None = None
    created_at: str = ""
    estimate: VideoEstimate | None = None


@dataclass(frozen=True)
class ListedVideo(Video):
    """An uploaded file in a list, and what hangs on it."""

    dubs: int = 0
    """How many of it there are."""
    storage_bytes: int = 0
    """It and all that was made of it, as the server measured it last."""


@dataclass(frozen=True)
class VideoPage:
    """Some videos, newest first, and where the next ones begin."""

    videos: tuple[ListedVideo, ...] = ()
    next_cursor: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why no video came of a file."""

    code: str = ""
    detail: str = ""
    hint: str = ""
    stage: str = ""
    retryable: bool = False


class UploadState(StrEnum):
    """Where an upload stands."""

    UNKNOWN = ""
    RECEIVING = "receiving"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @classmethod
    def _missing_(cls, value: object) -> UploadState:  # noqa: ARG003
        return cls.UNKNOWN


@dataclass(frozen=True)
class Upload:
    """A file that comes bit by bit, and what became of it."""

    id: str = ""
    state: UploadState = UploadState.UNKNOWN
    filename: str = ""
    offset: int = 0
    """Bytes that are safe on the server."""
    length: int | None = None
    video: Video | None = None
    error: Refusal | None = None
    """While ``processing``: why not yet; it is tried again."""
    created_at: str = ""
    expires_at: str = ""


class ImportState(StrEnum):
    """Where an import stands."""

    UNKNOWN = ""
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @classmethod
    def _missing_(cls, value: object) -> ImportState:  # noqa: ARG003
        return cls.UNKNOWN

    @property
    def has_ended(self) -> bool:
        return self in (ImportState.COMPLETED, ImportState.FAILED, ImportState.CANCELED)


@dataclass(frozen=True)
class Import:
    """A file that the server fetches from an address. The address itself is not told again."""

    id: str = ""
    state: ImportState = ImportState.UNKNOWN
    host: str = ""
    progress: float = 0.0
    received_bytes: int = 0
    video: Video | None = None
    error: Refusal | None = None
    """While ``queued``: why not yet; it is tried again."""
    created_at: str = ""
    finished_at: str = ""


@dataclass(frozen=True)
class ImportPage:
    """Some imports, newest first."""

    imports: tuple[Import, ...] = ()
    next_cursor: str = ""
