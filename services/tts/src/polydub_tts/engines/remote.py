"""What speech engines behind HTTP have in common: how many lines at once, retries, and errors."""

from __future__ import annotations

import asyncio
import re
import ssl
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from polydub.errors import EngineFailed, EngineUnavailable, StageError
from polydub.telemetry import logger
from polydub_tts.engines.base import EngineVoice, Raw, TtsEngine
from polydub_tts.sound import Sound

TRIES = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""A server that wants a longer pause is left to the event's own redelivery."""
MAX_BYTES = 128 * 2**20
"""More than the longest line takes up at 48 kHz in float."""
_QUOTA_CODES = frozenset({"insufficient_quota", "quota_exceeded"})
_WORD = re.compile(r"[A-Za-z_]{1,40}")

_log = logger(__name__)


class Refused(Exception):
    """A server did not give the speech.

    Args:
        status: its HTTP status; 0: it was not reached, or broke off.
        retry_after_s: the pause that it asks for.
        code: its own word for the reason.
    """

    def __init__(self, status: int, retry_after_s: float | None = None, code: str = "") -> None:
        super().__init__(f"status {status} {code}".strip())
        self.status = status
        self.retry_after_s = retry_after_s
        self.code = code if _WORD.fullmatch(code) else ""

    @property
    def for_now(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return self.code not in _QUOTA_CODES and (
            self.status in (0, 408, 409, 425, 429) or self.status >= 500
        )


class RemoteTtsEngine(TtsEngine):
    """An engine whose lines are spoken by a server.

    Args:
        at_once: lines that it is asked for at the same time.
    """

    key_variable: ClassVar[str]
    """Where the operator puts the key."""

    def __init__(self, timeout_s: float, at_once: int) -> None:
        super().__init__(timeout_s)
        self._slots = asyncio.Semaphore(at_once)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """For each request's client: reading the certificates takes longer than the rest of it."""
        import httpx

        return httpx.create_ssl_context()

    @abstractmethod
    async def _fetch(self, text: str, voice: EngineVoice, rate: float) -> Sound:
        """Asks the server once.

        Raises:
            Refused: it did not give the speech.
            ValueError: what it gave is no sound.
        """

    async def _speak(
        self, text: str, voice: EngineVoice, rate: float, f0_hz: float, folder: Path
    ) -> Raw:
        async with self._slots:
            sound = await self._patiently(text, voice, rate)
        _log.info("speech_received", engine=self.id, voice=voice.id, characters=len(text))
        return Raw(sound, voice.f0_hz)

    async def _patiently(self, text: str, voice: EngineVoice, rate: float) -> Sound:
        for tried in range(1, TRIES + 1):
            try:
                return await self._fetch(text, voice, rate)
            except Refused as refusal:
                pause_s = refusal.retry_after_s or FIRST_PAUSE_S * 2 ** (tried - 1)
                if not refusal.for_now or tried == TRIES or pause_s > LONGEST_PAUSE_S:
                    raise self._failure(refusal) from refusal
            except ValueError as error:
                raise EngineFailed(f"{self.id} gave no readable sound: {error}.") from error
            await asyncio.sleep(pause_s)
        raise AssertionError("unreachable: the last try returns or raises")

    def _failure(self, refusal: Refused) -> StageError:
        if refusal.code in _QUOTA_CODES:
            return EngineFailed(f"The quota of {self.id} is used up.", retryable=True)
        if refusal.status in (401, 403):
            return EngineUnavailable(
                f"{self.id} refused the key in {self.key_variable}.",
                hint=f"Put a valid key into {self.key_variable} and start the service again.",
            )
        if refusal.status == 429:
            wait = f" It asks to wait {refusal.retry_after_s:g} s." if refusal.retry_after_s else ""
            return EngineFailed(f"{self.id} gets too many requests.{wait}", retryable=True)
        if refusal.status == 0:
            return EngineFailed(f"{self.id} could not be reached, or broke off.", retryable=True)
        word = f" ({refusal.code})" if refusal.code else ""
        return EngineFailed(
            f"{self.id} answered with status {refusal.status}{word}.", retryable=refusal.for_now
        )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The pause in a ``Retry-After`` header, in seconds or as a date (RFC 9110, 10.2.3)."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
