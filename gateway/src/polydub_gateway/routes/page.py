"""The page that people use, as it was built: every path that is not the API's."""

from __future__ import annotations

import mimetypes
from email.utils import formatdate
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

INDEX = "index.html"
_API = ("v1", ".well-known", "docs", "openapi.json", "healthz", "readyz", "metrics")
"""First steps of paths that are never the page's: what is not there is told as a problem."""
_SHARED = "shared/"
"""Where links lead that are for those alone who have them."""
_HASHED = "assets"
"""The folder whose names change with their content."""
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""What builds put beside their files, the smallest first."""
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_HEADERS = {
    # Nothing from elsewhere, and no script or style that is not a file of ours.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}

mimetypes.add_type("application/manifest+json", ".webmanifest")


class PageRoute(Route):
    """Matches whatever the API does not, so it has to come last.

    Args:
        folder: what the build of the page wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        super().__init__("/{path:path}", self._answer, methods=["GET"], include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_asked_for = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        first = scope["path"].lstrip("/").split("/", 1)[0]
        if not is_asked_for or first in _API:
            return Match.NONE, {}
        match, found = super().matches(scope)
        return match, {**found, "route": self}  # by which requests are counted and logged

    async def _answer(self, request: Request) -> Response:
        path = str(request.path_params["path"])
        found = self._file(path)
        if found is None and "." in path.rsplit("/", 1)[-1]:
            raise HTTPException(404, "There is no such file")
        # The page itself knows its addresses, and says so where there is nothing.
        answer = _file_answer(found or self._folder / INDEX, self._folder, request.headers)
        if path.startswith(_SHARED):
            answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return answer

    def _file(self, path: str) -> Path | None:
        """The file of a path; None where there is none that people may see."""
        steps = path.split("/")
        if "\0" in path or any(step.startswith(".") for step in steps):
            return None
        found = (self._folder / path).resolve()
        return found if found.is_relative_to(self._folder) and found.is_file() else None


def _file_answer(file: Path, folder: Path, asked: Headers) -> Response:
    is_hashed = file.relative_to(folder).parts[0] == _HASHED
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    sent, encoding = _smallest(file, asked.get("accept-encoding", ""))
    stat = sent.stat()
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers: dict[str, Any] = {
        **_HEADERS,
        "Cache-Control": _FOR_GOOD if is_hashed else _ASK_AGAIN,
        "ETag": etag,
        "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
    }
    if asked.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    return FileResponse(sent, headers=headers, media_type=media_type, stat_result=stat)


def _smallest(file: Path, accepted: str) -> tuple[Path, str]:
    """The file as it is best sent, and how it is encoded then; empty: not at all."""
    offered = {each.split(";")[0].strip() for each in accepted.split(",") if "q=0" not in each}
    for encoding, ending in _ENCODINGS:
        compressed = file.with_name(file.name + ending)
        if encoding in offered and compressed.is_file():
            return compressed, encoding
    return file, ""
