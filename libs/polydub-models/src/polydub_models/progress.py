"""How a pull is shown: bars on a terminal, a line for each file elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Meter(Protocol):
    """Is told of each file and of its bytes."""

    def start(self, label: str, size: int, have: int = 0) -> None:
        """A file begins, or goes on after ``have`` bytes; ``size`` is 0 where it is not known."""

    def add(self, count: int) -> None:
        """Bytes came; less than 0: some have to come again."""


class Bars:
    """One bar for the file and one for all, each with bytes, speed and time left."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._all = progress.add_task("all", total=total or None)
        self._file = progress.add_task("", total=None)

    def start(self, label: str, size: int, have: int = 0) -> None:
        self._progress.remove_task(self._file)
        self._file = self._progress.add_task(label, total=size or None, completed=have)

    def add(self, count: int) -> None:
        self._progress.advance(self._file, count)
        self._progress.advance(self._all, count)


class Lines:
    """For logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def start(self, label: str, size: int, have: int = 0) -> None:
        self._console.print(f"{label} {human(size) if size else ''}".rstrip(), markup=False)

    def add(self, count: int) -> None:
        """Lines don't grow."""


@contextmanager
def meter(console: Console, total: int) -> Iterator[Meter]:
    """What suits the console.

    Args:
        total: how many bytes have to come.
    """
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield Bars(progress, total)


def human(size: int) -> str:
    """Bytes as people say them: 148 MB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
