"""The contract of an object store."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polydub.store.parts import PartsWriter

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]*(/[A-Za-z0-9][A-Za-z0-9._=+-]*)*")
"""Slash-separated segments that no file system or URL needs to quote; none may start with a dot."""

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class ObjectInfo:
    """What the store knows of one object."""

    key: str
    size_bytes: int
    modified_at_ms: int = field(default=0, compare=False)
    """Milliseconds since 1970, by the store's clock; zero where only the write's result is told."""


def valid_key(key: str) -> str:
    """The key itself.

    Raises:
        ValueError: when it could escape the store or needs quoting.
    """
    if not _KEY.fullmatch(key) or len(key) > 900:
        raise ValueError(f"not a store key: {key!r}")
    return key


class ObjectStore(ABC):
    """Whole objects under keys. A reader sees an object entirely or not at all.

    Every method may raise ``StageError("store_unavailable")``, which is retryable; writes may
    raise ``StageError("store_full")``. Reads of a missing key raise
    ``StageError("artifact_missing")``.
    """

    parts: PartsWriter
    """Writes objects bit by bit, over many requests."""

    @abstractmethod
    async def put_bytes(self, key: str, data: bytes) -> ObjectInfo:
        """Writes or replaces an object atomically."""

    @abstractmethod
    async def put_file(self, key: str, path: Path) -> ObjectInfo:
        """Copies a local file into the store atomically, without reading it whole."""

    @abstractmethod
    async def put_stream(
        self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None
    ) -> ObjectInfo:
        """Writes what the iterator gives, with bounded memory. On any error nothing is left.

        Raises:
            StageError: ``media_too_large`` when more than ``limit_bytes`` come.
        """

    @abstractmethod
    async def create(self, key: str, data: bytes) -> bool:
        """Writes an object only where there is none; False when there was one, left as it is."""

    @abstractmethod
    async def get_bytes(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes ``[start, end)``; to the object's end where ``end`` is None or beyond it."""

    @abstractmethod
    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes ``[start, end)`` in chunks, with bounded memory."""

    @abstractmethod
    async def stat(self, key: str) -> ObjectInfo | None:
        """The object's facts, or None where there is none."""

    @abstractmethod
    def walk(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object whose key starts with ``prefix`` + ``/``, in key order."""

    @abstractmethod
    def children(self, prefix: str) -> AsyncIterator[str]:
        """The names directly below ``prefix`` + ``/``, each once, in order; not what is below."""

    @abstractmethod
    async def delete_prefix(self, prefix: str) -> int:
        """Deletes every object under ``prefix`` + ``/``; how many there were."""

    @abstractmethod
    def local_file(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The object as a read-only local path while the context is open.

        The local backend gives its own file; the S3 backend a temporary copy.
        """

    @abstractmethod
    async def presigned_url(self, key: str, *, expires_s: int, filename: str) -> str | None:
        """A URL from which anyone may download for a while; None where the backend has none."""

    async def ensure_bucket(self) -> None:
        """Makes and prepares the bucket; nothing where the store knows no buckets."""

    @abstractmethod
    async def check(self) -> None:
        """Returns when the store can be read and written; for readiness."""

    async def remove_leftovers(self, *, older_than_s: float) -> int:
        """Removes temporary files of writers that died; how many there were."""
        return 0

    async def exists(self, key: str) -> bool:
        return await self.stat(key) is not None

    async def aclose(self) -> None:
        """Frees what the backend holds."""
