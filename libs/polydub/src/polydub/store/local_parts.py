"""Parts as files of a folder, which are joined into the object."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from polydub.errors import StageError
from polydub.store.base import ObjectInfo, valid_key
from polydub.store.parts import MAX_PARTS, PartsWriter, StoredPart, Unfinished

T = TypeVar("T")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_COPY_BYTES = 2**20


class _InThread(Protocol):
    async def __call__(self, function: Callable[..., T], *arguments: Any) -> T: ...


class LocalParts(PartsWriter):
    """One folder below ``root/.parts`` for each unfinished object: its parts, and its key.

    Args:
        write: writes an object atomically out of what fills a file.
        in_thread: runs blocking work and translates its errors.
    """

    def __init__(
        self,
        root: Path,
        write: Callable[[str, Callable[[BinaryIO], object]], ObjectInfo],
        in_thread: _InThread,
    ) -> None:
        self._folder = root / ".parts"
        self._write = write
        self._in_thread = in_thread

    async def begin(self, key: str) -> Unfinished:
        target = Unfinished(valid_key(key), uuid.uuid4().hex)
        await self._in_thread(self._begin, target)
        return target

    async def put(self, target: Unfinished, number: int, data: bytes) -> StoredPart:
        if not 1 <= number <= MAX_PARTS:
            raise ValueError(f"not a part's number: {number}")
        return await self._in_thread(self._put, target, number, data)

    async def stored(self, target: Unfinished) -> list[StoredPart]:
        return await self._in_thread(self._stored, target)

    async def complete(self, target: Unfinished, parts: Sequence[StoredPart]) -> ObjectInfo:
        return await self._in_thread(self._complete, target, parts)

    async def abort(self, target: Unfinished) -> None:
        await self._in_thread(lambda: shutil.rmtree(self._of(target), ignore_errors=True))

    async def unfinished(self, prefix: str) -> AsyncIterator[Unfinished]:
        for target in await self._in_thread(self._all):
            if target.key.startswith(f"{valid_key(prefix)}/"):
                yield target

    async def presigned_put(self, target: Unfinished, number: int, *, expires_s: int) -> str | None:
        return None

    def _of(self, target: Unfinished) -> Path:
        if not _TOKEN.fullmatch(target.token):
            raise ValueError("not a token of this store")
        return self._folder / target.token

    def _begin(self, target: Unfinished) -> None:
        folder = self._of(target)
        folder.mkdir(parents=True)
        (folder / "key").write_text(target.key)

    def _put(self, target: Unfinished, number: int, data: bytes) -> StoredPart:
        part = self._of(target) / f"{number:05d}.part"
        temporary = part.with_suffix(f".{uuid.uuid4().hex}")
        try:
            temporary.write_bytes(data)
            temporary.replace(part)
        except FileNotFoundError as error:
            raise _missing(target) from error
        finally:
            temporary.unlink(missing_ok=True)
        return _stored(part)

    def _stored(self, target: Unfinished) -> list[StoredPart]:
        folder = self._of(target)
        if not (folder / "key").is_file():
            raise _missing(target)
        return [_stored(part) for part in sorted(folder.glob("*.part"))]

    def _complete(self, target: Unfinished, parts: Sequence[StoredPart]) -> ObjectInfo:
        folder = self._of(target)
        if not set(parts) <= set(self._stored(target)):
            raise StageError("conflict", "The store has not got all of these parts.")

        def join(file: BinaryIO) -> None:
            for part in parts:
                with (folder / f"{part.number:05d}.part").open("rb") as source:
                    shutil.copyfileobj(source, file, _COPY_BYTES)

        try:
            info = self._write(target.key, join)
        except FileNotFoundError as error:
            raise _missing(target) from error
        shutil.rmtree(folder, ignore_errors=True)
        return info

    def _all(self) -> list[Unfinished]:
        found = []
        for key in self._folder.glob("*/key"):
            with suppress(FileNotFoundError):  # completed while we look
                begun_at_ms = int(key.stat().st_mtime * 1000)
                found.append(Unfinished(key.read_text(), key.parent.name, begun_at_ms))
        return sorted(found, key=lambda target: target.key)


def _stored(part: Path) -> StoredPart:
    facts = part.stat()
    return StoredPart(int(part.stem), facts.st_size, f"{facts.st_mtime_ns:x}-{facts.st_ino:x}")


def _missing(target: Unfinished) -> StageError:
    return StageError("artifact_missing", f"The store does not await {target.key}.")
