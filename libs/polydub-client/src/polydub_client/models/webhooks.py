"""Webhooks, and what was sent to them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Webhook:
    """An address that is told what happens."""

    id: str = ""
    url: str = ""
    description: str = ""
    events: tuple[str, ...] = ()
    """Types to be told of; none: all."""
    enabled: bool = False
    disabled_reason: str = ""
    """Why it was disabled, where no person did it."""
    old_secret_until: str = ""
    """Until when both secrets sign."""
    failing_since: str = ""
    created_at: str = ""


@dataclass(frozen=True)
class WebhookSecret:
    """A webhook and its secret, which is not shown again."""

    webhook: Webhook = field(default_factory=Webhook)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class DeliveryAttempt:
    """What came of one try."""

    number: int = 0
    at: str = ""
    duration_ms: int = 0
    status: int | None = None
    """None: no answer came."""
    answer: str = ""
    error: str = ""


@dataclass(frozen=True)
class Delivery:
    """A message for a webhook and what became of it."""

    id: str = ""
    type: str = ""
    dub_id: str = ""
    state: str = ""
    """``pending``, ``delivered`` or ``failed``."""
    tries: int = 0
    next_try_at: str = ""
    created_at: str = ""
    body: str = ""
    attempts: tuple[DeliveryAttempt, ...] = ()


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries, newest first."""

    deliveries: tuple[Delivery, ...] = ()
    next_cursor: str = ""
