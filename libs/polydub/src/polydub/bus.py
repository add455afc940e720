"""The bus: NATS JetStream, seen through the few things Polydub asks of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, NoRespondersError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import (
    APIError,
    BadRequestError,
    NotFoundError,
)

from polydub import events, telemetry
from polydub.bus_ledger import LEDGER_BUCKET, BusLedger
from polydub.errors import StageError
from polydub.lanes import Lanes, fetched
from polydub.ledger import Ledger
from polydub.pipeline import (
    DEAD_STREAM,
    DEAD_SUBJECTS,
    GATEWAY,
    STREAM,
    STREAM_SUBJECTS,
    Lane,
    Outcome,
    Stage,
    dead_subject,
    job_subjects,
    subject,
)
from polydub.settings import CommonSettings
from polydub.v1 import events_pb2

DUPLICATE_WINDOW_S = 20 * 60
"""How long the stream remembers message ids. Longer than any redelivery takes."""
MAX_BACKOFF_S = 300.0
_STREAM_EXISTS_OTHERWISE = 10058
"""JetStream's error code for a stream that exists with another configuration."""
_NOT_READY = 503
_FOLLOW_BATCH = 256
_FOLLOW_WAIT_S = 5.0
_FOLLOWER_FORGOTTEN_S = 60.0

P = ParamSpec("P")
T = TypeVar("T")

log = telemetry.logger(__name__)


def backoff_s(settings: CommonSettings) -> list[float]:
    """Seconds until a message is delivered again, by try; the first also bounds heartbeats.

    The server takes them by delivery. To a wait that a worker asks for it adds its own entry less
    the first one, so that polite stops make later waits longer, though no tries fewer.
    """
    return [min(MAX_BACKOFF_S, settings.ack_wait_s * 2**n) for n in range(settings.max_deliver)]


@dataclass(frozen=True)
class Waiting:
    """What waits for a consumer, in events."""

    pending: int
    """Nobody has them yet."""
    unacked: int
    """Somebody has them and has not done with them."""


class Bus:
    """A connection to the broker that survives its restarts."""

    def __init__(self, connection: Client, settings: CommonSettings) -> None:
        self._connection = connection
        self._settings = settings
        self._js: JetStreamContext = connection.jetstream()

    @classmethod
    async def connect(cls, settings: CommonSettings, component: str) -> Bus:
        """Connects, waiting for the broker as long as it takes, and makes sure of the streams."""
        while True:
            try:
                connection = await nats.connect(
                    settings.nats_url.split(","),
                    name=component,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    drain_timeout=5,
                    error_cb=_log_error,
                )
                break
            except (OSError, NatsError) as error:
                log.warning("waiting for the broker", reason=str(error))
                await asyncio.sleep(1)
        bus = cls(connection, settings)
        await bus.ensure()
        return bus

    @property
    def connected(self) -> bool:
        return self._connection.is_connected

    async def ensure(self) -> None:
        """Creates the streams and the ledger where they are missing, and updates their limits."""
        for name, subjects in ((STREAM, STREAM_SUBJECTS), (DEAD_STREAM, DEAD_SUBJECTS)):
            config = StreamConfig(
                name=name,
                subjects=[subjects],
                retention=RetentionPolicy.LIMITS,
                storage=StorageType.FILE,
                max_age=self._settings.stream_max_age_s,
                duplicate_window=DUPLICATE_WINDOW_S,
                num_replicas=self._settings.stream_replicas,
            )
            await _until_ready(self._ensure_stream, config)
        await _until_ready(self._ensure_ledger)

    async def aclose(self) -> None:
        """Sends what is under way, then disconnects."""
        with suppress(NatsError, TimeoutError):
            await self._connection.drain()

    # --- publishing -------------------------------------------------------------------------

    async def publish(self, event: events_pb2.Event) -> int:
        """Stores an event in the stream; its sequence. Repeats are recognised and stored once.

        Raises:
            StageError: ``bus_unavailable``.
        """
        headers = telemetry.inject_trace()
        if (identity := events.message_id(event)) is not None:
            headers["Nats-Msg-Id"] = identity
        return await self._publish(
            events.subject_of(event), event.SerializeToString(), headers or None
        )

    async def bury(self, message: Msg, stage: str, job_id: str, error: StageError) -> None:
        """Puts a message that can't be handled into the dead-letter stream, as it came."""
        headers = {
            **(message.headers or {}),
            "Polydub-Subject": message.subject,
            "Polydub-Code": error.code,
            "Nats-Msg-Id": f"dead.{stage}.{message.metadata.sequence.stream}",
        }
        await self._publish(dead_subject(stage, job_id), message.data, headers)

    async def _publish(self, where: str, data: bytes, headers: dict[str, str] | None) -> int:
        try:
            ack = await self._js.publish(where, data, headers=headers, timeout=10)
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not take an event.") from error
        return int(ack.seq)

    # --- consuming --------------------------------------------------------------------------

    async def consumer(
        self,
        name: str,
        filters: Sequence[str],
        *,
        max_ack_pending: int | None = None,
    ) -> JetStreamContext.PullSubscription:
        """A durable pull consumer shared by all processes that use its name.

        Its messages are delivered until they are answered, for ever. One that is there already
        gets this configuration.
        """
        return await self._bound(self._config(name, filters, max_ack_pending=max_ack_pending))

    async def stage_consumer(
        self, stage: Stage, lane: Lane = Lane.PROMPT
    ) -> JetStreamContext.PullSubscription:
        """The consumer of a lane that all replicas of a stage share.

        The server delivers without limit: the worker judges when it is enough, and says so. At a
        limit of its own the server would just stop delivering, and the job would wait for ever.
        """
        return await self._bound(self._stage_config(stage, lane))

    async def _bound(self, config: ConsumerConfig) -> JetStreamContext.PullSubscription:
        await _until_ready(self._js.add_consumer, STREAM, config)
        return await self._js.pull_subscribe_bind(config.durable_name or "", STREAM)

    def _stage_config(self, stage: Stage, lane: Lane) -> ConsumerConfig:
        backoff = backoff_s(self._settings)
        return self._config(stage.consumer_in(lane), [stage.subject_in(lane)], backoff=backoff)

    def _config(self, name: str, filters: Sequence[str], **more: Any) -> ConsumerConfig:
        return ConsumerConfig(
            durable_name=name,
            filter_subjects=list(filters),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            # With a back-off list the server takes its first entry as ack_wait.
            ack_wait=backoff_s(self._settings)[0],
            max_deliver=-1,
            **more,
        )

    async def lift_limit(self, stage: Stage) -> None:
        """Takes away the limit that a process of an earlier release may have set once more.

        Raises:
            TimeoutError, nats.errors.Error, APIError: the broker did not take it.
        """
        for lane in Lane:
            await self._js.add_consumer(STREAM, self._stage_config(stage, lane))

    async def lanes(self, stage: Stage) -> Lanes:
        """Both lanes of a stage, for one of its replicas."""
        bulk = await self.stage_consumer(stage, Lane.BULK)
        await bulk.unsubscribe()  # the consumer stays; it is asked one message at a time
        names = {lane: stage.consumer_in(lane) for lane in Lane}
        return Lanes(self._connection, names, await self.stage_consumer(stage))

    async def follow(
        self, filters: str, *, after: int = 0
    ) -> AsyncGenerator[events.Recorded, None]:
        """Every event on these subjects behind a sequence, in order, past ones first; never ends.

        Outlives restarts of the broker: it goes on behind the last event that it gave.
        """
        last = after
        while True:
            try:
                async for recorded in self._follow_once(filters, last):
                    last = recorded.sequence
                    yield recorded
            except (TimeoutError, NatsError, APIError) as error:
                if self._connection.is_closed:
                    raise StageError("bus_unavailable", "The broker is gone.") from error
                log.info("following again", after=last, reason=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _follow_once(self, filters: str, after: int) -> AsyncGenerator[events.Recorded, None]:
        config = ConsumerConfig(
            filter_subject=filters,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_FOLLOWER_FORGOTTEN_S,
            mem_storage=True,
            num_replicas=1,
        )
        created = await self._js.add_consumer(STREAM, config)
        subscription = await self._js.pull_subscribe_bind(created.name, STREAM)
        try:
            while True:
                messages = await fetched(subscription, _FOLLOW_BATCH, timeout_s=_FOLLOW_WAIT_S)
                if not messages:
                    # Where the broker forgot the consumer, this raises NotFoundError.
                    await subscription.consumer_info()
                for message in sorted(messages, key=lambda m: m.metadata.sequence.stream):
                    if (recorded := _recorded(message)) is not None:
                        yield recorded
        finally:
            with suppress(NatsError, APIError, TimeoutError):
                await subscription.unsubscribe()
                await self._js.delete_consumer(STREAM, created.name)

    async def past(self, filters: Sequence[str]) -> list[events.Recorded]:
        """Every event on these subjects up to now, in order.

        Raises:
            StageError: ``bus_unavailable``.
        """
        try:
            return await self._past(filters)
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not answer.") from error

    async def _past(self, filters: Sequence[str]) -> list[events.Recorded]:
        config = ConsumerConfig(
            filter_subjects=list(filters),
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_FOLLOWER_FORGOTTEN_S,
            mem_storage=True,
            num_replicas=1,
        )
        created = await self._js.add_consumer(STREAM, config)
        subscription = await self._js.pull_subscribe_bind(created.name, STREAM)
        try:
            messages: list[Msg] = []
            while len(messages) < (created.num_pending or 0):
                left = (created.num_pending or 0) - len(messages)
                messages += await subscription.fetch(min(left, _FOLLOW_BATCH), _FOLLOW_WAIT_S)
        finally:
            with suppress(NatsError, APIError, TimeoutError):
                await subscription.unsubscribe()
                await self._js.delete_consumer(STREAM, created.name)
        return [found for each in messages if (found := _recorded(each)) is not None]

    async def waiting(self, consumer: str) -> Waiting | None:
        """What waits for a durable consumer of the stream; None: it was never there.

        Raises:
            StageError: ``bus_unavailable``.
        """
        try:
            told = await self._js.consumer_info(STREAM, consumer)
        except NotFoundError:
            return None
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not answer.") from error
        return Waiting(told.num_pending or 0, told.num_ack_pending or 0)

    async def buried(self) -> int:
        """How many messages lie in the dead-letter stream.

        Raises:
            StageError: ``bus_unavailable``.
        """
        try:
            return int((await self._js.stream_info(DEAD_STREAM)).state.messages)
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not answer.") from error

    def follow_canceled(self) -> AsyncGenerator[events.Recorded, None]:
        """Every cancellation, past ones first."""
        return self.follow(subject(GATEWAY, Outcome.CANCELED))

    async def is_canceled(self, event: events_pb2.Event) -> bool:
        """Whether the event's job was cancelled, as the stream stands now."""
        where = subject(GATEWAY, Outcome.CANCELED, event.envelope.job_id)
        try:
            message = await self._js.get_last_msg(STREAM, where)
        except NotFoundError:
            return False
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not answer.") from error
        return events.cancels(events.parse(message.data or b""), event)

    async def forget(self, job_id: str) -> None:
        """Deletes everything that the stream and the ledger hold of a job.

        Raises:
            StageError: ``bus_unavailable``.
        """
        try:
            await self._js.purge_stream(STREAM, subject=job_subjects(job_id))
            await self._js.purge_stream(
                f"KV_{LEDGER_BUCKET}", subject=f"$KV.{LEDGER_BUCKET}.{job_id}.>"
            )
        except (TimeoutError, NatsError, APIError) as error:
            raise StageError("bus_unavailable", "The broker did not answer.") from error

    # --- ledger -----------------------------------------------------------------------------

    async def ledger(self) -> Ledger:
        """The jobs' ledger, kept in the broker."""
        return BusLedger(self._js, await self._js.key_value(LEDGER_BUCKET))

    async def _ensure_ledger(self) -> None:
        config = KeyValueConfig(
            bucket=LEDGER_BUCKET,
            storage=StorageType.FILE,
            ttl=self._settings.stream_max_age_s,
            replicas=self._settings.stream_replicas,
        )
        try:
            found = (await self._js.stream_info(f"KV_{LEDGER_BUCKET}")).config
        except NotFoundError:
            await self._js.create_key_value(config)
            return
        if (found.max_age, found.num_replicas) != (config.ttl, config.replicas):
            await self._js.update_stream(found, max_age=config.ttl, num_replicas=config.replicas)

    async def _ensure_stream(self, config: StreamConfig) -> None:
        try:
            await self._js.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _STREAM_EXISTS_OTHERWISE:
                raise
            await self._js.update_stream(config)


def _recorded(message: Msg) -> events.Recorded | None:
    try:
        event = events.parse(message.data)
    except ValueError:
        log.warning("skipped a message that is no event", subject=message.subject)
        return None
    trace_id = telemetry.trace_id(telemetry.extract_trace(message.headers))
    return events.Recorded(message.metadata.sequence.stream, event, trace_id)


async def _until_ready(call: Callable[P, Awaitable[T]], *arguments: P.args, **named: P.kwargs) -> T:
    """Repeats a call while JetStream is still starting."""
    while True:
        try:
            return await call(*arguments, **named)
        except (NoRespondersError, NatsTimeoutError, APIError) as error:
            if isinstance(error, APIError) and error.code != _NOT_READY:
                raise
            log.warning("waiting for JetStream", reason=str(error))
            await asyncio.sleep(0.5)


async def _log_error(error: Exception) -> None:
    if not isinstance(error, ConnectionClosedError):
        log.warning("broker connection", reason=str(error) or type(error).__name__)
