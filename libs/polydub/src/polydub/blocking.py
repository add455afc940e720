"""Running work that blocks, so that it can be watched and stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio.from_thread
import anyio.to_thread

T = TypeVar("T")
Tick = Callable[[float], None]
"""Called by blocking code now and then with the fraction done; ends the work when it is not
wanted any more, by raising :class:`Stopped`."""
OnProgress = Callable[[float], Coroutine[Any, Any, None]]

_REPORT_EVERY_S = 0.5


class Stopped(Exception):
    """Raised inside blocking work whose caller was cancelled. Let it pass."""


def no_tick(fraction: float) -> None:
    """A tick for those who neither watch nor stop."""


async def run_blocking(
    function: Callable[[Tick], T], *, on_progress: OnProgress | None = None
) -> T:
    """Runs ``function(tick)`` in a worker thread.

    Cancelling the caller makes the next ``tick`` raise; the cancellation is complete when the
    thread has ended, so that nothing goes on working unseen.
    """
    stop = threading.Event()
    last = 0.0

    def tick(fraction: float) -> None:
        nonlocal last
        if stop.is_set():
            raise Stopped
        now = time.monotonic()
        if on_progress is not None and now - last >= _REPORT_EVERY_S:
            last = now
            anyio.from_thread.run(on_progress, fraction)

    thread = asyncio.ensure_future(anyio.to_thread.run_sync(function, tick))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        stop.set()
        while not thread.done():
            await asyncio.wait([thread])
        if not thread.cancelled():
            thread.exception()  # fetched, so that asyncio does not complain of it
        raise
