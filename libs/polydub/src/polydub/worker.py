"""The pull worker: one event in, the next ones out, and what happens when that goes wrong."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError
from opentelemetry import trace

from polydub import engines, events, telemetry, tries
from polydub.bus import Bus, backoff_s
from polydub.errors import FAULTS, OURS, StageError
from polydub.ledger import Ledger
from polydub.pipeline import Stage
from polydub.settings import CommonSettings, StageSettings
from polydub.stage import Emission, StageContext, StageHandler
from polydub.store import ObjectStore
from polydub.v1 import events_pb2

PROGRESS_EVERY_S = 1.0

log = telemetry.logger(__name__)


class Verdict(Enum):
    """How a message is answered. There is no other way."""

    ACK = auto()
    """Done: what it caused is stored in the stream."""
    RETRY = auto()
    """Deliver it again after a while."""
    RELEASE = auto()
    """Deliver it again at once, to another replica: this one is going away. It was no try."""
    BURY = auto()
    """Never again: the failure is published and the message kept in the dead-letter stream."""


@dataclass(eq=False)
class _Work:
    """One message being handled."""

    message: Msg
    event: events_pb2.Event
    task: asyncio.Task[None] | None = None
    canceled: bool = False
    spent: engines.EngineWork = field(default_factory=engines.EngineWork)
    attempt: int = 1
    """Which try this is. Fewer than deliveries where processes were told to stop."""

    @property
    def deliveries(self) -> int:
        return int(self.message.metadata.num_delivered)


class Worker:
    """Runs one stage's handler over its consumer's messages until told to stop."""

    def __init__(
        self,
        *,
        stage: Stage,
        handler: StageHandler,
        bus: Bus,
        ledger: Ledger,
        store: ObjectStore,
        common: CommonSettings,
        settings: StageSettings,
    ) -> None:
        self._stage = stage
        self._handler = handler
        self._bus = bus
        self._ledger = ledger
        self._store = store
        self._common = common
        self._settings = settings
        self._working: set[_Work] = set()
        telemetry.IN_FLIGHT.labels(stage=stage.name)
        for outcome in telemetry.OUTCOMES:
            for fault in FAULTS if outcome == "failed" else ("",):
                telemetry.EVENTS.labels(stage=stage.name, outcome=outcome, fault=fault)

    async def run(self, stop: asyncio.Event) -> None:
        """Pulls and handles messages until ``stop`` is set, then drains.

        What is under way at ``stop`` gets ``drain_s`` seconds to finish; then it is broken off
        and its message handed back for another replica.
        """
        watcher = asyncio.create_task(self._watch_cancellations())
        puller = asyncio.create_task(self._pull(stop))
        try:
            await asyncio.wait({puller, watcher}, return_when=asyncio.FIRST_COMPLETED)
            for task in (puller, watcher):
                if task.done():
                    task.result()
        finally:
            puller.cancel()
            watcher.cancel()
            await asyncio.gather(puller, watcher, return_exceptions=True)
            await self._drain()

    async def _pull(self, stop: asyncio.Event) -> None:
        lanes = await self._bus.lanes(self._stage)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                free = self._settings.concurrency - len(self._working)
                if free <= 0:
                    running = {w.task for w in self._working if w.task is not None}
                    await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    continue
                try:
                    # At a stop too: broken off, it would lose what was sent by then, as a crash.
                    messages = await lanes.fetch(free)
                except (NatsError, APIError) as error:
                    log.warning("fetching again", reason=type(error).__name__)
                    if stop.is_set():
                        break
                    await asyncio.sleep(1)
                    await self._bus.ensure()
                    await lanes.aclose()
                    lanes = await self._bus.lanes(self._stage)
                    continue
                for work in map(_work_of, messages):
                    if stop.is_set():
                        await self._answer(work, Verdict.RELEASE)
                    else:
                        self._start(work)
        finally:
            stopping.cancel()
            await lanes.aclose()

    def _start(self, work: _Work) -> None:
        self._working.add(work)
        work.task = asyncio.create_task(self._process(work))
        work.task.add_done_callback(lambda _: self._working.discard(work))

    async def _watch_cancellations(self) -> None:
        async for recorded in self._bus.follow_canceled():
            for work in self._working:
                if work.task is not None and events.cancels(recorded.event, work.event):
                    work.canceled = True
                    work.task.cancel()

    async def _drain(self) -> None:
        tasks = {work.task for work in self._working if work.task is not None}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._common.drain_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- one message ------------------------------------------------------------------------

    async def _process(self, work: _Work) -> None:
        key = work.event.envelope
        name = self._stage.name
        context = telemetry.extract_trace(work.message.headers)
        telemetry.IN_FLIGHT.labels(stage=name).inc()
        try:
            with (
                structlog.contextvars.bound_contextvars(
                    job_id=key.job_id, part=key.part, language=key.target_language or None
                ),
                telemetry.tracer().start_as_current_span(
                    f"{name} handle",
                    context,
                    trace.SpanKind.CONSUMER,
                    {"polydub.stage": name, "polydub.delivery": work.deliveries},
                ),
            ):
                verdict = await self._judge(work)
                await self._answer(work, verdict)
        finally:
            telemetry.IN_FLIGHT.labels(stage=name).dec()

    async def _judge(self, work: _Work) -> Verdict:
        try:
            return await self._verdict(work)
        except asyncio.CancelledError:
            if work.canceled:
                log.info("canceled")
                return self._count("canceled", Verdict.ACK)
            return Verdict.RELEASE

    async def _verdict(self, work: _Work) -> Verdict:
        if work.event.WhichOneof("outcome") is None:
            return await self._give_up(work, StageError("internal", "A message is no event."))
        try:
            work.attempt = await tries.count(self._ledger, *self._delivery(work))
            if work.attempt > self._common.max_deliver:
                return await self._give_up(work, self._crashed(work))
            if await self._bus.is_canceled(work.event):
                return self._count("canceled", Verdict.ACK)
            return await self._handle(work)
        except StageError as error:
            return await self._after(work, error)
        except Exception as error:  # the one place where a fault of ours is caught
            log.exception("fault", kind=type(error).__name__)
            fault = StageError("internal", f"{self._stage.name} failed unexpectedly.")
            return await self._after(work, fault)

    def _crashed(self, work: _Work) -> StageError:
        return StageError(
            "stage_crashed",
            f"The {self._stage.name} process ended {work.attempt - 1} times during this work.",
        )

    def _delivery(self, work: _Work) -> tuple[str, str, Msg]:
        """Under what the ledger knows a delivery."""
        return self._stage.name, work.event.envelope.job_id, work.message

    async def _handle(self, work: _Work) -> Verdict:
        key = work.event.envelope
        if key.emitted_at_ms and work.deliveries == 1:
            hop_s = max(0.0, (events.now_ms() - key.emitted_at_ms) / 1000)
            telemetry.HOP_SECONDS.labels(stage=self._stage.name).observe(hop_s)
        scratch = Path(tempfile.mkdtemp(prefix=f"polydub-{self._stage.name}-"))
        heartbeat = asyncio.create_task(self._heartbeat(work.message))
        token = engines.work.set(work.spent)
        began = time.perf_counter()
        try:
            context = self._context(work, scratch)
            async with asyncio.timeout(self._settings.timeout_s):
                emissions = await self._handler.handle(work.event, context)
            elapsed_s = time.perf_counter() - began
            await self._emit(work, emissions, context, elapsed_s)
        except TimeoutError as error:
            raise StageError(
                "engine_timeout", f"{self._stage.name} took over {self._settings.timeout_s:g} s."
            ) from error
        finally:
            engines.work.reset(token)
            heartbeat.cancel()
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
        telemetry.STAGE_SECONDS.labels(stage=self._stage.name).observe(
            elapsed_s, telemetry.exemplar()
        )
        log.info("handled", seconds=round(elapsed_s, 3), emitted=len(emissions))
        if not emissions:
            return self._count("waiting", Verdict.ACK)
        reused = all(emission.reused for emission in emissions)
        return self._count("reused" if reused else "completed", Verdict.ACK)

    async def _emit(
        self, work: _Work, emissions: Sequence[Emission], context: StageContext, elapsed_s: float
    ) -> None:
        """Publishes what the handler made. The input is acknowledged only behind the last one."""
        # Work of one event is told once, however many events it is shared among.
        shares = len(emissions)
        for number, emission in enumerate(emissions):
            usage = work.spent.usage() if number == 0 else []
            if emission.failure is not None:
                telemetry.ERRORS.labels(stage=self._stage.name, code=emission.failure.code).inc()
                event = events.failed(
                    work.event,
                    emission.failure,
                    stage=self._stage.name,
                    attempts=work.attempt,
                    share=emission,
                    usage=usage,
                )
            else:
                event = events.completed(
                    work.event,
                    emission,
                    stage=self._stage.name,
                    elapsed_s=elapsed_s / shares,
                    engine_s=work.spent.seconds / shares,
                    used=context.used,
                    usage=usage,
                )
            await self._bus.publish(event)

    async def _after(self, work: _Work, error: StageError) -> Verdict:
        telemetry.ERRORS.labels(stage=self._stage.name, code=error.code).inc()
        if error.retryable and work.attempt < self._common.max_deliver:
            log.warning("will try again", code=error.code, attempt=work.attempt, why=error.message)
            await self._tell_usage(work)
            return self._count("retried", Verdict.RETRY)
        return await self._give_up(work, error)

    async def _tell_usage(self, work: _Work) -> None:
        """What an attempt used is billed, whatever came of it."""
        if usage := work.spent.usage():
            event = events.progressed(
                work.event, stage=self._stage.name, fraction=0.0, message="", usage=usage
            )
            with suppress(StageError):
                await self._bus.publish(event)

    async def _give_up(self, work: _Work, error: StageError) -> Verdict:
        fault = error.row.fault
        log.error("gave up", code=error.code, fault=fault, attempt=work.attempt, why=error.message)
        try:
            if work.event.WhichOneof("outcome") is not None:
                failed = events.failed(
                    work.event,
                    error,
                    stage=self._stage.name,
                    attempts=work.attempt,
                    usage=work.spent.usage(),
                )
                await self._bus.publish(failed)
            if fault == OURS:
                job_id = work.event.envelope.job_id
                await self._bus.bury(work.message, self._stage.name, job_id, error)
        except StageError:
            return Verdict.RETRY
        return self._count("failed", Verdict.BURY if fault == OURS else Verdict.ACK, fault=fault)

    async def _answer(self, work: _Work, verdict: Verdict) -> None:
        message = work.message
        try:
            match verdict:
                case Verdict.ACK:
                    await message.ack_sync(timeout=5)
                case Verdict.RETRY:
                    delays = backoff_s(self._common)
                    await self._hand_back(work, delays[min(work.attempt, len(delays)) - 1])
                case Verdict.RELEASE:
                    await self._release(work)
                case Verdict.BURY:
                    await message.term()
        except (TimeoutError, NatsError, APIError) as error:
            # The broker will deliver it again; its artifacts are there, its events are known.
            log.warning("unanswered", verdict=verdict.name, reason=type(error).__name__)

    async def _release(self, work: _Work) -> None:
        try:
            await tries.record_release(self._ledger, *self._delivery(work))
        except StageError as error:
            log.warning("a polite stop counts as a try", why=error.message)
        await self._hand_back(work)

    async def _hand_back(self, work: _Work, delay_s: float | None = None) -> None:
        if work.deliveries > self._common.max_deliver:
            # Beyond what releases without this ledger of tries let the server deliver.
            with suppress(TimeoutError, NatsError, APIError):
                await self._bus.lift_limit(self._stage)
        await work.message.nak(delay=delay_s)

    async def _heartbeat(self, message: Msg) -> None:
        while True:
            await asyncio.sleep(self._common.ack_wait_s / 3)
            with suppress(NatsError):
                await message.in_progress()

    def _context(self, work: _Work, scratch: Path) -> StageContext:
        last = 0.0

        async def report(fraction: float, message: str) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < PROGRESS_EVERY_S:
                return
            last = now
            event = events.progressed(
                work.event,
                stage=self._stage.name,
                fraction=min(1.0, max(0.0, fraction)),
                message=message,
            )
            with suppress(StageError):  # progress that can't be told is no reason to stop
                await self._bus.publish(event)

        return StageContext(
            stage=self._stage,
            settings=self._common,
            store=self._store,
            ledger=self._ledger,
            scratch=scratch,
            report=report,
            attempt=work.attempt,
        )

    def _count(self, outcome: str, verdict: Verdict, *, fault: str = "") -> Verdict:
        telemetry.EVENTS.labels(stage=self._stage.name, outcome=outcome, fault=fault).inc()
        telemetry.conclude(outcome, failed=outcome in ("retried", "failed"))
        return verdict


def _work_of(message: Msg) -> _Work:
    try:
        event = events.parse(message.data)
    except ValueError:
        event = events_pb2.Event(envelope=events_pb2.Envelope(job_id="unreadable"))
    return _Work(message, event)
