"""Checksums of bytes on their way in: none is let through before all fit."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio

from polydub.errors import StageError
from polydub.store.base import CHUNK_BYTES

ALGORITHMS = ("sha1", "sha256")
"""tus asks for sha1."""
_IN_MEMORY_BYTES = 2**20


@dataclass(frozen=True)
class Checksum:
    """What the digest of some bytes has to be."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, header: str) -> Checksum:
        """Of tus's ``Upload-Checksum``: an algorithm, a space, the digest in Base64.

        Raises:
            StageError: ``invalid_request``.
        """
        algorithm, _, text = header.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            known = " and ".join(ALGORITHMS)
            raise StageError("invalid_request", f"Checksums can be {known}.")
        try:
            digest = base64.b64decode(text, validate=True)
        except ValueError as error:  # not Base64, or not even ASCII
            raise StageError("invalid_request", "The checksum is not Base64.") from error
        return cls(algorithm, digest)


async def checked(
    chunks: AsyncIterator[bytes], checksum: Checksum, *, limit_bytes: int
) -> AsyncIterator[bytes]:
    """The same bytes, once all of them have come and fit. They wait in a temporary file.

    Raises:
        StageError: ``checksum_mismatch``; ``media_too_large`` for more than ``limit_bytes``.
    """
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False)
    size = 0
    async with anyio.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit_bytes:
                raise StageError("media_too_large", "More bytes came than were announced.")
            digest.update(chunk)
            await spool.write(chunk)
        if not hmac.compare_digest(digest.digest(), checksum.digest):
            raise StageError("checksum_mismatch", "The bytes do not have the checksum announced.")
        await spool.seek(0)
        while chunk := await spool.read(CHUNK_BYTES):
            yield chunk
