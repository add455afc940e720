"""``polydub.v1.Webhooks``."""

from __future__ import annotations

from polydub.v1 import webhooks_pb2, webhooks_pb2_grpc
from polydub_gateway.accounts.audit import Actor
from polydub_gateway.identity import Role
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.routes.webhook_schemas import WebhookChange, WebhookIn, told
from polydub_gateway.rpc.calls import Call, Servicer, checked, given, page_size, unary
from polydub_gateway.rpc.messages.webhooks import (
    delivery_message,
    delivery_state_name,
    secret_message,
    webhook_message,
)
from polydub_gateway.webhooks.endpoints import Change

DEFAULT_PAGE = 20
MAX_PAGE = 100


class WebhooksServicer(Servicer, webhooks_pb2_grpc.WebhooksServicer):
    """Where an organisation wants to be told, and what was sent there."""

    @unary(Role.ADMIN)
    async def CreateWebhook(  # noqa: N802
        self, call: Call, request: webhooks_pb2.CreateWebhookRequest
    ) -> webhooks_pb2.WebhookSecret:
        asked = checked(
            WebhookIn,
            url=request.url,
            description=request.description,
            events=list(request.events),
        )
        row, secret = await self.gateway.endpoints.create(
            call.owner_id,
            asked.url,
            asked.description,
            told(asked.events),
            by=Actor.of(call.caller, ""),
        )
        return secret_message(row, secret)

    @unary(Role.ADMIN, CallClass.READ)
    async def ListWebhooks(  # noqa: N802
        self, call: Call, _: webhooks_pb2.ListWebhooksRequest
    ) -> webhooks_pb2.ListWebhooksResponse:
        rows = await self.gateway.endpoints.all_of(call.owner_id)
        return webhooks_pb2.ListWebhooksResponse(webhooks=[webhook_message(row) for row in rows])

    @unary(Role.ADMIN, CallClass.READ)
    async def GetWebhook(  # noqa: N802
        self, call: Call, request: webhooks_pb2.GetWebhookRequest
    ) -> webhooks_pb2.Webhook:
        return webhook_message(await self.gateway.endpoints.get(call.owner_id, request.id))

    @unary(Role.ADMIN)
    async def UpdateWebhook(  # noqa: N802
        self, call: Call, request: webhooks_pb2.UpdateWebhookRequest
    ) -> webhooks_pb2.Webhook:
        events = list(request.events.types) if request.HasField("events") else None
        asked = checked(
            WebhookChange, **given(request, "url", "description", "enabled"), events=events
        )
        change = Change(
            url=asked.url,
            description=asked.description,
            events=None if asked.events is None else told(asked.events),
            enabled=asked.enabled,
        )
        row = await self.gateway.endpoints.update(
            call.owner_id, request.id, change, by=Actor.of(call.caller, "")
        )
        return webhook_message(row)

    @unary(Role.ADMIN)
    async def DeleteWebhook(  # noqa: N802
        self, call: Call, request: webhooks_pb2.DeleteWebhookRequest
    ) -> webhooks_pb2.DeleteWebhookResponse:
        await self.gateway.endpoints.delete(call.owner_id, request.id, by=Actor.of(call.caller, ""))
        return webhooks_pb2.DeleteWebhookResponse()

    @unary(Role.ADMIN)
    async def RotateWebhookSecret(  # noqa: N802
        self, call: Call, request: webhooks_pb2.RotateWebhookSecretRequest
    ) -> webhooks_pb2.WebhookSecret:
        row, secret = await self.gateway.endpoints.rotate(
            call.owner_id, request.id, by=Actor.of(call.caller, "")
        )
        return secret_message(row, secret)

    @unary(Role.ADMIN)
    async def TestWebhook(  # noqa: N802
        self, call: Call, request: webhooks_pb2.TestWebhookRequest
    ) -> webhooks_pb2.Delivery:
        return delivery_message(await self.gateway.endpoints.test(call.owner_id, request.id))

    @unary(Role.ADMIN, CallClass.READ)
    async def ListDeliveries(  # noqa: N802
        self, call: Call, request: webhooks_pb2.ListDeliveriesRequest
    ) -> webhooks_pb2.ListDeliveriesResponse:
        logged, next_cursor = await self.gateway.endpoints.log(
            call.owner_id,
            request.webhook_id,
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
            state=delivery_state_name(request.state),
        )
        return webhooks_pb2.ListDeliveriesResponse(
            deliveries=[delivery_message(each) for each in logged],
            next_page_token=next_cursor or "",
        )

    @unary(Role.ADMIN)
    async def ReplayDelivery(  # noqa: N802
        self, call: Call, request: webhooks_pb2.ReplayDeliveryRequest
    ) -> webhooks_pb2.Delivery:
        return delivery_message(
            await self.gateway.endpoints.replay(
                call.owner_id, request.webhook_id, request.delivery_id
            )
        )
