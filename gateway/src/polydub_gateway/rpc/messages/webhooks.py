"""Webhooks and their deliveries as messages."""

from __future__ import annotations

from polydub.errors import StageError
from polydub.v1 import webhooks_pb2
from polydub_gateway.db.delivery import DeliveryAttemptRow, EndpointRow
from polydub_gateway.webhooks.endpoints import Logged

_STATE = "DELIVERY_STATE_"


def webhook_message(row: EndpointRow) -> webhooks_pb2.Webhook:
    return webhooks_pb2.Webhook(
        id=row.id,
        url=row.url,
        description=row.description,
        events=row.events,
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        old_secret_until_ms=row.previous_until_ms or 0,
        failing_since_ms=row.failing_since_ms or 0,
        created_at_ms=row.created_at_ms,
    )


def secret_message(row: EndpointRow, secret: str) -> webhooks_pb2.WebhookSecret:
    return webhooks_pb2.WebhookSecret(webhook=webhook_message(row), secret=secret)


def delivery_state_name(state: webhooks_pb2.DeliveryState) -> str | None:
    """The state as the log has it; None: any.

    Raises:
        StageError: ``invalid_request`` for none that there is.
    """
    if state == webhooks_pb2.DELIVERY_STATE_UNSPECIFIED:
        return None
    if state not in webhooks_pb2.DeliveryState.values():
        raise StageError("invalid_request", f"There is no state {state}.")
    return webhooks_pb2.DeliveryState.Name(state).removeprefix(_STATE).lower()


def delivery_message(logged: Logged) -> webhooks_pb2.Delivery:
    row = logged.row
    return webhooks_pb2.Delivery(
        id=row.id,
        type=row.type,
        dub_id=row.dub_id or "",
        state=_STATE + row.state.upper(),
        tries=row.tries,
        next_try_at_ms=row.due_at_ms or 0,
        created_at_ms=row.created_at_ms,
        body=row.body,
        attempts=[_attempt(each) for each in logged.attempts],
    )


def _attempt(row: DeliveryAttemptRow) -> webhooks_pb2.DeliveryAttempt:
    return webhooks_pb2.DeliveryAttempt(
        number=row.number,
        at_ms=row.at_ms,
        duration_ms=row.duration_ms,
        status=row.status or 0,
        answer=row.answer,
        error=row.error,
    )
