"""Where a dub stands, and why it failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DubState(StrEnum):
    """Where a dub, or one language of it, stands."""

    UNKNOWN = ""
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    CANCELED = "canceled"
    STALE = "stale"
    """Of a language: made, and something was corrected since."""
    DELETED = "deleted"
    """In the feed of all dubs: it is gone."""

    @classmethod
    def _missing_(cls, value: object) -> DubState:  # noqa: ARG003
        return cls.UNKNOWN  # a state that a newer server knows

    @property
    def has_ended(self) -> bool:
        return self in _ENDED

    @property
    def has_results(self) -> bool:
        return self in (
            DubState.COMPLETED,
            DubState.COMPLETED_WITH_WARNINGS,
            DubState.STALE,
        )


_ENDED = frozenset(
    {
        DubState.COMPLETED,
        DubState.COMPLETED_WITH_WARNINGS,
        DubState.FAILED,
        DubState.CANCELED,
        DubState.STALE,
        DubState.DELETED,
    }
)


@dataclass(frozen=True)
class Problem:
    """Why a dub, or one language of it, failed."""

    code: str = ""
    message: str = ""
    hint: str = ""
    stage: str = ""
    retryable: bool = False
