"""Files on this side of the wire: reading for uploads, and downloads that can be resumed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import httpx

from polydub_client.errors import ConnectionLost, PolydubError, from_response
from polydub_client.retry import Attempts, RetryPolicy

ByteProgress = Callable[[int, int], None]
"""Told (bytes done, bytes in all) as a transfer goes on; starts over when a transfer must."""

BLOCK_BYTES = 1 << 20

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def silent(done: int, total: int) -> None:
    """The progress callback of who does not want one."""


class Blocks:
    """A file's bytes as a request's content; told from the beginning each time it is sent."""

    def __init__(self, file: BinaryIO, total: int, progress: ByteProgress) -> None:
        self._file = file
        self._total = total
        self._progress = progress

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        self._progress(0, self._total)
        done = 0
        while block := self._file.read(BLOCK_BYTES):
            yield block
            done += len(block)
            self._progress(done, self._total)


class AsyncBlocks:
    """The twin of :class:`Blocks`; reading does not hold up the loop."""

    def __init__(self, file: BinaryIO, total: int, progress: ByteProgress) -> None:
        self._file = file
        self._total = total
        self._progress = progress

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._file.seek(0)
        self._progress(0, self._total)
        done = 0
        while block := await asyncio.to_thread(self._file.read, BLOCK_BYTES):
            yield block
            done += len(block)
            self._progress(done, self._total)


class Download:
    """A file on its way to ``target``: ``<target>.part`` until it is whole.

    A part file left by an earlier run is continued only when the server still has the very same
    bytes: its ETag is kept beside it in ``<target>.part.etag`` and sent as If-Range (RFC 9110,
    13.1.5). Both clients drive it: request with :attr:`headers`, :meth:`begin` with the response,
    :meth:`write` what arrives, then :meth:`finish`; after a break wait :meth:`delay_after`.
    """

    def __init__(
        self, target: Path, size_bytes: int, progress: ByteProgress, policy: RetryPolicy
    ) -> None:
        self.target = target
        self._part = target.with_name(target.name + ".part")
        self._tag_file = target.with_name(target.name + ".part.etag")
        self._total = size_bytes
        self._progress = progress
        self._etag = self._left_etag()
        self._done = self._part.stat().st_size if self._etag else 0
        self._furthest = self._done
        self._attempts = Attempts(policy)
        target.parent.mkdir(parents=True, exist_ok=True)

    def _left_etag(self) -> str:
        if self._part.is_file() and self._tag_file.is_file():
            return self._tag_file.read_text().strip()
        return ""

    @property
    def headers(self) -> dict[str, str]:
        # The bytes on the wire must be the file's: no compression under a range.
        headers = {"Accept-Encoding": "identity"}
        if self._done and self._etag:
            headers |= {"Range": f"bytes={self._done}-", "If-Range": self._etag}
        return headers

    def begin(self, response: httpx.Response) -> None:
        """Takes an answer's headers; starts at zero unless it continues the same file.

        Raises:
            PolydubError: what the answer tells of; retryable where asking again will help.
        """
        if response.status_code == 416:
            self._forget()
            raise ConnectionLost("the partial file on disk did not fit the server's")
        if response.status_code >= 400:
            raise from_response(response)
        etag = response.headers.get("etag", "")
        if response.status_code == 206:
            self._continue(response, etag)
        else:
            self._start(response, etag)
        self._progress(self._done, self._total)

    def _continue(self, response: httpx.Response, etag: str) -> None:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if match is None or int(match[1]) != self._done or (etag and etag != self._etag):
            self._forget()
            raise ConnectionLost("the file changed on the server")
        if match[2] != "*":
            self._total = int(match[2])

    def _start(self, response: httpx.Response, etag: str) -> None:
        self._forget()
        self._part.touch()
        # A weak tag promises the same meaning, not the same bytes.
        if etag and not etag.startswith("W/"):
            self._etag = etag
            self._tag_file.write_text(etag)
        length = response.headers.get("content-length", "")
        if length.isdigit():
            self._total = int(length)

    def _forget(self) -> None:
        self._done = 0
        self._etag = ""
        self._part.unlink(missing_ok=True)
        self._tag_file.unlink(missing_ok=True)

    def open(self) -> BinaryIO:
        """The part file, to be written on from where it ends."""
        return self._part.open("ab")

    def write(self, file: BinaryIO, block: bytes) -> None:
        file.write(block)
        self._done += len(block)
        self._progress(self._done, self._total)
        if self._done > self._furthest:  # a server that cuts at the same byte each time is not well
            self._furthest = self._done
            self._attempts.progressed()

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait before asking again; raises ``error`` when patience is over."""
        return self._attempts.delay_after(error)

    def finish(self) -> Path:
        """Gives the whole file its name.

        Raises:
            ConnectionLost: when bytes are missing; asking again fetches them.
        """
        if self._total and self._done != self._total:
            raise ConnectionLost(f"{self._done} of {self._total} bytes came")
        self._part.replace(self.target)
        self._tag_file.unlink(missing_ok=True)
        return self.target


def target_in(folder: Path, name: str) -> Path:
    """Where an artifact is saved; refuses a name that would lead out of the folder.

    Raises:
        PolydubError: ``unsafe_name``.
    """
    if name in ("", ".", "..") or any(char in name for char in "/\\\0"):
        raise PolydubError(
            f"The server offers a file under the name {name!r}, which is not saved.",
            code="unsafe_name",
            hint="Check that the address is a Polydub server that you trust.",
        )
    return folder / name
