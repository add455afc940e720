"""What the organisation used."""

from __future__ import annotations

from collections.abc import Iterator

from polydub_client.calls import usage as calls
from polydub_client.models import DubUsage, DubUsagePage, OrganisationUsage
from polydub_client.transport import Transport


class UsageRecord:
    """What was used, by month and by dub."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> OrganisationUsage:
        """What the organisation used, by month."""
        return self._transport.send(calls.get_usage())

    def page(self, *, month: str = "", limit: int = 20, cursor: str = "") -> DubUsagePage:
        """What some dubs count for, newest first; deleted ones as well."""
        return self._transport.send(calls.list_dub_usage(month, limit, cursor))

    def iter(self, *, month: str = "") -> Iterator[DubUsage]:
        """What each dub counts for, newest first."""
        page = self.page(month=month, limit=100)
        while True:
            yield from page.dubs
            if not page.next_cursor:
                return
            page = self.page(month=month, limit=100, cursor=page.next_cursor)
