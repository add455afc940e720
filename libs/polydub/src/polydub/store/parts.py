"""The contract of writing one big object bit by bit, over many requests and processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from polydub.store.base import ObjectInfo

MIN_PART_BYTES = 5 * 2**20
"""S3's least size of a part, except for the last one."""
MAX_PARTS = 10_000
"""S3's greatest number of parts."""


@dataclass(frozen=True)
class Unfinished:
    """An object that is being written. ``token`` tells it from others of the same key."""

    key: str
    token: str
    begun_at_ms: int = 0
    """Milliseconds since 1970; zero where it was not asked for."""


@dataclass(frozen=True)
class StoredPart:
    """A part that the store keeps; ``etag`` is the store's own name of these bytes."""

    number: int
    size_bytes: int
    etag: str


class PartsWriter(ABC):
    """Objects that come in numbered parts and appear under their key whole, or never.

    Nothing is kept in this process: whoever knows an :class:`Unfinished` can go on with it, after
    a restart or in another replica. What nobody finishes stays until it is aborted;
    :meth:`unfinished` finds it.

    Every method may raise ``StageError("store_unavailable")`` and, when writing,
    ``StageError("store_full")``; those that take an :class:`Unfinished` raise
    ``StageError("artifact_missing")`` for one that was completed, aborted or never begun.
    """

    @abstractmethod
    async def begin(self, key: str) -> Unfinished:
        """Begins an object. One that lies under the key stays until the new one is complete."""

    @abstractmethod
    async def put(self, target: Unfinished, number: int, data: bytes) -> StoredPart:
        """Writes part ``number`` (from 1, at most ``MAX_PARTS``) atomically.

        A part may be written again, with the same bytes; of different ones either may count.
        Each part but the last must have ``MIN_PART_BYTES`` when the object is completed.
        """

    @abstractmethod
    async def stored(self, target: Unfinished) -> list[StoredPart]:
        """The parts that are safe in the store, by number."""

    @abstractmethod
    async def complete(self, target: Unfinished, parts: Sequence[StoredPart]) -> ObjectInfo:
        """Makes the object of these parts in this order; it appears atomically.

        Raises:
            StageError: ``conflict`` when the store has not got one of these parts.
        """

    @abstractmethod
    async def abort(self, target: Unfinished) -> None:
        """Throws the parts away. Nothing happens where there are none any more."""

    @abstractmethod
    def unfinished(self, prefix: str) -> AsyncIterator[Unfinished]:
        """What was begun under ``prefix`` + ``/`` and neither completed nor aborted."""

    @abstractmethod
    async def presigned_put(self, target: Unfinished, number: int, *, expires_s: int) -> str | None:
        """A URL to which anyone may PUT this part for a while; None where the backend has none."""
