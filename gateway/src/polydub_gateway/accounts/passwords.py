"""Passwords: argon2id with the parameters that argon2-cffi recommends (RFC 9106, low memory)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from polydub.errors import StageError

PARAMETERS = profiles.RFC_9106_LOW_MEMORY
MIN_CHARACTERS = 10
MAX_CHARACTERS = 512
_AT_ONCE = 4
"""Each takes 64 MiB while it is worked out: who sends many at once must not fill the memory."""


@dataclass(frozen=True)
class Verdict:
    """Whether a password fits, and a new hash where the kept one has old parameters."""

    fits: bool
    rehashed: str | None = None


class Passwords:
    """Hashes and compares, in threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(PARAMETERS)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep, its salt and parameters in it.

        Raises:
            StageError: ``invalid_request`` for one that is too short or too long.
        """
        if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
            raise StageError(
                "invalid_request",
                f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.",
            )
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def prepare(self) -> None:
        """Makes the hash that passwords of accounts that do not exist are compared with."""
        self._nobodys = await asyncio.to_thread(self._hasher.hash, "nobody's password")

    async def check(self, kept: str | None, password: str) -> Verdict:
        """Whether a password fits. Without a hash it does not, and takes as long to say so."""
        if self._nobodys is None:
            await self.prepare()
        async with self._at_once:
            verdict = await asyncio.to_thread(self._check, kept or self._nobodys or "", password)
        return verdict if kept else Verdict(fits=False)

    def _check(self, kept: str, password: str) -> Verdict:
        try:
            self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return Verdict(fits=False)
        old = self._hasher.check_needs_rehash(kept)
        return Verdict(fits=True, rehashed=self._hasher.hash(password) if old else None)
