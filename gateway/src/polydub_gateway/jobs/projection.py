"""Projects the stream into the database: one durable consumer, one event at a time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext, suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError
from opentelemetry import trace
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub import events, telemetry
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.lanes import fetched
from polydub.pipeline import GATEWAY, STREAM_SUBJECTS, Outcome
from polydub.v1 import events_pb2
from polydub_gateway.db import Database, DatabaseUnavailable, DubRow, VideoRow, until_it_stands
from polydub_gateway.jobs.consequences import write_consequences
from polydub_gateway.jobs.counting import count, delivered
from polydub_gateway.jobs.progress import apply
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import State, load
from polydub_gateway.prices import Prices
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.webhooks.outbox import Outbox

FETCH_WAIT_S = 2.0
RETRY_S = 1.0

log = telemetry.logger(__name__)


class Projection:
    """Keeps every job's row at what its events say."""

    def __init__(self, database: Database, bus: Bus, outbox: Outbox, prices: Prices) -> None:
        self._database = database
        self._bus = bus
        self._outbox = outbox
        self._prices = prices

    async def run(self) -> None:
        """Projects until cancelled; outlives restarts of the broker and of the database."""
        while True:
            try:
                await self._project_all()
            except (NatsError, APIError, TimeoutError) as error:
                log.warning("consuming again", reason=type(error).__name__)
                await asyncio.sleep(RETRY_S)
                await self._bus.ensure()

    async def _project_all(self) -> None:
        # One event at a time for all replicas together keeps the order of the stream.
        subscription = await self._bus.consumer(GATEWAY, [STREAM_SUBJECTS], max_ack_pending=1)
        try:
            while True:
                for message in await fetched(subscription, 1, timeout_s=FETCH_WAIT_S):
                    await self._answer(message)
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _answer(self, message: Msg) -> None:
        try:
            event = events.parse(message.data)
        except ValueError:
            log.warning("skipped a message that is no event", subject=message.subject)
            await message.term()
            return
        try:
            with _traced(message, event):
                await self.project(events.Recorded(message.metadata.sequence.stream, event))
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("the database did not take an event", reason=type(error).__name__)
            await message.nak(delay=RETRY_S)
            return
        await message.ack_sync(timeout=5)

    async def project(self, recorded: events.Recorded) -> None:
        """Folds one event into its job's row; events of jobs that are gone change nothing."""
        await until_it_stands(lambda: self._project_once(recorded))

    async def _project_once(self, recorded: events.Recorded) -> None:
        async with self._database.session() as session:
            row = await session.get(DubRow, recorded.event.envelope.job_id)
            if row is None:
                return
            before = load(row.folded)
            after = apply(before, recorded)
            if after is before:
                return
            accepted = (
                events.outcome_of(recorded.event) is Outcome.ACCEPTED
                and recorded.event.envelope.revision == after.revision
            )
            await write_consequences(session, self._outbox, row, before, after, accepted=accepted)
            row.revision = after.revision
            write_state(row, after)
            source_s = await _source_s(session, row) if delivered(before, after) else 0.0
        self._outbox.wake()
        count(
            before,
            after,
            self._prices,
            accepted_at_ms=row.created_at_ms if after.revision == 0 else 0,
            source_s=source_s,
        )
        if after.state.ended and not before.state.ended:
            log.info("ended", job_id=after.job_id, state=after.state)
            if after.state is State.FAILED:
                await self._stop_the_rest(recorded.event)

    async def _stop_the_rest(self, failed: events_pb2.Event) -> None:
        """Parts of a failed job that are still on their way would be work for nothing."""
        key = failed.envelope
        stop = events.canceled(
            job_id=key.job_id,
            video_id=key.video_id,
            reason="the job has failed",
            revision=key.revision,
        )
        with suppress(StageError):  # not stopping them is a waste and no harm
            await self._bus.publish(stop)


def _traced(message: Msg, event: events_pb2.Event) -> AbstractContextManager[object]:
    """A span of the job's trace around an event; none where it is only told how far work is."""
    if events.outcome_of(event) is Outcome.PROGRESSED:
        return nullcontext()
    key = event.envelope
    about: dict[str, str | int] = {"polydub.job_id": key.job_id, "polydub.part": key.part}
    if key.target_language:
        about["polydub.language"] = key.target_language
    return telemetry.tracer().start_as_current_span(
        f"project {key.stage}",
        telemetry.extract_trace(message.headers),
        trace.SpanKind.CONSUMER,
        about,
    )


async def _source_s(session: AsyncSession, row: DubRow) -> float:
    video = await session.get(VideoRow, row.video_id)
    return 0.0 if video is None else media_of(video).duration_s
