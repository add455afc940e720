"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable


def table(title: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
