"""An upload that goes on after anything that breaks it off (tus 1.0.0). No network here.

Source: https://tus.io/protocols/resumable-upload (core, creation, checksum, expiration).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from polydub_client.calls.call import Call, body_of, path
from polydub_client.calls.videos import PROBING_S, sendable
from polydub_client.decode import decode
from polydub_client.errors import ConnectionLost, PolydubError
from polydub_client.files import ByteProgress
from polydub_client.keeping.uploads import UploadNotes, key_of
from polydub_client.models import Upload, UploadState, Video
from polydub_client.retry import Attempts, RetryPolicy

RESUMABLE_FROM_BYTES = 8 * 2**20
"""From this size on a file is worth three more requests."""
PIECE_BYTES = 8 * 2**20
"""What one request carries, and at most is sent twice: the part that a server's store keeps."""

_TUS = {"Tus-Resumable": "1.0.0"}
_POLL = RetryPolicy(attempts=10_000, base_s=0.2, cap_s=3.0)
_GONE = frozenset({404, 410})
_LOOK_AGAIN = frozenset({409, 423})


@dataclass(frozen=True)
class Step:
    """One request of an upload, and the file's bytes that go with it."""

    call: Call[None]
    content: bytes | None = None


class StillProcessing(PolydubError):
    """All bytes are there, and the server still reads through them."""

    def __init__(self) -> None:
        super().__init__("The server still reads the file.", code="still_processing")


class ResumableUpload:
    """A file on its way, which remembers where it is.

    Both clients drive it: until :attr:`video` is there, send what :meth:`next_step` says, or wait
    :meth:`delay_after` what went wrong. Its id lies in the notes until it is done, so that
    another process goes on with it.

    Args:
        file: whose bytes are sent; it must stay as it is until they are.
        base_url: of the server.
        upload_id: of an upload that was begun before; empty: what the notes say, or a new one.
        notes: None: nothing is remembered.
        policy: how often in a row nothing may come through.
    """

    def __init__(
        self,
        file: Path,
        base_url: str,
        *,
        upload_id: str,
        progress: ByteProgress,
        notes: UploadNotes | None,
        policy: RetryPolicy,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        self.video: Video | None = None
        self._file = file
        self._identity = _identity(file)
        self._size = self._identity[0]
        self._key = key_of(base_url, file, *self._identity)
        self._notes = notes
        self._id = upload_id or (notes.read(self._key) if notes else "")
        self._offset: int | None = None
        self._progress = progress
        self._attempts = Attempts(policy)
        self._furthest = 0
        self._polls = 0
        self._renewed = False
        self._piece_bytes = piece_bytes

    def next_step(self) -> Step:
        """What is to be sent next.

        Raises:
            PolydubError: ``file_changed``.
        """
        if not self._id:
            return Step(self._creation())
        if self._offset is None:
            return Step(Call("HEAD", self._path, self._looked, headers=_TUS))
        if self._offset < self._size:
            return self._piece(self._offset)
        return Step(Call("GET", self._path, self._ended))

    @property
    def _path(self) -> str:
        return path("uploads", self._id)

    def _creation(self) -> Call[None]:
        name = base64.b64encode(sendable(self._file.name).encode()).decode()
        headers = {
            **_TUS,
            "Upload-Length": str(self._size),
            "Upload-Metadata": f"filename {name}",
        }
        return Call("POST", path("uploads"), self._begun, headers=headers)

    def _piece(self, offset: int) -> Step:
        if _identity(self._file) != self._identity:
            self._forget()
            raise PolydubError(
                f"{self._file.name} changed while it was sent.",
                code="file_changed",
                hint="Wait until it is written, and send it again.",
            )
        with self._file.open("rb") as file:
            file.seek(offset)
            content = file.read(self._piece_bytes)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        call = Call("PATCH", self._path, self._reached, headers=headers, read_s=PROBING_S)
        return Step(call, content)

    def _begun(self, response: httpx.Response) -> None:
        self._id = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if not self._id:
            raise PolydubError("The server does not say where to send to.", code="bad_answer")
        if self._notes:
            self._notes.write(self._key, self._id)
        self._moved(0)

    def _looked(self, response: httpx.Response) -> None:
        length = _number(response.headers, "upload-length")
        if length not in (None, self._size):
            raise PolydubError(
                f"The upload {self._id} is of a file of {length} bytes, this one has {self._size}.",
                code="another_file",
                hint="Name the file that it was begun with, or begin anew.",
            )
        self._moved(_number(response.headers, "upload-offset") or 0)

    def _reached(self, response: httpx.Response) -> None:
        self._moved(_number(response.headers, "upload-offset") or 0)

    def _moved(self, offset: int) -> None:
        if offset > self._furthest:  # a line that is cut at the same byte each time is not well
            self._furthest = offset
            self._attempts.progressed()
        self._offset = offset
        self._progress(min(offset, self._size), self._size)

    def _ended(self, response: httpx.Response) -> None:
        upload = decode(Upload, body_of(response))
        if upload.state is UploadState.RECEIVING:
            self._offset = None  # its bytes were lost after all: look what is there
            raise ConnectionLost("the server has not got all bytes")
        if upload.state is UploadState.FAILED and upload.error:
            self._forget()
            raise PolydubError(
                upload.error.detail,
                code=upload.error.code,
                hint=upload.error.hint,
                stage=upload.error.stage,
                status=422,
            )
        if upload.video is None:
            raise StillProcessing()
        self._forget()
        self.video = upload.video

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait before the next step; raises ``error`` when there is none."""
        if isinstance(error, StillProcessing):
            self._polls += 1
            return _POLL.delay_s(min(self._polls, 8))
        if error.status in _GONE and self._id and not self._renewed:
            self._renewed = True  # once: a server that loses uploads again is not well
            self._forget()
            return 0.0
        if error.status in _LOOK_AGAIN or isinstance(error, ConnectionLost):
            self._offset = None
        return self._attempts.delay_after(_as_retryable(error))

    def _forget(self) -> None:
        self._id, self._offset = "", None
        if self._notes:
            self._notes.forget(self._key)


def _as_retryable(error: PolydubError) -> PolydubError:
    """The error; those that tus tells to come back from are marked so."""
    if error.status in _LOOK_AGAIN or error.code == "checksum_mismatch":
        error.retryable = True
    return error


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _number(headers: Mapping[str, Any], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isdigit() else None
