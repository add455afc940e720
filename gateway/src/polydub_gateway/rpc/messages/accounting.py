"""Usage as messages."""

from __future__ import annotations

from dataclasses import asdict

from polydub.v1 import accounting_pb2
from polydub_gateway.db.delivery import UsageRow
from polydub_gateway.jobs.state import Billed, State
from polydub_gateway.limits.quotas import Quotas
from polydub_gateway.limits.usage import MonthUsed
from polydub_gateway.prices import Prices
from polydub_gateway.rpc.messages.dubs import known_cost, state_message, usage_messages


def month_message(used: MonthUsed, prices: Prices) -> accounting_pb2.MonthUsage:
    return accounting_pb2.MonthUsage(
        month=used.month,
        minutes=used.minutes,
        languages=used.languages,
        jobs=[
            accounting_pb2.JobCount(state=state_message(state), jobs=number)
            for state, number in used.jobs.items()
        ],
        usage=usage_messages(used.billed, prices),
        cost=known_cost(used.billed, prices),
    )


def quotas_message(quotas: Quotas) -> accounting_pb2.Quotas:
    return accounting_pb2.Quotas(**asdict(quotas))


def dub_usage_message(row: UsageRow, prices: Prices) -> accounting_pb2.DubUsage:
    billed = [Billed(**each) for each in row.billed]
    return accounting_pb2.DubUsage(
        dub_id=row.dub_id,
        video_id=row.video_id,
        month=row.month,
        state=state_message(State(row.state)),
        minutes=row.source_ms * row.languages / 60_000,
        languages=row.languages,
        usage=usage_messages(billed, prices),
        cost=known_cost(billed, prices),
        created_at_ms=row.created_at_ms,
    )
