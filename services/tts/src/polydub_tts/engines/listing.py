"""The voices that a service offers, asked for now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

LISTED_FOR_S = 600.0
FAILED_FOR_S = 60.0


class Listing(Protocol):
    """What a service offers."""

    @property
    def voices(self) -> Sequence[object]:
        """Its voices."""

    @property
    def failure(self) -> str:
        """Why nothing could be listed; empty when it could."""


ListingT = TypeVar("ListingT", bound=Listing)


class RememberedListing(Generic[ListingT]):
    """A listing that is asked for once in ten minutes, and after a failure once in a minute.

    Args:
        ask: the service's answer; does not raise, but tells its failure.
    """

    def __init__(self, ask: Callable[[], ListingT]) -> None:
        self._ask = ask
        self._listing: ListingT | None = None
        self._good_until = 0.0
        self._lock = threading.Lock()

    def get(self) -> ListingT:
        """The listing; voices once seen stay usable while it fails."""
        with self._lock:
            known = self._listing
            if known is not None and time.monotonic() < self._good_until:
                return known
            fresh = self._ask()
            if known is None or not fresh.failure or not known.voices:
                self._listing = known = fresh
            self._good_until = time.monotonic() + (FAILED_FOR_S if fresh.failure else LISTED_FOR_S)
            return known
