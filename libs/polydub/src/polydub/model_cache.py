"""Loaded models, kept as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from polydub import telemetry


class Unloadable(Protocol):
    """What a cache can hold."""

    def unload(self) -> None:
        """Frees the memory."""


Loaded = TypeVar("Loaded", bound=Unloadable)
KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass
class _Entry(Generic[Loaded]):
    model: Loaded
    size_bytes: int
    users: int = field(default=0)


class ModelCache(Generic[KeyT, Loaded]):
    """Loads models on first use and frees those unused for longest. Safe between threads.

    Args:
        stage: whose models they are, for the metrics.
        limit_bytes: how large they may be together; one model is kept whatever its size.

    Models in use are never freed, so that the limit is passed for a while where more are used at
    once. A model's size is that of its files, which stands for the memory it takes.
    """

    def __init__(self, stage: str, limit_bytes: int) -> None:
        self._stage = stage
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[KeyT, _Entry[Loaded]] = OrderedDict()
        self._lock = threading.RLock()

    def loaded(self) -> tuple[KeyT, ...]:
        """The models in memory, the one unused for longest first."""
        with self._lock:
            return tuple(self._entries)

    @contextmanager
    def lease(self, key: KeyT, size_bytes: int, load: Callable[[], Loaded]) -> Iterator[Loaded]:
        """A model, loaded, that stays loaded until the end of the context.

        Args:
            key: tells models apart.
            size_bytes: of its files.
            load: makes it ready; called under the lock, so that no model is loaded twice.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._make_room(size_bytes)
                entry = self._entries[key] = _Entry(load(), size_bytes)
            self._entries.move_to_end(key)
            entry.users += 1
            self._tell()
        try:
            yield entry.model
        finally:
            with self._lock:
                entry.users -= 1
                self._make_room(0)
                self._tell()

    def forget(self, key: KeyT) -> None:
        """Lets a model go that is to be loaded anew, on another device say.

        Who still uses it keeps it.
        """
        with self._lock:
            self._entries.pop(key, None)
            self._tell()

    def clear(self) -> None:
        """Frees every model that is not in use."""
        with self._lock:
            for key in [key for key, entry in self._entries.items() if not entry.users]:
                self._entries.pop(key).model.unload()
            self._tell()

    def _make_room(self, coming_bytes: int) -> None:
        """Frees idle models until ``coming_bytes`` more fit in."""
        for key in [key for key, entry in self._entries.items() if not entry.users]:
            alone = not coming_bytes and len(self._entries) == 1
            if alone or self._size_bytes() + coming_bytes <= self._limit_bytes:
                return
            self._entries.pop(key).model.unload()

    def _size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self._entries.values())

    def _tell(self) -> None:
        telemetry.MODEL_BYTES.labels(stage=self._stage).set(self._size_bytes())
