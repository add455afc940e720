"""Doing the pieces of one call at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from polydub.blocking import OnProgress

Result = TypeVar("Result")


@dataclass(frozen=True)
class Piece(Generic[Result]):
    """A share of the work."""

    size: int
    """How much of the whole it is, in any unit."""
    do: Callable[[], Awaitable[Result]]


async def together(
    pieces: Sequence[Piece[Result]], on_progress: OnProgress | None = None
) -> list[Result]:
    """The results in the order of the pieces. When one breaks off, the others are cancelled.

    Args:
        pieces: begun in their order.
        on_progress: told the fraction done after each.

    Raises:
        Exception: the first that a piece raised.
    """
    total, done = max(1, sum(piece.size for piece in pieces)), 0

    async def counted(piece: Piece[Result]) -> Result:
        nonlocal done
        result = await piece.do()
        done += piece.size
        if on_progress is not None:
            await on_progress(done / total)
        return result

    tasks = [asyncio.create_task(counted(piece)) for piece in pieces]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
