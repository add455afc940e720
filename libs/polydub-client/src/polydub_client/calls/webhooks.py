"""Webhooks, and what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.calls.call import Call, given, many, nothing, one, path
from polydub_client.models import Delivery, DeliveryPage, Webhook, WebhookSecret


def list_webhooks() -> Call[tuple[Webhook, ...]]:
    return Call("GET", path("webhooks"), many("webhooks", Webhook))


def get_webhook(webhook_id: str) -> Call[Webhook]:
    return Call("GET", path("webhooks", webhook_id), one(Webhook))


def create_webhook(url: str, events: Sequence[str], description: str) -> Call[WebhookSecret]:
    body = {"url": url, "events": list(events), "description": description}
    return Call("POST", path("webhooks"), one(WebhookSecret), body=body, idempotent=False)


def change_webhook(
    webhook_id: str,
    url: str | None,
    events: Sequence[str] | None,
    description: str | None,
    enabled: bool | None,
) -> Call[Webhook]:
    change = {
        "url": url,
        "events": None if events is None else list(events),
        "description": description,
        "enabled": enabled,
    }
    body = {name: value for name, value in change.items() if value is not None}
    return Call("PATCH", path("webhooks", webhook_id), one(Webhook), body=body)


def delete_webhook(webhook_id: str) -> Call[None]:
    return Call("DELETE", path("webhooks", webhook_id), nothing, idempotent=False)


def rotate_secret(webhook_id: str) -> Call[WebhookSecret]:
    at = path("webhooks", webhook_id, "rotate")
    return Call("POST", at, one(WebhookSecret), idempotent=False)


def test_webhook(webhook_id: str) -> Call[Delivery]:
    return Call("POST", path("webhooks", webhook_id, "test"), one(Delivery), idempotent=False)


def list_deliveries(webhook_id: str, state: str, limit: int, cursor: str) -> Call[DeliveryPage]:
    params = given(state=state, limit=limit, cursor=cursor)
    at = path("webhooks", webhook_id, "deliveries")
    return Call("GET", at, one(DeliveryPage), params=params)


def replay(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    at = path("webhooks", webhook_id, "deliveries", delivery_id, "replay")
    return Call("POST", at, one(Delivery), idempotent=False)
