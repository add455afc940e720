"""Events: how they are built, named and read. The messages themselves stand in ``protos/``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from polydub.errors import StageError
from polydub.pipeline import GATEWAY, STAGES, WHOLE_TALK, Lane, Outcome, subject
from polydub.stage import Emission
from polydub.v1 import common_pb2, events_pb2

_CONSUMED = {stage.consumes[1] for stage in STAGES}


@dataclass(frozen=True)
class Recorded:
    """An event as the stream holds it."""

    sequence: int
    event: events_pb2.Event
    trace_id: str = ""
    """Of the trace that it is part of; empty: of none."""


def parse(data: bytes) -> events_pb2.Event:
    """The event in a message.

    Raises:
        ValueError: when the bytes are no event.
    """
    try:
        event = events_pb2.Event.FromString(data)
    except DecodeError as error:
        raise ValueError("not an event") from error
    if not event.envelope.job_id or event.WhichOneof("outcome") is None:
        raise ValueError("an event without job or outcome")
    return event


def outcome_of(event: events_pb2.Event) -> Outcome:
    name = event.WhichOneof("outcome")
    if name is None:
        raise ValueError("an event without outcome")
    return Outcome(name)


def subject_of(event: events_pb2.Event) -> str:
    """Where an event is published. Only what a stage consumes has lanes."""
    key, outcome = event.envelope, outcome_of(event)
    lane = Lane.BULK if key.bulk and outcome in _CONSUMED else Lane.PROMPT
    return subject(key.stage, outcome, key.job_id, lane=lane)


def message_id(event: events_pb2.Event) -> str | None:
    """What the stream recognises a repeated publication by; None where repeats are wanted."""
    outcome = outcome_of(event)
    if outcome is Outcome.PROGRESSED:
        return None
    key = event.envelope
    return ".".join(
        (key.job_id, key.stage, str(key.part), key.target_language, str(key.revision), outcome)
    )


def accepted(
    *,
    job_id: str,
    video_id: str,
    spec: events_pb2.DubSpec,
    revision: int = 0,
    expected_s: Mapping[str, float] | None = None,
    bulk: bool = False,
) -> events_pb2.Event:
    """The event with which the gateway starts a job, or starts it again.

    Args:
        expected_s: stage -> seconds by which it is expected to lengthen the job.
        bulk: whether it, and all that follows from it, may wait behind other jobs.
    """
    return events_pb2.Event(
        envelope=_gateway_envelope(job_id, video_id, revision, bulk=bulk),
        spec=spec,
        accepted=events_pb2.Accepted(expected_s=expected_s),
    )


def canceled(*, job_id: str, video_id: str, reason: str, revision: int = 0) -> events_pb2.Event:
    """The event with which the gateway stops a job."""
    return events_pb2.Event(
        envelope=_gateway_envelope(job_id, video_id, revision),
        canceled=events_pb2.Canceled(reason=reason),
    )


def completed(
    cause: events_pb2.Event,
    emission: Emission,
    *,
    stage: str,
    elapsed_s: float,
    engine_s: float,
    used: Sequence[common_pb2.EngineUse],
    usage: Sequence[common_pb2.Usage] = (),
) -> events_pb2.Event:
    """What a stage says when it has done the work of ``cause``."""
    event = _following(cause, stage, emission)
    event.products.CopyFrom(emission.products)
    event.completed.elapsed_ms = round(elapsed_s * 1000)
    event.completed.engine_ms = round(engine_s * 1000)
    event.completed.reused = emission.reused
    event.completed.warnings.extend(emission.warnings)
    for engine in used:
        event.completed.engines.add(stage=stage, engine=engine)
    event.completed.usage.extend(usage)
    return event


def progressed(
    cause: events_pb2.Event,
    *,
    stage: str,
    fraction: float,
    message: str,
    usage: Sequence[common_pb2.Usage] = (),
) -> events_pb2.Event:
    """What a stage says while it works on ``cause``."""
    event = _following(cause, stage)
    event.ClearField("spec")
    event.progressed.fraction = fraction
    event.progressed.message = message
    event.progressed.usage.extend(usage)
    return event


def failed(
    cause: events_pb2.Event,
    error: StageError,
    *,
    stage: str,
    attempts: int,
    share: Emission | None = None,
    usage: Sequence[common_pb2.Usage] = (),
) -> events_pb2.Event:
    """What a stage says when it gives ``cause`` up, or one share of it."""
    event = _following(cause, stage, share)
    event.failed.code = error.code
    event.failed.message = error.message
    event.failed.hint = error.hint
    event.failed.retryable = error.retryable
    event.failed.attempts = attempts
    event.failed.usage.extend(usage)
    return event


def cancels(cancellation: events_pb2.Event, event: events_pb2.Event) -> bool:
    """Whether a cancellation is meant for an event: same job, no later revision."""
    return (
        cancellation.envelope.job_id == event.envelope.job_id
        and event.envelope.revision <= cancellation.envelope.revision
    )


def _following(
    cause: events_pb2.Event, stage: str, share: Emission | None = None
) -> events_pb2.Event:
    event = events_pb2.Event(envelope=cause.envelope, spec=cause.spec)
    if share is not None:
        for name in ("part", "parts", "target_language"):
            if (own := getattr(share, name)) is not None:
                setattr(event.envelope, name, own)
    event.envelope.stage = stage
    event.envelope.emitted_at_ms = now_ms()
    return event


def _gateway_envelope(
    job_id: str, video_id: str, revision: int, *, bulk: bool = False
) -> events_pb2.Envelope:
    return events_pb2.Envelope(
        job_id=job_id,
        video_id=video_id,
        stage=GATEWAY,
        part=WHOLE_TALK,
        revision=revision,
        emitted_at_ms=now_ms(),
        bulk=bulk,
    )


def now_ms() -> int:
    """Unix time in milliseconds, as envelopes carry it."""
    return time.time_ns() // 1_000_000
