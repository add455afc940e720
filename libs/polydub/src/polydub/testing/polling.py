"""Waiting in tests: for a condition, with its name, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def poll_until(
    check: Callable[[], Awaitable[T]],
    what: str,
    *,
    timeout_s: float = 30.0,
    interval_s: float = 0.05,
) -> T:
    """The first truthy answer of ``check``.

    Raises:
        AssertionError: naming ``what`` we waited for, and the last answer.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = await check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}; last answer: {answer!r}")
        await asyncio.sleep(interval_s)
