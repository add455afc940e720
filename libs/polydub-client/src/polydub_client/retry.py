"""When to try again, and how long to wait before: pure, shared by both clients."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from polydub_client.errors import PolydubError, ServerUnreachable


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with half of it random, so that many clients do not return at once.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
    (the "equal jitter" form).
    """

    attempts: int = 5
    base_s: float = 0.25
    cap_s: float = 8.0

    def delay_s(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait after the ``failures``-th failure in a row (from 1)."""
        full = min(self.cap_s, self.base_s * 2.0 ** (failures - 1))
        return full / 2 + draw() * full / 2


TOO_MANY_REQUESTS = 429
LONGEST_WAIT_S = 120.0
"""Who is told to wait longer than this is told so, and not left to wonder."""

PATIENT = RetryPolicy(attempts=12, cap_s=10.0)
"""For a stream or a download under way: about a minute and a half without any progress."""


class Attempts:
    """Counts the failures in a row of one call."""

    def __init__(self, policy: RetryPolicy, *, idempotent: bool = True) -> None:
        self._policy = policy
        self._idempotent = idempotent
        self._failures = 0

    def progressed(self) -> None:
        """Something came through: the next failure is a first one again."""
        self._failures = 0

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait before the next attempt; raises ``error`` when there is none."""
        self._failures += 1
        # A request that was never sent, or was told to wait, may be sent again whatever it does.
        was_not_done = isinstance(error, ServerUnreachable) or error.status == TOO_MANY_REQUESTS
        wanted_s = error.retry_after_s or 0.0
        if (
            not (error.retryable and (self._idempotent or was_not_done))
            or self._failures >= self._policy.attempts
            or wanted_s > LONGEST_WAIT_S
        ):
            raise error
        return max(self._policy.delay_s(self._failures), wanted_s)
