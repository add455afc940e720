"""Files on the server: sent in one go, fetched from an address, looked at, deleted."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.calls.call import Call, given, nothing, one, path
from polydub_client.models import Import, ImportPage, Upload, Video, VideoPage

PROBING_S = 900.0
"""How long the answer to an upload may take: the server reads through the file first."""


def upload_video(filename: str, size_bytes: int) -> Call[Video]:
    """The call without its content: the clients stream that."""
    return Call(
        "PUT",
        path("videos"),
        one(Video),
        params={"filename": sendable(filename)},
        headers={"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)},
        read_s=PROBING_S,
    )


def get_video(video_id: str) -> Call[Video]:
    return Call("GET", path("videos", video_id), one(Video))


def list_videos(text: str, limit: int, cursor: str) -> Call[VideoPage]:
    params = given(q=text, limit=limit, cursor=cursor)
    return Call("GET", path("videos"), one(VideoPage), params=params)


def delete_video(video_id: str) -> Call[None]:
    return Call("DELETE", path("videos", video_id), nothing, idempotent=False)


def import_video(url: str) -> Call[Import]:
    return Call("POST", path("videos", "import"), one(Import), body={"url": url}, idempotent=False)


def get_import(import_id: str) -> Call[Import]:
    return Call("GET", path("imports", import_id), one(Import))


def list_imports(states: Sequence[str], limit: int, cursor: str) -> Call[ImportPage]:
    params = given(limit=limit, cursor=cursor)
    if states:
        params["state"] = list(states)
    return Call("GET", path("imports"), one(ImportPage), params=params)


def cancel_import(import_id: str) -> Call[Import]:
    return Call("POST", path("imports", import_id, "cancel"), one(Import))


def get_upload(upload_id: str) -> Call[Upload]:
    return Call("GET", path("uploads", upload_id), one(Upload))


def sendable(filename: str) -> str:
    """A file's name as text: it may hold bytes that are none."""
    return filename.encode("utf-8", "replace").decode()
