"""Webhooks: where an organisation wants to be told, and what was sent there."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from polydub_gateway.accounts.audit import Actor
from polydub_gateway.routes.context import AddressOf, Admin, GatewayOf
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.webhook_schemas import (
    DeliveryOut,
    DeliveryPage,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
    WebhooksOut,
    told,
)
from polydub_gateway.webhooks.endpoints import Change

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post("", status_code=201, responses=problems(422))
async def create_webhook(
    asked: WebhookIn, response: Response, gateway: GatewayOf, caller: Admin, address: AddressOf
) -> WebhookSecretOut:
    """Adds a webhook. Its secret, with which signatures are checked, is shown this once."""
    row, secret = await gateway.endpoints.create(
        caller.organisation_id,
        asked.url,
        asked.description,
        told(asked.events),
        by=Actor.of(caller, address),
    )
    response.headers["Location"] = f"/v1/webhooks/{row.id}"
    return WebhookSecretOut(webhook=WebhookOut.of(row), secret=secret)


@router.get("")
async def list_webhooks(gateway: GatewayOf, caller: Admin) -> WebhooksOut:
    """All webhooks of the organisation, newest first."""
    rows = await gateway.endpoints.all_of(caller.organisation_id)
    return WebhooksOut(webhooks=[WebhookOut.of(row) for row in rows])


@router.get("/{webhook_id}", responses=problems(404))
async def get_webhook(webhook_id: str, gateway: GatewayOf, caller: Admin) -> WebhookOut:
    """One webhook."""
    return WebhookOut.of(await gateway.endpoints.get(caller.organisation_id, webhook_id))


@router.patch("/{webhook_id}", responses=problems(404, 422))
async def change_webhook(
    webhook_id: str, asked: WebhookChange, gateway: GatewayOf, caller: Admin, address: AddressOf
) -> WebhookOut:
    """Changes a webhook. Disabling it gives up what still waits to be sent."""
    change = Change(
        url=asked.url,
        description=asked.description,
        events=None if asked.events is None else told(asked.events),
        enabled=asked.enabled,
    )
    row = await gateway.endpoints.update(
        caller.organisation_id, webhook_id, change, by=Actor.of(caller, address)
    )
    return WebhookOut.of(row)


@router.delete("/{webhook_id}", status_code=204, responses=problems(404))
async def delete_webhook(
    webhook_id: str, gateway: GatewayOf, caller: Admin, address: AddressOf
) -> None:
    """Deletes a webhook and its log."""
    await gateway.endpoints.delete(caller.organisation_id, webhook_id, by=Actor.of(caller, address))


@router.post("/{webhook_id}/rotate", responses=problems(404))
async def rotate_webhook_secret(
    webhook_id: str, gateway: GatewayOf, caller: Admin, address: AddressOf
) -> WebhookSecretOut:
    """Makes a new secret. For 24 hours messages carry a signature with the old one, too."""
    row, secret = await gateway.endpoints.rotate(
        caller.organisation_id, webhook_id, by=Actor.of(caller, address)
    )
    return WebhookSecretOut(webhook=WebhookOut.of(row), secret=secret)


@router.post("/{webhook_id}/test", status_code=202, responses=problems(404, 409))
async def test_webhook(webhook_id: str, gateway: GatewayOf, caller: Admin) -> DeliveryOut:
    """Sends a message of the type `webhook.test`."""
    return DeliveryOut.of(await gateway.endpoints.test(caller.organisation_id, webhook_id))


@router.get("/{webhook_id}/deliveries", responses=problems(404, 422))
async def list_deliveries(
    webhook_id: str,
    gateway: GatewayOf,
    caller: Admin,
    state: Annotated[
        Literal["pending", "delivered", "failed"] | None, Query(description="In this state only")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DeliveryPage:
    """What was sent and what came of it, newest first, by cursor."""
    logged, next_cursor = await gateway.endpoints.log(
        caller.organisation_id, webhook_id, limit=limit, cursor=cursor, state=state
    )
    return DeliveryPage(
        deliveries=[DeliveryOut.of(each) for each in logged], next_cursor=next_cursor
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    responses=problems(404, 409),
)
async def replay_delivery(
    webhook_id: str, delivery_id: str, gateway: GatewayOf, caller: Admin
) -> DeliveryOut:
    """Sends a message again, with the same webhook-id."""
    return DeliveryOut.of(
        await gateway.endpoints.replay(caller.organisation_id, webhook_id, delivery_id)
    )
