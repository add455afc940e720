"""Streams that end when who reads them is not welcome any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from polydub_gateway.identity import Caller, Callers

T = TypeVar("T")

CHECK_EVERY_S = 2.0


async def while_welcome(
    callers: Callers, caller: Caller, items: AsyncIterator[T]
) -> AsyncGenerator[T, None]:
    """The items of a stream, while the caller's session, key and membership stand.

    Looks before each item, and every few seconds while none comes.

    Raises:
        StageError: ``unauthenticated`` when they stand no longer.
    """
    upcoming = asyncio.ensure_future(anext(items))
    try:
        while True:
            await asyncio.wait({upcoming}, timeout=CHECK_EVERY_S)
            await callers.check_still(caller)
            if not upcoming.done():
                continue
            try:
                item = upcoming.result()
            except StopAsyncIteration:
                return
            upcoming = asyncio.ensure_future(anext(items))
            yield item
    finally:
        upcoming.cancel()
        await asyncio.gather(upcoming, return_exceptions=True)
