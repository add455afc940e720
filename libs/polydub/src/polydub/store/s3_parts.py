"""Parts as S3's multipart uploads, whose state is S3's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from minio import Minio
from minio.datatypes import Part

from polydub.errors import StageError
from polydub.store.base import ObjectInfo, valid_key
from polydub.store.parts import MAX_PARTS, PartsWriter, StoredPart, Unfinished

T = TypeVar("T")
_NEVER = datetime.fromtimestamp(0, UTC)


class _Call(Protocol):
    async def __call__(self, method: Callable[..., T], /, **arguments: Any) -> T: ...


class S3Parts(PartsWriter):
    """The SDK keeps these calls to itself (they begin with ``_``), but they are S3's plain ones.

    Args:
        signing: signs addresses for browsers; None: they reach no S3.
        call: calls a method of the client on the bucket, in a thread, and translates its errors.
    """

    def __init__(self, client: Minio, call: _Call, *, signing: Minio | None) -> None:
        self._client = client
        self._signing = signing
        self._call = call

    async def begin(self, key: str) -> Unfinished:
        token: str = await self._call(
            self._client._create_multipart_upload, object_name=valid_key(key), headers={}
        )
        return Unfinished(key, token)

    async def put(self, target: Unfinished, number: int, data: bytes) -> StoredPart:
        if not 1 <= number <= MAX_PARTS:
            raise ValueError(f"not a part's number: {number}")
        etag: str = await self._call(
            self._client._upload_part, **_named(target), data=data, headers=None,
            part_number=number,
        )  # fmt: skip
        return StoredPart(number, len(data), etag)

    async def stored(self, target: Unfinished) -> list[StoredPart]:
        found: dict[int, Part] = {}
        marker: str | None = None
        while True:
            page = await self._call(
                self._client._list_parts, **_named(target), part_number_marker=marker
            )
            # SeaweedFS lists each writing of a part that was written again.
            for part in sorted(page.parts, key=lambda part: part.last_modified or _NEVER):
                found[part.part_number] = part
            marker = page.next_part_number_marker
            if not page.is_truncated or not marker:
                break
        return [StoredPart(n, found[n].size or 0, found[n].etag) for n in sorted(found)]

    async def complete(self, target: Unfinished, parts: Sequence[StoredPart]) -> ObjectInfo:
        # Not every server refuses parts that it does not know.
        if not set(parts) <= set(await self.stored(target)):
            raise StageError("conflict", "The store has not got all of these parts.")
        named = [Part(part.number, part.etag) for part in parts]
        await self._call(self._client._complete_multipart_upload, **_named(target), parts=named)
        return ObjectInfo(target.key, sum(part.size_bytes for part in parts))

    async def abort(self, target: Unfinished) -> None:
        try:
            await self._call(self._client._abort_multipart_upload, **_named(target))
        except StageError as error:
            if error.code != "artifact_missing":
                raise

    async def unfinished(self, prefix: str) -> AsyncIterator[Unfinished]:
        marker: str | None = None
        while True:
            page = await self._call(
                self._client._list_multipart_uploads,
                prefix=f"{valid_key(prefix)}/", key_marker=marker,
            )  # fmt: skip
            for upload in page.uploads:
                begun = upload.initiated_time
                begun_at_ms = int(begun.timestamp() * 1000) if begun else 0
                yield Unfinished(upload.object_name, upload.upload_id or "", begun_at_ms)
            marker = page.next_key_marker
            if not page.is_truncated or not marker:
                return

    async def presigned_put(self, target: Unfinished, number: int, *, expires_s: int) -> str | None:
        if self._signing is None:
            return None
        url: str = await self._call(
            self._signing.get_presigned_url,
            method="PUT", object_name=target.key, expires=timedelta(seconds=expires_s),
            extra_query_params={"partNumber": str(number), "uploadId": target.token},
        )  # fmt: skip
        return url


def _named(target: Unfinished) -> dict[str, str]:
    return {"object_name": valid_key(target.key), "upload_id": target.token}
