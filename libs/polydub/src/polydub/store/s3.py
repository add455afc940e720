"""Any S3 as object store, through the ``minio`` SDK: MinIO, SeaweedFS, Garage, Ceph RGW, AWS."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import anyio.to_thread
from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.credentials.providers import Provider
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig
from minio.lifecycleconfig import Rule as LifecycleRule
from minio.sseconfig import AWS_KMS, SSEConfig
from minio.sseconfig import Rule as EncryptionRule
from urllib3.exceptions import HTTPError

from polydub.errors import StageError
from polydub.settings import NOWHERE
from polydub.store.base import CHUNK_BYTES, ObjectInfo, ObjectStore, valid_key
from polydub.store.s3_parts import S3Parts

T = TypeVar("T")

PART_BYTES = 8 * 2**20
_FORGOTTEN_DAYS = 30
"""Parts of this age belong to uploads that nobody goes on with; the gateway ends most sooner."""
_ABSENT = {"NoSuchKey", "NoSuchObject", "NoSuchUpload", "NotFound"}
_TAKEN = {"PreconditionFailed"}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage"}


class S3Store(ObjectStore):
    """Objects in one bucket. The SDK is synchronous, so that each call runs in a thread."""

    def __init__(
        self,
        *,
        endpoint: str,
        bucket: str,
        credentials: Provider,
        secure: bool,
        region: str,
        public_endpoint: str = "",
        encryption: str = "",
    ) -> None:
        self._bucket = bucket
        self._encryption = encryption

        def client(host: str, *, secure: bool) -> Minio:
            return Minio(
                endpoint=host,
                credentials=credentials,
                secure=secure,
                region=region,
            )

        self._client = client(endpoint, secure=secure)
        # A signature holds for one host: addresses for browsers are signed for the host they see.
        self._signing: Minio | None = self._client
        if public_endpoint == NOWHERE:
            self._signing = None
        elif public_endpoint:
            seen = urlsplit(public_endpoint)
            self._signing = client(seen.netloc, secure=seen.scheme == "https")
        self.parts = S3Parts(self._client, self._call, signing=self._signing)

    async def put_bytes(self, key: str, data: bytes) -> ObjectInfo:
        await self._call(
            self._client.put_object, object_name=valid_key(key), data=io.BytesIO(data),
            length=len(data),
        )  # fmt: skip
        return ObjectInfo(key, len(data))

    async def put_file(self, key: str, path: Path) -> ObjectInfo:
        await self._call(
            self._client.fput_object, object_name=valid_key(key), file_path=str(path),
            part_size=PART_BYTES,
        )  # fmt: skip
        return ObjectInfo(key, path.stat().st_size)

    async def put_stream(
        self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None
    ) -> ObjectInfo:
        # A local spool keeps memory bounded and lets a broken upload leave nothing behind.
        with _temporary() as path:
            size = 0
            async with await anyio.open_file(path, "wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if limit_bytes is not None and size > limit_bytes:
                        raise StageError(
                            "media_too_large", f"The upload is larger than {limit_bytes} bytes."
                        )
                    await file.write(chunk)
            return await self.put_file(key, path)

    async def create(self, key: str, data: bytes) -> bool:
        try:
            await self._call(
                self._client._put_object, object_name=valid_key(key), data=data,
                headers={"If-None-Match": "*"},
            )  # fmt: skip
        except _TakenError:
            return False
        return True

    async def get_bytes(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        if end is not None and end <= start:
            return b""
        return b"".join([chunk async for chunk in self.stream(key, start, end)])

    async def stream(
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        if end is not None and end <= start:
            return
        info = await self.stat(key)
        if info is None:
            raise _missing(key)
        if start >= info.size_bytes:
            return
        length = (info.size_bytes if end is None else min(end, info.size_bytes)) - start
        response = await self._call(
            self._client.get_object, object_name=valid_key(key), offset=start, length=length
        )
        try:
            while chunk := await _in_thread(response.read, CHUNK_BYTES):
                yield chunk
        finally:
            response.close()
            response.release_conn()

    async def stat(self, key: str) -> ObjectInfo | None:
        try:
            found = await self._call(self._client.stat_object, object_name=valid_key(key))
        except _AbsentError:
            return None
        return ObjectInfo(key, found.size or 0, _milliseconds(found.last_modified))

    async def walk(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        for info in await _in_thread(self._under, prefix):
            yield info

    async def children(self, prefix: str) -> AsyncIterator[str]:
        above = f"{valid_key(prefix)}/"

        def names() -> list[str]:
            with _translated(prefix):
                found = self._client.list_objects(self._bucket, prefix=above)
                return [o.object_name.removeprefix(above).rstrip("/") for o in found]

        for name in sorted(await _in_thread(names)):
            yield name

    async def delete_prefix(self, prefix: str) -> int:
        def remove() -> int:
            keys = [info.key for info in self._under(prefix)]
            doomed = (DeleteObject(key) for key in keys)
            for problem in self._client.remove_objects(self._bucket, doomed):
                raise StageError("store_unavailable", f"The store kept an object: {problem.code}.")
            return len(keys)

        return await _in_thread(remove)

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncIterator[Path]:
        with _temporary(suffix=Path(key).suffix) as path:
            async with await anyio.open_file(path, "wb") as file:
                async for chunk in self.stream(key):
                    await file.write(chunk)
            yield path

    async def presigned_url(self, key: str, *, expires_s: int, filename: str) -> str | None:
        if self._signing is None:
            return None
        url: str = await self._call(
            self._signing.presigned_get_object,
            object_name=valid_key(key),
            expires=timedelta(seconds=expires_s),
            response_headers={
                "response-content-disposition": f"attachment; filename*=UTF-8''{quote(filename)}"
            },
        )
        return url

    async def check(self) -> None:
        if not await self._call(self._client.bucket_exists):
            raise StageError(
                "store_unavailable",
                f"There is no bucket {self._bucket!r}.",
                hint="Create the bucket, or name another with POLYDUB_S3_BUCKET.",
            )

    async def ensure_bucket(self) -> None:
        """Makes the bucket where there is none, for deployments that let us.

        One that was there keeps its lifecycle; how new objects are encrypted is set where asked.
        """
        if not await self._call(self._client.bucket_exists):
            await self._call(self._client.make_bucket)
            await self._call(self._client.set_bucket_lifecycle, config=_forgets_parts())
        if self._encryption:
            rule = _encryption_rule(self._encryption)
            await self._call(self._client.set_bucket_encryption, config=SSEConfig(rule))

    def _under(self, prefix: str) -> list[ObjectInfo]:
        with _translated(prefix):
            found = self._client.list_objects(
                self._bucket, prefix=f"{valid_key(prefix)}/", recursive=True
            )
            return [
                ObjectInfo(o.object_name, o.size or 0, _milliseconds(o.last_modified))
                for o in found
                if o.object_name
            ]

    async def _call(self, method: Callable[..., T], /, **arguments: Any) -> T:
        def call() -> T:
            with _translated(str(arguments.get("object_name", self._bucket))):
                return method(bucket_name=self._bucket, **arguments)

        return await _in_thread(call)


def _forgets_parts() -> LifecycleConfig:
    rule = LifecycleRule(
        ENABLED,
        rule_filter=Filter(prefix=""),
        rule_id="parts-of-forgotten-uploads",
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(_FORGOTTEN_DAYS),
    )
    return LifecycleConfig([rule])


def _encryption_rule(encryption: str) -> EncryptionRule:
    if encryption.startswith(AWS_KMS):
        return EncryptionRule.new_sse_kms_rule(encryption[len(AWS_KMS) :].lstrip(":") or None)
    return EncryptionRule.new_sse_s3_rule()


class _AbsentError(StageError):
    """There is no such object."""


class _TakenError(StageError):
    """There is such an object already."""


def _milliseconds(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1000) if moment else 0


def _missing(key: str) -> StageError:
    return _AbsentError("artifact_missing", f"The store has no {key}.")


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turns the SDK's errors into the store's."""
    try:
        yield
    except S3Error as error:
        if error.code in _ABSENT:
            raise _missing(key) from error
        if error.code in _TAKEN:
            raise _TakenError("conflict", f"The store has {key} already.") from error
        code = "store_full" if error.code in _FULL else "store_unavailable"
        raise StageError(code, f"The object store refused: {error.code}.") from error
    except (MinioException, HTTPError, OSError, ValueError) as error:
        # ValueError: what gives out short-lived keys has none for us.
        raise StageError(
            "store_unavailable", f"The object store does not answer ({type(error).__name__})."
        ) from error


@contextmanager
def _temporary(suffix: str = "") -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix="polydub-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


async def _in_thread(function: Callable[..., T], *arguments: Any) -> T:
    # Not abandoned on cancellation: a half-read response must not outlive its caller.
    return await asyncio.shield(
        asyncio.ensure_future(anyio.to_thread.run_sync(function, *arguments))
    )
