"""``polydub.v1.Accounting``: what the organisation used."""

from __future__ import annotations

from polydub.events import now_ms
from polydub.v1 import accounting_pb2, accounting_pb2_grpc
from polydub_gateway.identity import Role
from polydub_gateway.rpc.calls import Call, Servicer, page_size, unary
from polydub_gateway.rpc.messages.accounting import (
    dub_usage_message,
    month_message,
    quotas_message,
)

DEFAULT_PAGE = 20
MAX_PAGE = 100


class AccountingServicer(Servicer, accounting_pb2_grpc.AccountingServicer):
    """Usage, by month and by dub."""

    @unary(Role.VIEWER)
    async def GetUsage(  # noqa: N802
        self, call: Call, _: accounting_pb2.GetUsageRequest
    ) -> accounting_pb2.OrganisationUsage:
        usage, prices = self.gateway.usage, self.gateway.prices
        months = await usage.months(call.owner_id, now_ms())
        return accounting_pb2.OrganisationUsage(
            months=[month_message(each, prices) for each in months],
            storage_bytes=await usage.stored_bytes(call.owner_id),
            quotas=quotas_message(await self.gateway.limits.quotas(call.owner_id)),
            currency=prices.currency,
        )

    @unary(Role.VIEWER)
    async def ListUsageOfDubs(  # noqa: N802
        self, call: Call, request: accounting_pb2.ListUsageOfDubsRequest
    ) -> accounting_pb2.ListUsageOfDubsResponse:
        prices = self.gateway.prices
        rows, next_cursor = await self.gateway.usage.jobs(
            call.owner_id,
            limit=page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE),
            cursor=request.page_token or None,
            month=request.month or None,
        )
        return accounting_pb2.ListUsageOfDubsResponse(
            dubs=[dub_usage_message(row, prices) for row in rows],
            next_page_token=next_cursor or "",
            currency=prices.currency,
        )
