"""Webhooks, and what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import webhooks as calls
from polydub_client.models import Delivery, DeliveryPage, Webhook, WebhookSecret


class AsyncWebhooks:
    """Addresses that are told what happens; see :func:`polydub_client.verify_webhook`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> tuple[Webhook, ...]:
        """All of them, newest first."""
        return await self._transport.send(calls.list_webhooks())

    async def get(self, webhook_id: str) -> Webhook:
        return await self._transport.send(calls.get_webhook(webhook_id))

    async def create(
        self, url: str, *, events: Sequence[str] = (), description: str = ""
    ) -> WebhookSecret:
        """Adds one; its secret is told this once. Without ``events`` it is told everything."""
        return await self._transport.send(calls.create_webhook(url, events, description))

    async def change(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Changes what is given."""
        return await self._transport.send(
            calls.change_webhook(webhook_id, url, events, description, enabled)
        )

    async def delete(self, webhook_id: str) -> None:
        """Deletes it and its log."""
        await self._transport.send(calls.delete_webhook(webhook_id))

    async def rotate(self, webhook_id: str) -> WebhookSecret:
        """Makes a new secret; the old one signs for 24 hours more."""
        return await self._transport.send(calls.rotate_secret(webhook_id))

    async def test(self, webhook_id: str) -> Delivery:
        """Sends a message of the type ``webhook.test``."""
        return await self._transport.send(calls.test_webhook(webhook_id))

    async def deliveries(
        self, webhook_id: str, *, state: str = "", limit: int = 20, cursor: str = ""
    ) -> DeliveryPage:
        """What was sent and what came of it, newest first."""
        return await self._transport.send(calls.list_deliveries(webhook_id, state, limit, cursor))

    async def replay(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Sends a message again."""
        return await self._transport.send(calls.replay(webhook_id, delivery_id))
