"""The gateway's link to the bus: it starts without it and says so until it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from polydub import telemetry
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.v1 import events_pb2

log = telemetry.logger(__name__)


class BusLink:
    """A bus that may not be connected yet, or not now."""

    def __init__(self, common: CommonSettings) -> None:
        self._common = common
        self._bus: Bus | None = None

    @property
    def up(self) -> bool:
        return self._bus is not None and self._bus.connected

    @property
    def bus(self) -> Bus:
        """The bus.

        Raises:
            StageError: ``bus_unavailable`` while the broker can't be reached.
        """
        if self._bus is None or not self._bus.connected:
            raise StageError("bus_unavailable", "The message broker can't be reached.")
        return self._bus

    async def publish(self, event: events_pb2.Event) -> int:
        """Publishes at once or not at all: nothing is kept to be sent after a reconnect.

        Raises:
            StageError: ``bus_unavailable``.
        """
        return await self.bus.publish(event)

    async def run(self, work: Callable[[Bus], Awaitable[None]]) -> None:
        """Connects, however long that takes, then does ``work`` until cancelled."""
        self._bus = await Bus.connect(self._common, "gateway")
        log.info("connected to the broker")
        try:
            await work(self._bus)
        finally:
            await asyncio.shield(self._bus.aclose())
