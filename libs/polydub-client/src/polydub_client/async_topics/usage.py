"""What the organisation used."""

from __future__ import annotations

from collections.abc import AsyncIterator

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import usage as calls
from polydub_client.models import DubUsage, DubUsagePage, OrganisationUsage


class AsyncUsageRecord:
    """What was used, by month and by dub."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self) -> OrganisationUsage:
        """What the organisation used, by month."""
        return await self._transport.send(calls.get_usage())

    async def page(self, *, month: str = "", limit: int = 20, cursor: str = "") -> DubUsagePage:
        """What some dubs count for, newest first; deleted ones as well."""
        return await self._transport.send(calls.list_dub_usage(month, limit, cursor))

    async def iter(self, *, month: str = "") -> AsyncIterator[DubUsage]:
        """What each dub counts for, newest first."""
        page = await self.page(month=month, limit=100)
        while True:
            for each in page.dubs:
                yield each
            if not page.next_cursor:
                return
            page = await self.page(month=month, limit=100, cursor=page.next_cursor)
