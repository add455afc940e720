"""Patience with those who guess passwords, kept in the database so that replicas count together.

An attempt counts as a failure before its password is looked at: many at once are not more guesses
than one after the other.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.events import now_ms
from polydub_gateway.accounts.secrets import digest_of
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AttemptRow
from polydub_gateway.problems import RateLimited

FORGOTTEN_AFTER_MS = 3600 * 1000
LONGEST_WAIT_MS = 5 * 60 * 1000
"""Whoever guesses at an account makes its owner wait too: but not for long."""
_IPV6_SITE_BITS = 64
"""One home or server has at least this much of IPv6 for itself."""


@dataclass(frozen=True)
class Subject:
    """What is counted: an account or an address, and how many failures cost nothing."""

    key: str
    free: int

    @classmethod
    def account(cls, email_key: str) -> Subject:
        return cls(digest_of(f"account {email_key}"), free=5)

    @classmethod
    def address(cls, address: str) -> Subject:
        """Many people may share one address, so it has more attempts."""
        return cls(digest_of(f"address {_site(address)}"), free=30)


def wait_ms(failures: int, free: int) -> int:
    """The pause behind so many failures: 1 s, 2 s, 4 s ... once the free ones are used up."""
    over = failures - free
    return 0 if over <= 0 else min(1000 * 2 ** min(over - 1, 20), LONGEST_WAIT_MS)


class Throttle:
    """Counts attempts to sign in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, address: Subject, account: Subject) -> None:
        """Counts an attempt, unless one of the two has to wait.

        Attempts at an account that has to wait count against the address alone, so that an
        address that is kept out can't keep others out.

        Raises:
            RateLimited: saying for how long.
        """
        for subject in (address, account):
            while not await self._counted(subject):
                pass  # another attempt was counted in between

    async def succeed(self, account: Subject, address: Subject) -> None:
        """Takes an attempt back that was no guess."""
        async with self._database.session() as session:
            await session.execute(delete(AttemptRow).where(AttemptRow.subject == account.key))
            await session.execute(
                update(AttemptRow)
                .where(AttemptRow.subject == address.key, AttemptRow.failures > 0)
                .values(failures=AttemptRow.failures - 1, blocked_until_ms=0)
            )

    async def _counted(self, subject: Subject) -> bool:
        now = now_ms()
        try:
            async with self._database.session() as session:
                row = await session.get(AttemptRow, subject.key)
                if row is None:
                    await _begin(session, subject, now)
                    return True
                _check_wait(row, now)
                return await _count(session, row, subject, now)
        except IntegrityError:
            return False


async def _begin(session: AsyncSession, subject: Subject, now: int) -> None:
    forgotten = AttemptRow.last_at_ms < now - FORGOTTEN_AFTER_MS
    await session.execute(delete(AttemptRow).where(forgotten))
    session.add(AttemptRow(subject=subject.key, failures=1, last_at_ms=now, blocked_until_ms=0))


def _check_wait(row: AttemptRow, now: int) -> None:
    if row.blocked_until_ms > now:
        raise RateLimited(
            "Too many attempts to sign in failed.",
            retry_after_s=math.ceil((row.blocked_until_ms - now) / 1000),
        )


async def _count(session: AsyncSession, row: AttemptRow, subject: Subject, now: int) -> bool:
    """Counts one more where nobody else did since the row was read."""
    failures = 1 if now - row.last_at_ms > FORGOTTEN_AFTER_MS else row.failures + 1
    changed = await session.execute(
        update(AttemptRow)
        .where(
            AttemptRow.subject == row.subject,
            AttemptRow.failures == row.failures,
            AttemptRow.last_at_ms == row.last_at_ms,
        )
        .values(
            failures=failures,
            last_at_ms=now,
            blocked_until_ms=now + wait_ms(failures, subject.free),
        )
        .execution_options(synchronize_session=False)
        .returning(AttemptRow.subject)
    )
    return changed.first() is not None


def _site(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        return str(ipaddress.ip_network((found, _IPV6_SITE_BITS), strict=False))
    return str(found)
