"""A folder as object store: the default on one machine."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio.to_thread

from polydub.errors import StageError
from polydub.store.base import CHUNK_BYTES, ObjectInfo, ObjectStore, valid_key
from polydub.store.local_parts import LocalParts

T = TypeVar("T")


class LocalStore(ObjectStore):
    """Objects are files below ``root``; writes go to ``root/.tmp`` and are renamed into place."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._temporary = self._root / ".tmp"
        self.parts = LocalParts(self._root, self._write, _in_thread)

    async def put_bytes(self, key: str, data: bytes) -> ObjectInfo:
        return await _in_thread(self._write, key, lambda file: file.write(data))

    async def put_file(self, key: str, path: Path) -> ObjectInfo:
        def copy(file: BinaryIO) -> None:
            with path.open("rb") as source:
                shutil.copyfileobj(source, file, CHUNK_BYTES)

        return await _in_thread(self._write, key, copy)

    async def put_stream(
        self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None
    ) -> ObjectInfo:
        target = self._path(key)
        temporary = await _in_thread(self._new_temporary)
        size = 0
        try:
            async with await anyio.open_file(temporary, "wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if limit_bytes is not None and size > limit_bytes:
                        raise StageError(
                            "media_too_large", f"The upload is larger than {limit_bytes} bytes."
                        )
                    with _translated():
                        await file.write(chunk)
            await _in_thread(_publish, temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return ObjectInfo(key, size)

    async def create(self, key: str, data: bytes) -> bool:
        return await _in_thread(self._create, key, data)

    async def get_bytes(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        def read() -> bytes:
            with self._open(key) as file:
                file.seek(start)
                return file.read() if end is None else file.read(max(0, end - start))

        return await _in_thread(read)

    async def stream(
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        file = await _in_thread(self._open, key)
        try:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while left is None or left > 0:
                want = CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)
                chunk = await _in_thread(file.read, want)
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def stat(self, key: str) -> ObjectInfo | None:
        path = self._path(key)

        def look() -> ObjectInfo | None:
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return _info(key, found) if path.is_file() else None

        return await _in_thread(look)

    async def walk(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        folder = self._path(prefix)

        def walk() -> list[ObjectInfo]:
            files = sorted(p for p in folder.rglob("*") if p.is_file())
            return [_info(p.relative_to(self._root).as_posix(), p.stat()) for p in files]

        for info in sorted(await _in_thread(walk), key=lambda info: info.key):
            yield info

    async def children(self, prefix: str) -> AsyncIterator[str]:
        folder = self._path(prefix)

        def names() -> list[str]:
            return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []

        for name in await _in_thread(names):
            yield name

    async def delete_prefix(self, prefix: str) -> int:
        folder = self._path(prefix)

        def remove() -> int:
            count = sum(1 for p in folder.rglob("*") if p.is_file())
            shutil.rmtree(folder, ignore_errors=True)
            return count

        return await _in_thread(remove)

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncIterator[Path]:
        if await self.stat(key) is None:
            raise _missing(key)
        yield self._path(key)

    async def presigned_url(self, key: str, *, expires_s: int, filename: str) -> str | None:
        return None

    async def check(self) -> None:
        def touch() -> None:
            self._new_temporary().unlink()

        await _in_thread(touch)

    async def remove_leftovers(self, *, older_than_s: float) -> int:
        def remove() -> int:
            count = 0
            for path in self._temporary.glob("*"):
                with suppress(FileNotFoundError):  # its writer is done with it just now
                    if time.time() - path.stat().st_mtime > older_than_s:
                        path.unlink()
                        count += 1
            return count

        return await _in_thread(remove)

    def _path(self, key: str) -> Path:
        return self._root / valid_key(key)

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise _missing(key) from error

    def _new_temporary(self) -> Path:
        self._temporary.mkdir(parents=True, exist_ok=True)
        path = self._temporary / uuid.uuid4().hex
        path.touch()
        return path

    def _write(self, key: str, fill: Callable[[BinaryIO], object]) -> ObjectInfo:
        target, temporary = self._path(key), self._new_temporary()
        try:
            with temporary.open("wb") as file:
                fill(file)
            size = temporary.stat().st_size
            _publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return ObjectInfo(key, size)

    def _create(self, key: str, data: bytes) -> bool:
        target, temporary = self._path(key), self._new_temporary()
        try:
            temporary.write_bytes(data)
            target.parent.mkdir(parents=True, exist_ok=True)
            # A link fails where the name is taken, atomically; a rename would replace it.
            os.link(temporary, target)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True


def _publish(temporary: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(target)


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, found.st_size, int(found.st_mtime * 1000))


def _missing(key: str) -> StageError:
    return StageError("artifact_missing", f"The store has no {key}.")


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the operating system's errors into the store's."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StageError(
            "store_full" if full else "store_unavailable",
            f"The local store failed: {error.strerror}.",
        ) from error


async def _in_thread(function: Callable[..., T], *arguments: object) -> T:
    with _translated():
        return await anyio.to_thread.run_sync(function, *arguments)
