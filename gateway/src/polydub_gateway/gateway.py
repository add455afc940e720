"""The gateway as a whole: what its routes and its gRPC face call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from polydub import telemetry
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub_gateway.accounts.opening import Accounts, open_accounts
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DatabaseUnavailable
from polydub_gateway.edits.fits import Fits
from polydub_gateway.edits.linking import Linking
from polydub_gateway.edits.regenerating import Regenerating
from polydub_gateway.edits.scripts import Scripts
from polydub_gateway.edits.trying import Trying
from polydub_gateway.estimates.keeping import MeasuredRates
from polydub_gateway.estimates.service import Estimates
from polydub_gateway.gauges import Gauges
from polydub_gateway.identity import Callers, OnlyLocal
from polydub_gateway.jobs.dispatching import Dispatching
from polydub_gateway.jobs.feed import Feed
from polydub_gateway.jobs.hls import LiveStreams
from polydub_gateway.jobs.projection import Projection
from polydub_gateway.jobs.removal import Removal
from polydub_gateway.jobs.service import Dubs
from polydub_gateway.jobs.stories import Stories
from polydub_gateway.jobs.tracing import Traces
from polydub_gateway.jobs.watching import Watching
from polydub_gateway.leases import Leases
from polydub_gateway.limits.admission import Admission
from polydub_gateway.limits.buckets import Rates
from polydub_gateway.limits.keeping import Keeping
from polydub_gateway.limits.limits import Limits
from polydub_gateway.limits.usage import Usage
from polydub_gateway.prices import Prices
from polydub_gateway.registry.speakers import Registry
from polydub_gateway.sealing import Sealing, open_sealing
from polydub_gateway.settings import GatewaySettings
from polydub_gateway.sharing.shares import Shares
from polydub_gateway.stages import StageClients
from polydub_gateway.tasks import end
from polydub_gateway.uploads.background import repeat
from polydub_gateway.uploads.finishing import Finishing
from polydub_gateway.uploads.importing import Imports, open_imports
from polydub_gateway.uploads.receiving import Receiving
from polydub_gateway.uploads.resumable import Uploads
from polydub_gateway.uploads.retention import Retention
from polydub_gateway.uploads.sweeping import Sweeping
from polydub_gateway.uploads.thumbnails import Thumbnails
from polydub_gateway.uploads.videos import Videos
from polydub_gateway.webhooks.endpoints import Endpoints
from polydub_gateway.webhooks.outbox import Outbox
from polydub_gateway.webhooks.sender import open_sender
from polydub_gateway.words import Words
from polydub_gateway.words.glossaries import Glossaries
from polydub_gateway.words.memory import Memory

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
    uploads: Uploads
    imports: Imports
    videos: Videos
    thumbnails: Thumbnails
    dubs: Dubs
    live_streams: LiveStreams
    watching: Watching
    traces: Traces
    prices: Prices
    estimates: Estimates
    callers: Callers
    accounts: Accounts | None
    """None: everyone is the local owner."""
    sealing: Sealing
    admission: Admission
    limits: Limits
    rates: Rates
    usage: Usage
    feed: Feed
    endpoints: Endpoints
    removal: Removal
    scripts: Scripts
    fits: Fits
    trying: Trying
    linking: Linking
    registry: Registry
    words: Words
    regenerating: Regenerating
    shares: Shares

    async def not_ready(self) -> dict[str, str]:
        """What a request could fail for now: name -> why. Empty: ready."""
        missing: dict[str, str] = {}
        if not self.link.up:
            missing["bus"] = "The message broker can't be reached."
        try:
            await self.database.check()
        except (SQLAlchemyError, DatabaseUnavailable) as error:
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
        sealing = open_sealing(settings.sealing, settings.database_url)
        accounts = None
        if settings.sign_in.accounts:
            accounts = await open_accounts(
                settings.sign_in, settings.oidc, database, sealing, stack
            )
        store = open_store(common)
        stack.push_async_callback(store.aclose)
        stages = StageClients(settings)
        stack.push_async_callback(stages.aclose)
        link = BusLink(common)
        limits = Limits(database, settings.limits)
        admission = Admission(database, limits)
        outbox = Outbox(settings.sign_in.public_url)
        words = Words(Glossaries(database), Memory(database, store))
        rates, prices = MeasuredRates(database), Prices(settings.currency, settings.prices)
        dispatching = Dispatching(database, link, settings.limits)
        dubs = Dubs(database, link, stages, store, admission, words, rates, dispatching)
        scripts, registry = Scripts(database, store, words.memory), Registry(database)
        consuming = asyncio.create_task(
            link.run(lambda bus: _consume(Projection(database, bus, outbox, prices), dispatching))
        )
        # Without its projection a gateway would show old states for ever: better it ends.
        consuming.add_done_callback(lambda _: stopping.set())
        stack.push_async_callback(end, consuming)
        stories = Stories(link, stopping)
        stack.push_async_callback(stories.aclose)
        receiving = Receiving(
            database, store, stages, admission, limit_bytes=settings.max_upload_bytes
        )
        leases = Leases(database, hold_s=settings.uploads.lease_s)
        finishing = Finishing(database, store, receiving, leases, settings.uploads)
        stack.push_async_callback(finishing.aclose)
        uploads = Uploads(
            database, store, receiving, finishing, leases, admission, settings.uploads,
            limit_bytes=settings.max_upload_bytes,
        )  # fmt: skip
        videos = Videos(database, link, store)
        imports = open_imports(settings, common, database, sealing, receiving, videos, leases)
        stack.push_async_callback(imports.aclose)
        sweeping = Sweeping(database, store, finishing, leases, settings.uploads)
        retention = Retention(database, videos, leases, settings.uploads.retention_days)
        feed = Feed(
            database, stopping, poll_s=settings.feed_poll_s, heartbeat_s=settings.heartbeat_s
        )
        sender = await stack.enter_async_context(
            open_sender(database, outbox, sealing, settings.webhooks, settings.trusted_networks)
        )
        gauges = Gauges(database, link)
        sending = asyncio.create_task(sender.run())
        sending.add_done_callback(lambda _: stopping.set())
        stack.push_async_callback(end, sending)
        for work, every_s in (
            (finishing.finish_waiting, settings.uploads.poll_s),
            (imports.run_waiting, settings.uploads.poll_s),
            (sweeping.sweep, settings.uploads.sweep_every_s),
            (imports.remove_leftovers, settings.uploads.sweep_every_s),
            (retention.apply, settings.uploads.sweep_every_s),
            (Keeping(database, store, feed).keep, settings.limits.measure_every_s),
            (dispatching.keep, settings.limits.dispatch_every_s),
            (gauges.read_database, settings.gauges_every_s),
            (gauges.read_bus, settings.gauges_every_s),
        ):
            stack.push_async_callback(end, asyncio.create_task(repeat(work, every_s)))
        yield Gateway(
            settings=settings,
            store=store,
            database=database,
            link=link,
            stages=stages,
            receiving=receiving,
            uploads=uploads,
            imports=imports,
            videos=videos,
            thumbnails=Thumbnails(videos, stages, store),
            dubs=dubs,
            live_streams=LiveStreams(videos, store),
            watching=Watching(dubs, stories, stopping, heartbeat_s=settings.heartbeat_s),
            traces=Traces(dubs, link, common.trace_url),
            prices=prices,
            estimates=Estimates(database, stages, rates, prices),
            callers=OnlyLocal() if accounts is None else accounts.callers,
            accounts=accounts,
            sealing=sealing,
            admission=admission,
            limits=limits,
            rates=Rates(database, limits),
            usage=Usage(database),
            feed=feed,
            endpoints=Endpoints(
                database, outbox, sealing, settings.webhooks, settings.trusted_networks
            ),
            removal=Removal(database, link, store),
            scripts=scripts,
            fits=Fits(dubs, store),
            trying=Trying(scripts, dubs, stages, store, words.memory),
            linking=Linking(scripts, dubs, registry, stages, store),
            registry=registry,
            words=words,
            regenerating=Regenerating(scripts, dubs, store),
            shares=Shares(database, dubs),
        )


async def _consume(projection: Projection, dispatching: Dispatching) -> None:
    # No task group: it cancels its tasks once, and see `end`.
    tasks = [
        asyncio.ensure_future(projection.run()),
        asyncio.ensure_future(_publish_unheard(dispatching)),
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _publish_unheard(dispatching: Dispatching) -> None:
    while True:
        try:
            await dispatching.start_unheard()
            return
        except StageError as error:
            log.warning("will publish again", reason=error.message)
            await asyncio.sleep(1)
