"""Counts calls in the database, so that all replicas count together."""

from __future__ import annotations

import time

from sqlalchemy import case

from polydub_gateway.db import Database
from polydub_gateway.db.counts import upsert
from polydub_gateway.db.delivery import BucketRow
from polydub_gateway.identity import Caller
from polydub_gateway.limits.limits import Limits
from polydub_gateway.limits.rates import CallClass, Decision, Rate, address_name, caller_name
from polydub_gateway.problems import RateLimited


class OverRate(RateLimited):
    """Too many calls; ``decision`` says when the next one is possible."""

    def __init__(self, decision: Decision) -> None:
        rate = decision.rate
        super().__init__(
            f"More than {rate.quota} calls of the class {decision.call_class} in "
            f"{rate.window_s} s. The next one is possible in {decision.retry_after_s} s.",
            retry_after_s=decision.retry_after_s,
        )
        self.decision = decision


class Rates:
    """Who may call now."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def charge_caller(self, caller: Caller, call_class: CallClass) -> Decision | None:
        """Counts a call of someone who is known; None where no rate holds.

        Raises:
            OverRate: when there were too many.
        """
        rate = await self._limits.rate(caller, call_class)
        return await self._charge(caller_name(caller), call_class, rate)

    async def charge_address(self, host: str, call_class: CallClass) -> Decision | None:
        """Counts a call of someone of whom only the address is known.

        Raises:
            OverRate: when there were too many.
        """
        rate = self._limits.default_rate(call_class)
        return await self._charge(address_name(host), call_class, rate)

    async def _charge(self, name: str, call_class: CallClass, rate: Rate | None) -> Decision | None:
        if rate is None:
            return None
        decision = await self._count(f"{name}:{call_class}", call_class, rate)
        if not decision.allowed:
            raise OverRate(decision)
        return decision

    async def _count(self, name: str, call_class: CallClass, rate: Rate) -> Decision:
        """One atomic statement takes the place in the row, or does not where none is free."""
        now_us = time.time_ns() // 1000
        start = case((BucketRow.arrival_us > now_us, BucketRow.arrival_us), else_=now_us)
        async with self._database.session() as session:
            fresh = upsert(session, BucketRow).values(
                name=name, arrival_us=now_us + rate.interval_us
            )
            taken = await session.scalar(
                fresh.on_conflict_do_update(
                    index_elements=["name"],
                    set_={"arrival_us": start + rate.interval_us},
                    where=start + rate.interval_us <= now_us + rate.window_us,
                ).returning(BucketRow.arrival_us)
            )
            if taken is not None:
                return Decision(call_class, rate, taken - now_us, allowed=True)
            row = await session.get(BucketRow, name)
        arrival_us = row.arrival_us if row else now_us + rate.window_us
        return Decision(call_class, rate, arrival_us - now_us, allowed=False)
