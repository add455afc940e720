"""An object that grows at its end, over many requests and processes.

What has come is cut into parts of one size. Whole parts go to the store as such; what is left
behind the last whole part, its tail, lies beside them as an object that is written anew when more
has come. So the store alone knows the offset, and no process that dies takes more with it than it
had not written yet. Parts begin at fixed offsets: whoever writes one, writes the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydub.errors import StageError
from polydub.store import ObjectInfo, ObjectStore, StoredPart, Unfinished
from polydub.store.parts import MAX_PARTS

PART_BYTES = 8 * 2**20
_MIB = 2**20


def part_bytes(length: int, least: int = PART_BYTES) -> int:
    """The size of parts for a file of so many bytes: whole MiB, and few enough parts. Pure."""
    needed = -(-length // MAX_PARTS)
    return max(least, -(-needed // _MIB) * _MIB)


@dataclass(frozen=True)
class Place:
    """Where an object grows.

    Args:
        tails: the folder for its tail.
    """

    target: Unfinished
    tails: str
    part_bytes: int

    def tail(self, number: int) -> str:
        return f"{self.tails}/{number:05d}/tail"


async def stored_offset(store: ObjectStore, place: Place) -> int:
    """How many bytes are safe in the store.

    Raises:
        StageError: ``artifact_missing`` where the object is complete or was discarded.
    """
    parts = _from_first(await store.parts.stored(place.target))
    size = sum(part.size_bytes for part in parts)
    if size < len(parts) * place.part_bytes:
        return size  # the last part is the file's last
    tail = await store.stat(place.tail(len(parts) + 1))
    return size + (tail.size_bytes if tail else 0)


class Growing:
    """Writes at the end of an object. One writer at a time."""

    def __init__(
        self, store: ObjectStore, place: Place, parts: list[StoredPart], tail: bytes
    ) -> None:
        self._store = store
        self._place = place
        self._parts = parts
        self._buffer = bytearray(tail)
        self._safe = len(tail)

    @classmethod
    async def open(cls, store: ObjectStore, place: Place) -> Growing:
        """Raises:
        StageError: ``artifact_missing`` where the object is complete or was discarded.
        """
        parts = _from_first(await store.parts.stored(place.target))
        tail = b""
        if sum(part.size_bytes for part in parts) == len(parts) * place.part_bytes:
            key = place.tail(len(parts) + 1)
            tail = await store.get_bytes(key) if await store.exists(key) else b""
        return cls(store, place, parts, tail)

    @property
    def offset(self) -> int:
        """Where the next byte goes; those before it are written, or are by :meth:`flush`."""
        return sum(part.size_bytes for part in self._parts) + len(self._buffer)

    async def write(self, data: bytes) -> None:
        """Takes bytes over."""
        view = memoryview(data)
        while view:
            room = self._place.part_bytes - len(self._buffer)
            self._buffer += view[:room]
            view = view[room:]
            if len(self._buffer) == self._place.part_bytes:
                await self._put_part()

    async def flush(self) -> None:
        """Returns when all that was written is safe."""
        if len(self._buffer) > self._safe:
            key = self._place.tail(len(self._parts) + 1)
            await self._store.put_bytes(key, bytes(self._buffer))
            self._safe = len(self._buffer)

    async def complete(self) -> ObjectInfo:
        """Makes the object appear. What was written has to be all of it, and not nothing."""
        if self._buffer:
            await self._put_part()
        info = await self._store.parts.complete(self._place.target, self._parts)
        await self._store.delete_prefix(self._place.tails)
        return info

    async def _put_part(self) -> None:
        number = len(self._parts) + 1
        part = await self._store.parts.put(self._place.target, number, bytes(self._buffer))
        if self._safe:
            # Only now: until the part is stored, its tail is all there is of these bytes.
            await self._store.delete_prefix(f"{self._place.tails}/{number:05d}")
        self._parts.append(part)
        self._buffer.clear()
        self._safe = 0


async def discard(store: ObjectStore, place: Place) -> None:
    """Removes all that has come."""
    await store.parts.abort(place.target)
    await store.delete_prefix(place.tails)


def require_whole(parts: Sequence[StoredPart], length: int) -> None:
    """Returns where parts that others wrote make the whole file.

    Raises:
        StageError: ``conflict`` saying what is missing.
    """
    found = _from_first(parts)
    size = sum(part.size_bytes for part in found)
    if len(found) != len(parts):
        raise StageError("conflict", f"Part {len(found) + 1} is missing.", hint="Send it.")
    if size != length:
        raise StageError(
            "conflict",
            f"The parts have {size} bytes together; the file was announced with {length}.",
            hint="Send the parts that are missing or differ.",
        )


def _from_first(parts: Sequence[StoredPart]) -> list[StoredPart]:
    """Those that follow each other from the first."""
    return [part for n, part in enumerate(parts, start=1) if part.number == n]
