"""The JSON of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.db.delivery import EndpointRow
from polydub_gateway.routes.schemas import moment
from polydub_gateway.webhooks.endpoints import MAX_URL_CHARACTERS, Logged
from polydub_gateway.webhooks.messages import Told

EventName = Literal[
    "dub.accepted",
    "dub.language_completed",
    "dub.completed",
    "dub.completed_with_warnings",
    "dub.failed",
    "dub.canceled",
]
_ENDPOINT: dict[str, Any] = {
    "id": "whe_5b1c0e3f9a7d24c8e610",
    "url": "https://example.com/hooks/polydub",
    "description": "Publishes finished dubs",
    "events": ["dub.completed", "dub.completed_with_warnings"],
    "enabled": True,
    "disabled_reason": "",
    "old_secret_until": None,
    "failing_since": None,
    "created_at": "2026-01-05T09:30:00Z",
}
_TEXT = r"^[^\x00]*$"
"""What PostgreSQL takes as text."""
_EVENTS = "The types to be told of; empty: all"


class WebhookIn(BaseModel):
    """An address that is to be told what happens."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {name: _ENDPOINT[name] for name in ("url", "description", "events")}
        },
    )

    url: str = Field(min_length=1, max_length=MAX_URL_CHARACTERS)
    description: str = Field(default="", max_length=500, pattern=_TEXT)
    events: list[EventName] = Field(default_factory=list, max_length=20, description=_EVENTS)


class WebhookChange(BaseModel):
    """What is to be another way; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"enabled": False}}
    )

    url: str | None = Field(default=None, min_length=1, max_length=MAX_URL_CHARACTERS)
    description: str | None = Field(default=None, max_length=500, pattern=_TEXT)
    events: list[EventName] | None = Field(default=None, max_length=20, description=_EVENTS)
    enabled: bool | None = None


class WebhookOut(BaseModel):
    """A webhook as it stands."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDPOINT})

    id: str
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_reason: str = Field(description="Why it was disabled, where no person did it")
    old_secret_until: datetime | None = Field(description="Until when both secrets sign")
    failing_since: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: EndpointRow) -> WebhookOut:
        return cls(
            id=row.id,
            url=row.url,
            description=row.description,
            events=row.events,
            enabled=row.enabled,
            disabled_reason=row.disabled_reason,
            old_secret_until=_moment(row.previous_until_ms),
            failing_since=_moment(row.failing_since_ms),
            created_at=moment(row.created_at_ms),
        )


class WebhookSecretOut(BaseModel):
    """A webhook and its secret, which is not shown again."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "webhook": _ENDPOINT,
                "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
            }
        }
    )

    webhook: WebhookOut
    secret: str


class WebhooksOut(BaseModel):
    """All webhooks, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"webhooks": [_ENDPOINT]}})

    webhooks: list[WebhookOut]


_DELIVERY: dict[str, Any] = {
    "id": "msg_0f1e2d3c4b5a69788796",
    "type": "dub.completed",
    "dub_id": "dub_9a7d24c8e6105b1c0e3f",
    "state": "delivered",
    "tries": 1,
    "next_try_at": None,
    "created_at": "2026-01-05T09:30:00Z",
    "body": '{"type":"dub.completed"}',
    "attempts": [
        {
            "number": 1,
            "at": "2026-01-05T09:30:01Z",
            "duration_ms": 84,
            "status": 200,
            "answer": "ok",
            "error": "",
        }
    ],
}


class AttemptOut(BaseModel):
    """What came of one try. A number that is missing was broken off."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None = Field(description="null: no answer came")
    answer: str = Field(description="The first kilobyte of the answer's body")
    error: str


class DeliveryOut(BaseModel):
    """A message for a webhook and what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": _DELIVERY})

    id: str = Field(description="The message's webhook-id")
    type: str
    dub_id: str | None
    state: Literal["pending", "delivered", "failed"]
    tries: int
    next_try_at: datetime | None
    created_at: datetime
    body: str
    attempts: list[AttemptOut]

    @classmethod
    def of(cls, logged: Logged) -> DeliveryOut:
        row = logged.row
        return cls.model_validate(
            {
                "id": row.id,
                "type": row.type,
                "dub_id": row.dub_id,
                "state": row.state,
                "tries": row.tries,
                "next_try_at": _moment(row.due_at_ms),
                "created_at": moment(row.created_at_ms),
                "body": row.body,
                "attempts": [
                    AttemptOut(
                        number=each.number,
                        at=moment(each.at_ms),
                        duration_ms=each.duration_ms,
                        status=each.status,
                        answer=each.answer,
                        error=each.error,
                    )
                    for each in logged.attempts
                ],
            }
        )


class DeliveryPage(BaseModel):
    """Some deliveries, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"deliveries": [_DELIVERY], "next_cursor": None}}
    )

    deliveries: list[DeliveryOut]
    next_cursor: str | None


def told(names: list[EventName]) -> tuple[Told, ...]:
    """The names as types."""
    return tuple(Told(name) for name in names)


def _moment(unix_ms: int | None) -> datetime | None:
    return None if unix_ms is None else moment(unix_ms)
