"""Sends what stands in the outbox: each message by one replica at a time, again where it failed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from opentelemetry import trace
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from polydub import telemetry
from polydub.events import now_ms
from polydub_gateway.addresses import Network, PublicTransport
from polydub_gateway.db import Database, DatabaseUnavailable, DubRow
from polydub_gateway.db.delivery import DeliveryAttemptRow, DeliveryRow, EndpointRow
from polydub_gateway.identity import new_id
from polydub_gateway.sealing import Sealing
from polydub_gateway.webhooks.endpoints import give_up
from polydub_gateway.webhooks.outbox import DELIVERED, FAILED, PENDING, Outbox
from polydub_gateway.webhooks.posting import Answered, Posting
from polydub_gateway.webhooks.settings import WebhookSettings

LEASE_MARGIN_S = 15.0
"""Beyond the time limit of a request: for the database to take what came of it."""
PER_ENDPOINT = 2
"""How many messages one replica sends to an endpoint at a time: slow ones keep nobody waiting."""
JITTER = 0.2
DATABASE_AWAY_S = 2.0
PRUNE_EVERY_S = 3600.0
_OUTCOMES = {DELIVERED: "delivered", PENDING: "retried", FAILED: "failed"}
_GONE = 410
_DAY_MS = 24 * 3600 * 1000

log = telemetry.logger(__name__)


@asynccontextmanager
async def open_sender(
    database: Database,
    outbox: Outbox,
    sealing: Sealing,
    settings: WebhookSettings,
    trusted: Sequence[Network] = (),
) -> AsyncIterator[Sender]:
    """A sender whose requests go to public addresses and to networks that are trusted."""
    transport = PublicTransport(trusted=trusted)
    posting = Posting(transport, sealing, timeout_s=settings.webhook_timeout_s)
    try:
        yield Sender(database, outbox, posting, settings)
    finally:
        await asyncio.shield(posting.aclose())


class Sender:
    """One replica's sender.

    Taking a message is one atomic update that also says until when it is taken: what a process
    that died had taken is due again then, with the same id.
    """

    def __init__(
        self, database: Database, outbox: Outbox, posting: Posting, settings: WebhookSettings
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._posting = posting
        self._settings = settings
        self._sending: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()
        self._prune_at = 0.0
        for outcome in _OUTCOMES.values():
            telemetry.WEBHOOKS.labels(outcome=outcome)

    async def run(self) -> None:
        """Sends until cancelled; outlives restarts of the database."""
        try:
            while True:
                self._outbox.written.clear()
                try:
                    await self._prune_now_and_then()
                    await self._begin_due()
                except (SQLAlchemyError, DatabaseUnavailable) as error:
                    log.warning("the database did not answer", reason=type(error).__name__)
                    await asyncio.sleep(DATABASE_AWAY_S)
                await self._wait()
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _begin_due(self) -> None:
        """Takes what is due, as far as hands are free."""
        while len(self._sending) < self._settings.webhook_concurrency:
            taken = await self._take()
            if taken is None:
                return
            self._busy[taken[1].id] += 1
            task = asyncio.create_task(self._deliver_traced(*taken))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _wait(self) -> None:
        """Until something was written or sent, or it is time to look again."""
        written = asyncio.create_task(self._outbox.written.wait())
        try:
            await asyncio.wait(
                {written, *self._sending},
                timeout=self._settings.webhook_poll_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            written.cancel()

    async def _take(self) -> tuple[DeliveryRow, EndpointRow, str | None] | None:
        """A message, whom it goes to, and the trace of the job that it tells of."""
        now, lease = now_ms(), new_id("lease")
        full = [each for each, number in self._busy.items() if number >= PER_ENDPOINT]
        due = (
            select(DeliveryRow.id)
            .where(DeliveryRow.due_at_ms <= now, DeliveryRow.endpoint_id.not_in(full))
            .order_by(DeliveryRow.due_at_ms)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        until_ms = now + round(1000 * (self._settings.webhook_timeout_s + LEASE_MARGIN_S))
        take = (
            update(DeliveryRow)
            .where(DeliveryRow.id == due.scalar_subquery())
            .values(lease=lease, due_at_ms=until_ms, tries=DeliveryRow.tries + 1)
            .returning(DeliveryRow.id)
            .execution_options(synchronize_session=False)
        )
        async with self._database.session() as session:
            if (await session.scalar(take)) is None:
                return None
            found = await session.execute(
                select(DeliveryRow, EndpointRow, DubRow.folded["traceparent"].as_string())
                .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)
                .outerjoin(DubRow, DubRow.id == DeliveryRow.dub_id)
                .where(DeliveryRow.lease == lease)
            )
            delivery, endpoint, traceparent = found.one()
            return delivery, endpoint, traceparent

    async def _deliver_traced(
        self, delivery: DeliveryRow, endpoint: EndpointRow, traceparent: str | None
    ) -> None:
        with (
            telemetry.within(traceparent or ""),
            telemetry.tracer().start_as_current_span("send webhook", kind=trace.SpanKind.PRODUCER),
        ):
            if delivery.dub_id:
                telemetry.about(job_id=delivery.dub_id)
            await self._deliver(delivery, endpoint)

    async def _deliver(self, delivery: DeliveryRow, endpoint: EndpointRow) -> None:
        began_at_ms, began = now_ms(), time.monotonic()
        try:
            answered = await self._try(delivery, endpoint)
            attempt = DeliveryAttemptRow(
                delivery_id=delivery.id,
                number=delivery.tries,
                at_ms=began_at_ms,
                duration_ms=round(1000 * (time.monotonic() - began)),
                status=answered.status,
                answer=answered.body,
                error=answered.error,
            )
            await self._record(delivery, attempt, answered)
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            # It is sent again, under the same id, when its lease is over.
            log.warning("what came of a webhook is lost", reason=type(error).__name__)
            return
        finally:
            self._busy[endpoint.id] -= 1
        telemetry.conclude("taken" if answered.taken else "not taken", failed=not answered.taken)
        log.info(
            "webhook sent" if answered.taken else "webhook not taken",
            message=delivery.id,
            endpoint=endpoint.id,
            status=answered.status,
            number=delivery.tries,
        )

    async def _try(self, delivery: DeliveryRow, endpoint: EndpointRow) -> Answered:
        """What comes of a try. Faults of ours are written down like theirs, and bounded so."""
        tries = delivery.tries - delivery.tries_before
        if tries > len(self._settings.webhook_retries_s) + 1:
            return Answered(error="The gateway stopped in the middle of each of the last tries.")
        posting = self._posting.post(delivery, endpoint)
        (answered,) = await asyncio.gather(posting, return_exceptions=True)
        if isinstance(answered, BaseException):
            log.error("fault", kind=type(answered).__name__, message=delivery.id)
            return Answered(error=f"The gateway failed at it ({type(answered).__name__}).")
        return answered

    async def _record(
        self, delivery: DeliveryRow, attempt: DeliveryAttemptRow, answered: Answered
    ) -> None:
        """Writes down what came of a try, unless another took the message since."""
        async with self._database.session() as session:
            # The endpoint first, as those do who change it; by a write, because SQLite locks
            # nothing before one.
            await session.execute(
                update(EndpointRow)
                .where(EndpointRow.id == delivery.endpoint_id)
                .values(enabled=EndpointRow.enabled)
            )
            row = await session.scalar(
                select(DeliveryRow)
                .where(DeliveryRow.id == delivery.id, DeliveryRow.lease == delivery.lease)
                .with_for_update()
            )
            endpoint = await session.get(EndpointRow, delivery.endpoint_id)
            if row is None or endpoint is None:
                return
            session.add(attempt)
            self._judge(endpoint, answered)
            row.lease = None
            row.state, row.due_at_ms = self._afterwards(row, endpoint, answered)
            await session.flush()
            if not endpoint.enabled:
                await session.execute(give_up(endpoint.id))
        telemetry.WEBHOOKS.labels(outcome=_OUTCOMES[row.state]).inc()

    def _afterwards(
        self, row: DeliveryRow, endpoint: EndpointRow, answered: Answered
    ) -> tuple[str, int | None]:
        """The delivery's state behind a try, and when the next one is due."""
        if answered.taken:
            return DELIVERED, None
        waits, tries = self._settings.webhook_retries_s, row.tries - row.tries_before
        if tries > len(waits) or not endpoint.enabled:
            return FAILED, None
        wait_s = waits[tries - 1] * random.uniform(1, 1 + JITTER)
        return PENDING, now_ms() + round(1000 * max(wait_s, answered.retry_after_s))

    def _judge(self, endpoint: EndpointRow, answered: Answered) -> None:
        """Disables an endpoint that wants no more, or has failed for days."""
        if answered.taken:
            endpoint.failing_since_ms = None
            return
        endpoint.failing_since_ms = endpoint.failing_since_ms or now_ms()
        days = (now_ms() - endpoint.failing_since_ms) / _DAY_MS
        if answered.status == _GONE:
            endpoint.enabled, endpoint.disabled_reason = False, "It answered 410 Gone."
        elif days >= self._settings.webhook_failing_days:
            endpoint.enabled, endpoint.disabled_reason = False, f"It failed for {days:.0f} days."

    async def _prune_now_and_then(self) -> None:
        """Forgets deliveries that are done and old."""
        if time.monotonic() < self._prune_at:
            return
        before_ms = now_ms() - round(self._settings.webhook_log_days * _DAY_MS)
        async with self._database.session() as session:
            await session.execute(
                delete(DeliveryRow).where(
                    DeliveryRow.created_at_ms < before_ms, DeliveryRow.due_at_ms.is_(None)
                )
            )
        self._prune_at = time.monotonic() + PRUNE_EVERY_S
