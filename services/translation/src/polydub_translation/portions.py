"""Work cut into requests or batches of a size."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def portions(
    items: Iterable[Item], *, weight: Callable[[Item], int], limit: int, count: int | None = None
) -> list[list[Item]]:
    """The items in their order, as many together as weigh no more than ``limit``.

    Args:
        weight: of one item; one that is heavier than ``limit`` stands alone.
        count: how many together at most.
    """
    cut: list[list[Item]] = []
    room = 0
    for item in items:
        if not cut or weight(item) > room or len(cut[-1]) == count:
            cut.append([])
            room = limit
        cut[-1].append(item)
        room -= weight(item)
    return cut
