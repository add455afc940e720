"""What engines that ask a service over the network have in common: keys, patience, and errors."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from polydub.engines import Availability
from polydub.errors import EngineFailed, EngineUnavailable, StageError

Answer = TypeVar("Answer")

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""Where a service wants a longer pause, the event is given back and tried again later."""

UNREACHED = 0
"""The status of a service that was not reached, or broke off."""
UNREADABLE = "unreadable"
QUOTA_CODES = frozenset({"insufficient_quota", "quota_exceeded"})
_QUOTA_STATUSES = frozenset({402, 456})
_KEY_STATUSES = frozenset({401, 403})
_PASSING_STATUSES = frozenset({UNREACHED, 408, 409, 425, 429})
_CODE = re.compile(r"[A-Za-z_]{1,40}")


@dataclass(frozen=True)
class Key:
    """A key and where it comes from. A file is read each time, so that a new key counts at once."""

    variable: str
    """The environment variable to name to people; ``<variable>_FILE`` names a file instead."""
    value: SecretStr
    file: Path | None = None

    def read(self) -> str:
        """The key, or nothing where there is none.

        Raises:
            OSError: when the file can't be read.
            UnicodeDecodeError: when it holds no text.
        """
        if self.file is not None:
            return self.file.read_text().strip()
        return self.value.get_secret_value()

    def available(self) -> Availability:
        """Whether there is a key, or what to do."""
        remedy = f"Set {self.variable}, or {self.variable}_FILE to a file that holds the key."
        try:
            there = self.read()
        except (OSError, UnicodeDecodeError):
            return Availability.no(
                f"the file that {self.variable}_FILE names can't be read", remedy
            )
        return Availability.yes() if there else Availability.no("no key is set", remedy)


class Refused(Exception):
    """A service did not give what it was asked for.

    Args:
        status: its HTTP status; :data:`UNREACHED`: it was not reached, or broke off.
        retry_after_s: the pause that it asks for.
        code: its own word for the reason; anything but a plain word is dropped, since it may hold
            what was sent.
    """

    def __init__(self, status: int, retry_after_s: float | None = None, code: str = "") -> None:
        super().__init__(f"status {status} {code}".strip())
        self.status = status
        self.retry_after_s = retry_after_s
        self.code = code if _CODE.fullmatch(code) else ""

    @classmethod
    def unreadable(cls) -> Refused:
        """An answer that is not what it should be; the next one may be."""
        return cls(UNREACHED, code=UNREADABLE)

    @property
    def quota(self) -> bool:
        """Whether what was paid for is used up."""
        return self.status in _QUOTA_STATUSES or self.code in QUOTA_CODES

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return not self.quota and (self.status in _PASSING_STATUSES or self.status >= 500)


@dataclass(frozen=True)
class CloudService:
    """A service, and how it is asked: so many requests at once, again after a while.

    Args:
        name: as people know it.
        key_variable: where the operator puts its key.
        at_once: requests under way at the same time, from this process.
        retries: how often a request is repeated.
    """

    name: str
    key_variable: str
    at_once: int = 4
    retries: int = 2
    _slots: asyncio.Semaphore = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_slots", asyncio.Semaphore(self.at_once))

    async def ask(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of the first call that is not refused for the moment.

        Pauses as long as the service asks, else 1, 2, 4, ... seconds, each up to a quarter longer
        or shorter so that replicas do not come back together.

        Args:
            request: asks once; raises :class:`Refused`.

        Raises:
            StageError: ``engine_unavailable`` for a key that the service does not take;
                ``engine_failed``, retryable where another time may go better.
        """
        for attempt in range(self.retries + 1):
            try:
                async with self._slots:
                    return await request()
            except Refused as refusal:
                pause_s = _pause_s(refusal, attempt)
                last = attempt == self.retries or pause_s > LONGEST_PAUSE_S
                if not refusal.passing or last:
                    raise self.failure(refusal) from refusal
            await asyncio.sleep(pause_s)
        raise AssertionError("unreachable: the last call returns or raises")

    def failure(self, refusal: Refused) -> StageError:
        """The refusal as an error of ours; says nothing that was sent."""
        if refusal.quota:
            return EngineFailed(f"The quota of {self.name} is used up.")
        word = f" ({refusal.code})" if refusal.code else ""
        if refusal.status in _KEY_STATUSES:
            return EngineUnavailable(
                f"{self.name} refuses the key in {self.key_variable}{word}.",
                hint=f"Set {self.key_variable} to a key that is valid.",
            )
        wait = f" It asks to wait {refusal.retry_after_s:g} s." if refusal.retry_after_s else ""
        if refusal.status == 429:
            return EngineFailed(f"{self.name} gets too many requests.{wait}")
        if refusal.code == UNREADABLE:
            return EngineFailed(f"The answer of {self.name} can't be understood.")
        if refusal.status == UNREACHED:
            return EngineFailed(f"{self.name} could not be reached, or broke off.")
        return EngineFailed(
            f"{self.name} answered with status {refusal.status}{word}.{wait}",
            retryable=refusal.passing,
        )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The pause in a ``Retry-After`` header, in seconds or as a date (RFC 9110, 10.2.3)."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _pause_s(refusal: Refused, attempt: int) -> float:
    if refusal.retry_after_s is not None:
        return refusal.retry_after_s
    return FIRST_PAUSE_S * 2.0**attempt * random.uniform(0.75, 1.25)
