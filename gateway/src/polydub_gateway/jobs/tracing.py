"""Where a job's time went: each piece of its work, how long it waited and how long it took."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polydub.events import Recorded, outcome_of
from polydub.pipeline import BY_NAME, GATEWAY, WHOLE_TALK, Lane, Outcome, Scope, Stage, subject
from polydub.v1 import events_pb2
from polydub_gateway.broker import BusLink
from polydub_gateway.jobs.service import Dubs


@dataclass(frozen=True)
class Piece:
    """What one event caused a stage to do. Times are from when the job was asked for."""

    stage: str
    part: int | None
    """None: all parts at once."""
    language: str
    """Empty: all languages at once."""
    ready_ms: int
    """When all was there that it needs; it waits from then on."""
    waited_ms: int
    worked_ms: int
    engine_ms: int
    """Of that, inside engines."""
    engines: tuple[str, ...]
    reused: bool
    """It was in the store."""
    error: str
    """The code of what it failed with; empty: it did not."""


@dataclass(frozen=True)
class JobTrace:
    """What is known of where a job's time went, the last time that it was made."""

    job_id: str
    revision: int
    accepted_at_ms: int
    """When it was asked for; 0: its events are older than the stream keeps them."""
    took_ms: int
    """From then to its last event so far."""
    trace_id: str
    """W3C; empty: none was recorded."""
    trace_url: str
    """Where that trace is shown; empty: nowhere."""
    pieces: tuple[Piece, ...]


class Traces:
    """Where the time of jobs went.

    Args:
        url: of the page that shows a trace, with ``{trace_id}`` in it; empty: there is none.
    """

    def __init__(self, dubs: Dubs, link: BusLink, url: str) -> None:
        self._dubs = dubs
        self._link = link
        self._url = url

    async def of(self, owner_id: str, dub_id: str) -> JobTrace:
        """A job's trace, as far as the stream still has its events.

        Raises:
            StageError: ``not_found``, ``bus_unavailable``.
        """
        dub = await self._dubs.get(owner_id, dub_id)
        records = await self._link.bus.past(_subjects(dub_id))
        revision = dub.state.revision
        asked_at_ms = dub.created_at_ms if revision == 0 else 0
        # Of a talk of hours it takes longer than others should wait.
        return await asyncio.to_thread(
            traced, dub_id, revision, records, self._url, asked_at_ms=asked_at_ms
        )


def _subjects(dub_id: str) -> list[str]:
    """Everything that happens to a job but news from the middle of work, which are many."""
    outcomes = (each for each in Outcome if each is not Outcome.PROGRESSED)
    return [subject("*", each, dub_id, lane=lane) for each in outcomes for lane in Lane]


def traced(
    job_id: str, revision: int, records: Iterable[Recorded], url: str = "", *, asked_at_ms: int = 0
) -> JobTrace:
    """The trace of a job's revision, from its events in the order of the stream.

    Args:
        url: as :class:`Traces` takes it.
        asked_at_ms: when it was asked for; 0: not known, and so not how long it waited to start.
    """
    told = [each for each in records if each.event.envelope.revision == revision]
    first = next((each for each in told if outcome_of(each.event) is Outcome.ACCEPTED), None)
    if first is None:
        return JobTrace(job_id, revision, 0, 0, "", "", ())
    started_ms = first.event.envelope.emitted_at_ms
    began_ms = asked_at_ms or started_ms
    waiting = _started(started_ms - began_ms)
    shown_at = url.replace("{trace_id}", first.trace_id) if first.trace_id else ""
    return JobTrace(
        job_id=job_id,
        revision=revision,
        accepted_at_ms=began_ms,
        took_ms=max(each.event.envelope.emitted_at_ms for each in told) - began_ms,
        trace_id=first.trace_id,
        trace_url=shown_at,
        pieces=(*waiting, *_pieces([each.event for each in told], began_ms)),
    )


def _started(waited_ms: int) -> tuple[Piece, ...]:
    """The start of a job, for which it may have to wait while others have the room."""
    if waited_ms <= 0:
        return ()
    return (Piece(GATEWAY, None, "", 0, waited_ms, 0, 0, (), reused=False, error=""),)


def _pieces(told: Sequence[events_pb2.Event], began_ms: int) -> tuple[Piece, ...]:
    """Events of one stage with the same causes come of one piece of work."""
    causes = _Causes(told)
    groups: dict[tuple[str, tuple[int, ...]], list[events_pb2.Event]] = defaultdict(list)
    for event in told:
        stage = BY_NAME.get(event.envelope.stage)
        if stage is not None and outcome_of(event) in (Outcome.COMPLETED, Outcome.FAILED):
            groups[stage.name, causes.of(stage, event)].append(event)
    found = [
        _piece(group, [told[index] for index in indices], began_ms)
        for (_, indices), group in groups.items()
    ]
    return tuple(sorted(found, key=lambda piece: piece.ready_ms + piece.waited_ms))


class _Causes:
    """The events without which a stage could not have said what it said. Of a long talk there are
    thousands, so they are found by their parts."""

    def __init__(self, told: Sequence[events_pb2.Event]) -> None:
        self._told = told
        self._by_part: dict[tuple[str, Outcome], dict[int, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for index, event in enumerate(told):
            key = event.envelope
            self._by_part[key.stage, outcome_of(event)][key.part].append(index)

    def of(self, stage: Stage, event: events_pb2.Event) -> tuple[int, ...]:
        """Their indices."""
        by_part, part = self._by_part[stage.consumes], event.envelope.part
        wanted = by_part if _joins(stage) or part == WHOLE_TALK else {WHOLE_TALK, part}
        language = event.envelope.target_language
        return tuple(
            index
            for each in sorted(wanted)
            for index in by_part.get(each, ())
            if self._told[index].envelope.target_language in ("", language)
        )


def _joins(stage: Stage) -> bool:
    """Whether a stage needs all parts before it can say anything."""
    return stage.scope in (Scope.JOB, Scope.LANGUAGE)


def _piece(
    group: Sequence[events_pb2.Event], causes: Sequence[events_pb2.Event], began_ms: int
) -> Piece:
    first = group[0].envelope
    parts = {event.envelope.part for event in group}
    languages = {event.envelope.target_language for event in group}
    ready_ms = max((each.envelope.emitted_at_ms for each in causes), default=began_ms)
    # What is said at once shares the time of the work among its events.
    worked_ms = sum(event.completed.elapsed_ms for event in group)
    started_ms = min(event.envelope.emitted_at_ms for event in group) - worked_ms
    whole = _joins(BY_NAME[first.stage]) or len(parts) > 1 or first.part == WHOLE_TALK
    return Piece(
        stage=first.stage,
        part=None if whole else first.part,
        language=first.target_language if len(languages) == 1 else "",
        ready_ms=ready_ms - began_ms,
        waited_ms=max(0, started_ms - ready_ms),
        worked_ms=worked_ms,
        engine_ms=sum(event.completed.engine_ms for event in group),
        engines=_engines(group),
        reused=all(event.completed.reused for event in group),
        error=next((event.failed.code for event in group if event.HasField("failed")), ""),
    )


def _engines(group: Sequence[events_pb2.Event]) -> tuple[str, ...]:
    used = (each.engine.id for event in group for each in event.completed.engines)
    return tuple(dict.fromkeys(used))
