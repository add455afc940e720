"""Leases in the database: what only one of many replicas may do at a time.

A holder that dies keeps nobody out for longer than its lease lasts. Replicas' clocks must agree
to within a second or two.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from polydub import telemetry
from polydub.events import now_ms
from polydub_gateway.db import Database, DatabaseUnavailable
from polydub_gateway.db.uploads import LeaseRow

ASK_EVERY_S = 0.2

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Lease:
    """The right to do something, renewed until it is given back."""

    name: str
    holder: str
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when another wants it or has it: stop at the next good moment."""


class Leases:
    """Args:
    hold_s: how long a lease outlives its holder.
    """

    def __init__(self, database: Database, *, hold_s: float) -> None:
        self._database = database
        self._hold_s = hold_s

    @asynccontextmanager
    async def held(self, name: str, *, insist: bool = False) -> AsyncIterator[Lease | None]:
        """The lease while the context is open; None where another holds it.

        Args:
            insist: asks the other to let go, and waits for it, or for its lease's end if it died.
        """
        lease = await (self._insist(name) if insist else self._take(name))
        if lease is None:
            yield None
            return
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield lease
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            await asyncio.shield(self._release(lease))

    async def _insist(self, name: str) -> Lease | None:
        deadline = asyncio.get_running_loop().time() + 1.2 * self._hold_s + 1
        while True:
            lease = await self._take(name)
            if lease or asyncio.get_running_loop().time() > deadline:
                return lease
            async with self._database.session() as session:
                await session.execute(
                    update(LeaseRow).where(LeaseRow.name == name).values(wanted=True)
                )
            await asyncio.sleep(ASK_EVERY_S)

    async def _take(self, name: str) -> Lease | None:
        lease = Lease(name, secrets.token_hex(16))
        taken = {"holder": lease.holder, "until_ms": self._until_ms(), "wanted": False}
        async with self._database.session() as session:
            done = await session.execute(
                update(LeaseRow)
                .where(LeaseRow.name == name, LeaseRow.until_ms < now_ms())
                .values(**taken)
            )
            if _count(done):
                return lease
            if await session.get(LeaseRow, name) is not None:
                return None
        try:
            async with self._database.session() as session:
                session.add(LeaseRow(name=name, **taken))
        except IntegrityError:
            return None
        return lease

    async def _renew(self, lease: Lease) -> None:
        last = asyncio.get_running_loop().time()
        while not lease.over.is_set():
            await asyncio.sleep(min(1.0, self._hold_s / 5))
            try:
                stands = await self._stands(lease)
            except (SQLAlchemyError, DatabaseUnavailable) as error:
                # The database may be away for a moment; the lease stands until it runs out.
                log.warning("a lease was not renewed", reason=type(error).__name__)
                stands = asyncio.get_running_loop().time() - last < 0.8 * self._hold_s
            else:
                last = asyncio.get_running_loop().time()
            if not stands:
                lease.over.set()

    async def _stands(self, lease: Lease) -> bool:
        """Whether the lease is still ours, renewed, and nobody wants it."""
        async with self._database.session() as session:
            await session.execute(
                update(LeaseRow)
                .where(LeaseRow.name == lease.name, LeaseRow.holder == lease.holder)
                .values(until_ms=self._until_ms())
            )
            wanted = await session.scalar(
                select(LeaseRow.wanted).where(
                    LeaseRow.name == lease.name, LeaseRow.holder == lease.holder
                )
            )
        return wanted is False

    async def _release(self, lease: Lease) -> None:
        # Where the database is away, the lease runs out by itself.
        with suppress(SQLAlchemyError, DatabaseUnavailable):
            async with self._database.session() as session:
                await session.execute(
                    delete(LeaseRow).where(
                        LeaseRow.name == lease.name, LeaseRow.holder == lease.holder
                    )
                )

    def _until_ms(self) -> int:
        return now_ms() + round(self._hold_s * 1000)


def _count(done: object) -> int:
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
