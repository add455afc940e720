"""What engines that ask a service over the network have in common."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from polydub.errors import EngineFailed, EngineUnavailable
from polydub_translation.engines.keys import Key

Answer = TypeVar("Answer")

MAX_WAIT_S = 30.0
"""Where a service wants a longer pause, the event is given back and tried again later."""


class Busy(Exception):
    """A service that did not answer this time but may the next time.

    Args:
        why: in words, for the final error.
        wait_s: the pause that the service asked for (``Retry-After``), or None.
    """

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait_s = wait_s


async def with_retries(ask: Callable[[], Awaitable[Answer]], *, retries: int) -> Answer:
    """The answer of the first call that is not :class:`Busy`.

    Pauses as long as the service asks, else 1, 2, 4, ... seconds, each up to a quarter longer or
    shorter so that replicas do not come back together.

    Raises:
        EngineFailed: retryable, when all calls were, or a longer pause is asked for.
    """
    for attempt in range(retries + 1):
        try:
            return await ask()
        except Busy as busy:
            pause = 2**attempt * random.uniform(0.75, 1.25) if busy.wait_s is None else busy.wait_s
            if attempt == retries or pause > MAX_WAIT_S:
                raise EngineFailed(busy.why + wait_in_words(busy.wait_s)) from busy
            await asyncio.sleep(pause)
    raise AssertionError("unreachable")


def retry_after_s(header: str | None) -> float | None:
    """The pause that a ``Retry-After`` header asks for in seconds (RFC 9110, 10.2.3)."""
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:  # a date, which none of our services sends
        return None


def wait_in_words(wait_s: float | None) -> str:
    """The end of an error's message."""
    return "" if wait_s is None else f" It asks to wait {wait_s:g} s."


def refused(service: str, key: Key) -> EngineUnavailable:
    """The error for a key that a service does not take."""
    return EngineUnavailable(
        f"{service} refuses the key in {key.variable}.",
        hint=f"Set {key.variable} to a key that is valid.",
    )
