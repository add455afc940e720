"""What the tus protocol (1.0.0, https://tus.io/protocols/resumable-upload) asks of every route."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Annotated, Any, Literal

from fastapi import Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from polydub.errors import StageError
from polydub_gateway.problems import invalid, problem_response
from polydub_gateway.uploads.resumable import Upload
from polydub_gateway.uploads.states import UploadState

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,creation-with-upload,checksum,expiration,termination"
CONTENT_TYPE = "application/offset+octet-stream"
_COMMON = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}


class TusRefusal(StageError):
    """A refusal whose status the protocol names."""

    def __init__(self, status: int, message: str, *, hint: str | None = None) -> None:
        super().__init__("invalid_request", message, hint=hint)
        self.status = status


class TusRoute(APIRoute):
    """A route that speaks this version only. Its answers, errors too, carry tus's headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                _check_version(request)
                response = await handle(request)
            except TusRefusal as error:
                response = problem_response(error, status=error.status)
                if error.status == 412:
                    response.headers["Tus-Version"] = VERSION
            except StageError as error:
                response = problem_response(error)
            except RequestValidationError as error:
                response = problem_response(invalid(error))
            response.headers.update(_COMMON)
            return response

        return handler


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise TusRefusal(412, f"Tus-Resumable has to be {VERSION}.")


async def version(
    given: Annotated[Literal["1.0.0"], Header(alias="Tus-Resumable")],
) -> None:
    """Says in the API's description which version it is; :class:`TusRoute` checks it."""


def filename_of(metadata: str) -> str:
    """The name in tus's ``Upload-Metadata``: pairs of a name and a value in Base64.

    Raises:
        StageError: ``invalid_request``.
    """
    pairs = dict[str, str]()
    for pair in metadata.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            pairs[name] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except ValueError as error:  # not Base64, or not even ASCII
            raise StageError("invalid_request", "Upload-Metadata is not Base64.") from error
    return pairs.get("filename") or pairs.get("name") or ""


def check_body(request: Request, room: int | None) -> None:
    """Returns when a body of file bytes may be read, of which at most ``room`` fit.

    Raises:
        StageError: ``media_too_large``, or of what kind the body has to be.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != CONTENT_TYPE:
        raise TusRefusal(415, f"Content-Type has to be {CONTENT_TYPE}.")
    announced = request.headers.get("content-length", "")
    if room is not None and announced.isdigit() and int(announced) > room:
        raise StageError("media_too_large", f"Only {room} bytes are left to come.")


def headers_of(upload: Upload) -> dict[str, str]:
    """What tus tells of an upload, and what became of it."""
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.row.state == UploadState.RECEIVING:
        headers["Upload-Expires"] = formatdate(upload.row.expires_at_ms / 1000, usegmt=True)
    if upload.row.video_id:
        headers["Upload-Video"] = upload.row.video_id
    if upload.row.error:
        headers["Upload-Error"] = str(upload.row.error["code"])
    return headers


def length_headers_of(upload: Upload) -> dict[str, str]:
    """How long the whole file is, as HEAD says it."""
    if upload.row.length is None:
        return {"Upload-Defer-Length": "1"}
    return {"Upload-Length": str(upload.row.length)}
