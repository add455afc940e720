"""Loaded models, kept as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from polydub_translation.engines.models import ModelFolder


class Unloadable(Protocol):
    """What a cache can hold."""

    def unload(self) -> None:
        """Frees the memory."""


Loaded = TypeVar("Loaded", bound=Unloadable)


@dataclass
class _Entry(Generic[Loaded]):
    model: Loaded
    users: int = field(default=0)


class ModelCache(Generic[Loaded]):
    """Loads models on first use and frees those unused for longest. Safe between threads.

    Args:
        load: makes a model ready; called under the cache's lock, so that no model is loaded twice.
        limit: how many models are kept.
        limit_bytes: how large they may be together; one model is kept whatever its size.

    Models in use are never freed, so that both limits are passed for a while where more are used
    at once.
    """

    def __init__(
        self, load: Callable[[ModelFolder], Loaded], *, limit: int, limit_bytes: int
    ) -> None:
        self._load = load
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[ModelFolder, _Entry[Loaded]] = OrderedDict()
        self._lock = threading.Lock()

    def loaded(self) -> tuple[str, ...]:
        """The names of the models in memory, the one unused for longest first."""
        with self._lock:
            return tuple(folder.name for folder in self._entries)

    @contextmanager
    def lease(self, folder: ModelFolder) -> Iterator[Loaded]:
        """A model, loaded, that stays loaded until the end of the context."""
        with self._lock:
            entry = self._entries.get(folder)
            if entry is None:
                self._make_room(folder.size_bytes)
                entry = self._entries[folder] = _Entry(self._load(folder))
            self._entries.move_to_end(folder)
            entry.users += 1
        try:
            yield entry.model
        finally:
            with self._lock:
                entry.users -= 1
                self._make_room(0, spare=0)

    def clear(self) -> None:
        """Frees every model that is not in use."""
        with self._lock:
            for folder in [folder for folder, entry in self._entries.items() if not entry.users]:
                self._entries.pop(folder).model.unload()

    def _make_room(self, coming_bytes: int, *, spare: int = 1) -> None:
        """Frees idle models until ``spare`` more, of ``coming_bytes``, fit in."""
        idle = [folder for folder, entry in self._entries.items() if not entry.users]
        for folder in idle:
            used = sum(each.size_bytes for each in self._entries) + coming_bytes
            fits = len(self._entries) + spare <= self._limit
            if fits and (used <= self._limit_bytes or len(self._entries) + spare <= 1):
                return
            self._entries.pop(folder).model.unload()
