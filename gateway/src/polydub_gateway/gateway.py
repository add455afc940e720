"""The gateway as a whole: what its routes and its gRPC face call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from polydub import telemetry
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database
from polydub_gateway.jobs.projection import Projection
from polydub_gateway.jobs.service import Dubs
from polydub_gateway.jobs.watching import Watching
from polydub_gateway.prices import Prices
from polydub_gateway.settings import GatewaySettings
from polydub_gateway.stages import StageClients
from polydub_gateway.uploads.receiving import Receiving
from polydub_gateway.uploads.videos import Videos

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Gateway:
    """Everything that a request may use."""

    settings: GatewaySettings
    store: ObjectStore
    database: Database
    link: BusLink
    stages: StageClients
    receiving: Receiving
    videos: Videos
    dubs: Dubs
    watching: Watching
    prices: Prices

    async def not_ready(self) -> dict[str, str]:
        """What a request could fail for now: name -> why. Empty: ready."""
        missing: dict[str, str] = {}
        if not self.link.up:
            missing["bus"] = "The message broker can't be reached."
        try:
            await self.database.check()
        except (SQLAlchemyError, OSError) as error:
            missing["database"] = f"The database does not answer ({type(error).__name__})."
        try:
            await self.store.check()
        except StageError as error:
            missing["store"] = error.message
        return missing


@asynccontextmanager
async def open_gateway(
    settings: GatewaySettings, common: CommonSettings, stopping: asyncio.Event
) -> AsyncIterator[Gateway]:
    """A gateway at work. It does not wait for the broker.

    Sets ``stopping`` when it can't go on; the reason is raised when the context closes.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url)
        stack.push_async_callback(database.aclose)
        await database.migrate()
        store = open_store(common)
        stack.push_async_callback(store.aclose)
        stages = StageClients(settings)
        stack.push_async_callback(stages.aclose)
        link = BusLink(common)
        dubs = Dubs(database, link, stages, store)
        consuming = asyncio.create_task(link.run(lambda bus: _consume(bus, database, dubs)))
        # Without its projection a gateway would show old states for ever: better it ends.
        consuming.add_done_callback(lambda _: stopping.set())
        stack.push_async_callback(_end, consuming)
        yield Gateway(
            settings=settings,
            store=store,
            database=database,
            link=link,
            stages=stages,
            receiving=Receiving(database, store, stages, limit_bytes=settings.max_upload_bytes),
            videos=Videos(database, store),
            dubs=dubs,
            watching=Watching(dubs, link, stopping, heartbeat_s=settings.heartbeat_s),
            prices=Prices(settings.currency, settings.prices),
        )


async def _consume(bus: Bus, database: Database, dubs: Dubs) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Projection(database, bus).run())
        tasks.create_task(_publish_unheard(dubs))


async def _publish_unheard(dubs: Dubs) -> None:
    while True:
        try:
            await dubs.publish_unheard()
            return
        except StageError as error:
            log.warning("will publish again", reason=error.message)
            await asyncio.sleep(1)


async def _end(task: asyncio.Task[None]) -> None:
    """Ends a task; raises what it failed with."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
