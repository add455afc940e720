"""Ending tasks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

CANCELED_AGAIN_S = 2.0


async def end(task: asyncio.Task[Any]) -> None:
    """Ends a task; raises what it failed with.

    It is told again until it ends: the broker's client takes a cancellation that comes just as it
    sets out to wait for a time-out, which is no reason to stop.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCELED_AGAIN_S)
    with suppress(asyncio.CancelledError):
        task.result()
