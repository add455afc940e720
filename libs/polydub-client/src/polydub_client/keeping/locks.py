"""Locks that are asked for and not waited for, so that waiting is the asker's own way."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


ASK_AGAIN_S = 0.02


class Lock(Protocol):
    """One holder at a time."""

    def take(self) -> bool:
        """Whether it is now ours."""

    def give_back(self) -> None: ...


class FileLock:
    """A lock that processes share; the system gives it back when one of them dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def give_back(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def held(lock: Lock) -> Iterator[None]:
    """Waits for a lock and gives it back."""
    while not lock.take():
        time.sleep(ASK_AGAIN_S)
    try:
        yield
    finally:
        lock.give_back()
