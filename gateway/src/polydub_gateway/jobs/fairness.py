"""Whose job starts next, and in which lane its events travel. Pure.

Organisations share the deployment by their work in flight: minutes of source, times languages, that
were started and are not done. Whoever has least of it for their weight is next. With first-come
queues behind it this gives each the same part of the throughput (Little's law: what is in flight is
throughput times time in flight, and that time is the same for all).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

HEAD_START_MS = 3_600_000
"""A job of high priority stands as if it had come so much earlier, one of low priority so much
later. So the others of its organisation are never put off for ever."""


class Priority(StrEnum):
    """How urgent a job is among those of its organisation."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


HEAD_STARTS_MS = {
    Priority.LOW: -HEAD_START_MS,
    Priority.NORMAL: 0,
    Priority.HIGH: HEAD_START_MS,
}


@dataclass(frozen=True)
class InFlight:
    """What of an organisation's work was started and is not done, in milliseconds of source."""

    all_ms: float = 0.0
    prompt_ms: float = 0.0
    """Of that, in the prompt lane."""

    def plus(self, cost_ms: float, *, bulk: bool) -> InFlight:
        return InFlight(self.all_ms + cost_ms, self.prompt_ms + (0 if bulk else cost_ms))


NOTHING = InFlight()


def next_owner(
    waiting: Iterable[str],
    in_flight: Mapping[str, InFlight],
    weights: Mapping[str, float],
    limit_ms: float | None,
) -> str | None:
    """The organisation whose job starts next; None where those that wait have to.

    Args:
        weights: organisation -> how much it may have for each minute of others; 1 where nothing
            is said.
        limit_ms: of all organisations together. One that has nothing in flight starts a job all
            the same, however large it is.
    """

    def taken_ms(owner_id: str) -> float:
        return in_flight.get(owner_id, NOTHING).all_ms / weights.get(owner_id, 1.0)

    chosen = min(sorted(waiting), key=taken_ms, default=None)
    total_ms = sum(each.all_ms for each in in_flight.values())
    if chosen is None or limit_ms is None or total_ms < limit_ms or taken_ms(chosen) <= 0:
        return chosen
    return None


def is_bulk(priority: Priority, cost_ms: float, own: InFlight, prompt_limit_ms: float) -> bool:
    """Whether a job may wait: of low priority, long, or more than its owner's prompt share."""
    return priority is Priority.LOW or own.prompt_ms + cost_ms > prompt_limit_ms
