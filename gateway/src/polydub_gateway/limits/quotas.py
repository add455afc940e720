"""What an organisation may use. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

NumberT = TypeVar("NumberT", int, float)


@dataclass(frozen=True)
class Quotas:
    """What an organisation may use; None: as much as it likes."""

    minutes_per_month: float | None = None
    storage_bytes: int | None = None
    concurrent_jobs: int | None = None

    def tightened(self, other: Quotas) -> Quotas:
        """The lower of both, each."""
        return Quotas(
            _lower(self.minutes_per_month, other.minutes_per_month),
            _lower(self.storage_bytes, other.storage_bytes),
            _lower(self.concurrent_jobs, other.concurrent_jobs),
        )


def _lower(one: NumberT | None, other: NumberT | None) -> NumberT | None:
    return min((each for each in (one, other) if each is not None), default=None)
