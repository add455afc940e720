"""Jobs as users steer them; REST and gRPC both come here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from google.protobuf import json_format
from sqlalchemy import CursorResult, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub import events, telemetry
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import events_pb2, muxing_pb2
from polydub_gateway.broker import BusLink
from polydub_gateway.cursors import to_cursor
from polydub_gateway.db import Database, DubRow, VideoRow, no_such, owned, until_it_stands
from polydub_gateway.db.counts import tell
from polydub_gateway.db.delivery import UsageRow
from polydub_gateway.db.edits import ScriptRow
from polydub_gateway.estimates.choosing import tasks_of
from polydub_gateway.estimates.estimating import again_s, estimate
from polydub_gateway.estimates.keeping import MeasuredRates
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.adding import asked_again, checked_targets, new_targets
from polydub_gateway.jobs.asking import DubRequest, Kept, check_possible, normalized, spec_of
from polydub_gateway.jobs.consequences import change_of
from polydub_gateway.jobs.dispatching import Dispatching
from polydub_gateway.jobs.fairness import Priority
from polydub_gateway.jobs.listing import EVERYTHING, Sought, listed, tags_column
from polydub_gateway.jobs.sources import Source, sources_of
from polydub_gateway.jobs.state import JobState, State, dump, load
from polydub_gateway.limits.admission import Admission
from polydub_gateway.limits.usage import recount
from polydub_gateway.prices import Prices
from polydub_gateway.stages import StageClients
from polydub_gateway.subtitles.keeping import keep
from polydub_gateway.subtitles.own import read_all
from polydub_gateway.uploads.names import search_form
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.words import Words

PROJECTED_WITHIN_S = 3.0
"""How long an answer waits for the projection, so that it shows what the call did."""

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Consent:
    """A recorded consent to imitate the speakers' voices."""

    id: str
    given_by: str
    statement: str
    recorded_at_ms: int


@dataclass(frozen=True)
class Dub:
    """A job: what was asked for and how it stands."""

    id: str
    video_id: str
    spec: events_pb2.DubSpec
    state: JobState
    created_at_ms: int
    consent: Consent | None = None
    stale: tuple[str, ...] = ()
    """Languages in which something was corrected since they were made."""
    source: Source = field(default_factory=Source)
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True)
class Page:
    """Some jobs, newest first, and where the next page starts."""

    dubs: tuple[Dub, ...]
    next_cursor: str | None


class Dubs:
    """The jobs of all owners."""

    def __init__(
        self,
        database: Database,
        link: BusLink,
        stages: StageClients,
        store: ObjectStore,
        admission: Admission,
        words: Words,
        rates: MeasuredRates,
        dispatching: Dispatching,
    ) -> None:
        self._database = database
        self._link = link
        self._stages = stages
        self._store = store
        self._admission = admission
        self._words = words
        self._rates = rates
        self._dispatching = dispatching

    async def create(
        self, owner_id: str, request: DubRequest, *, idempotency_key: str | None = None
    ) -> Dub:
        """Starts a job, or has it wait; with a key that was used before, gives that key's job.

        Raises:
            StageError: ``invalid_request``, ``unsupported_language_pair``, ``not_found`` (the
                video), ``conflict`` (the key was used for another request),
                ``engine_unavailable``, ``stage_unavailable``, ``bus_unavailable``,
                ``quota_exceeded``.
        """
        request = normalized(request)
        if known := await self._of_key(owner_id, idempotency_key, request):
            return known
        video = await self._video(owner_id, request.video_id)
        catalog = await self._stages.catalog()
        check_possible(request, catalog)
        kept = await self._kept(owner_id, request, video)
        duration_s = media_of(video).duration_s
        tasks = tasks_of(request, catalog, duration_s)
        expected = estimate(tasks, await self._rates.read(), Prices()).expected_s
        row = _new_row(owner_id, request, video, idempotency_key, kept, expected)
        telemetry.about(job_id=row.id)
        try:
            await self._admit(row, duration_s)
        except (IntegrityError, StageError) as error:
            # Another request with this key, or the video's deletion, came between.
            if known := await self._of_key(owner_id, idempotency_key, request):
                return known
            if isinstance(error, StageError):
                raise
            raise no_such(VideoRow, request.video_id) from None
        try:
            if row.id not in await self._dispatching.dispatch():
                await self._tell_that_it_waits(row)
        except StageError:
            if await self._took_back(row):
                raise
        log.info("accepted", job_id=row.id, video_id=video.id)
        return await self._shown(row)

    async def get(self, owner_id: str, dub_id: str) -> Dub:
        """One job.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            (dub,) = await _shown_in(session, [await owned(session, DubRow, owner_id, dub_id)])
        return dub

    async def list(
        self,
        owner_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        sought: Sought = EVERYTHING,
    ) -> Page:
        """A page of the owner's jobs, in the order that is sought.

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        query = listed(owner_id, sought, cursor)
        async with self._database.session() as session:
            rows: list[DubRow] = [*await session.scalars(query.limit(limit + 1))]
            dubs = await _shown_in(session, rows[:limit])
        last = dubs[-1] if len(rows) > limit else None
        return Page(dubs, to_cursor(last.created_at_ms, last.id) if last else None)

    async def cancel(self, owner_id: str, dub_id: str) -> Dub:
        """Stops a job; one that is canceled already stays so.

        Raises:
            StageError: ``not_found``, ``conflict`` when it has ended, ``bus_unavailable``.
        """
        row = await self._row(owner_id, dub_id)
        state = State(row.state)
        if state is State.CANCELED:
            return await self._shown(row)
        if state.ended:
            raise StageError("conflict", f"The job has ended: it is {state}.")
        canceled = events.canceled(
            job_id=row.id,
            video_id=row.video_id,
            reason="Canceled by the user.",
            revision=row.revision,
        )
        sequence = await self._link.publish(canceled)
        return await self._projected(owner_id, dub_id, sequence)

    async def retry(self, owner_id: str, dub_id: str) -> Dub:
        """Starts an ended job again; what was made already is found in the store.

        Raises:
            StageError: ``not_found``, ``conflict`` when it still runs or nothing of it failed,
                ``bus_unavailable``.
        """
        return await self._again(owner_id, dub_id, _check_retryable, _Change(_unchanged))

    async def remake(
        self,
        owner_id: str,
        dub_id: str,
        change: Callable[[events_pb2.DubSpec], None],
        *,
        revision: int,
    ) -> Dub:
        """Makes an ended job once more, of what was asked for as ``change`` leaves it.

        What is made already and still right is found in the store. Languages that were corrected
        since the revision stay stale.

        Args:
            revision: of the dub's script, whose corrections are in what ``change`` leaves.

        Raises:
            StageError: ``not_found``, ``conflict`` when it still runs, ``bus_unavailable``.
        """
        return await self._again(owner_id, dub_id, _check_ended, _Change(change, revision))

    async def add_languages(self, owner_id: str, dub_id: str, tags: Sequence[str]) -> Dub:
        """Makes an ended job once more, in further languages as well.

        Everything that is made already is found in the store; finished files stay meanwhile. The
        new languages get the engines, terms, corrections and voices that were chosen for the job,
        and what is remembered for them by now. Saying it twice adds nothing more.

        Raises:
            StageError: ``not_found``; ``conflict`` when it still runs; ``invalid_request`` where
                no language is new; and as :meth:`create`.
        """
        wanted = checked_targets(tags)
        try:
            row = await self._row(owner_id, dub_id)
            state, spec = load(row.folded), _spec(row)
            _check_ended(state)
            new = new_targets(spec, wanted)
            asked = asked_again(row.video_id, spec, state, new)
            check_possible(asked, await self._stages.catalog())
            memories = await self._memories(row, spec, new)

            def change(spec: events_pb2.DubSpec) -> None:
                spec.target_languages.extend(new_targets(spec, wanted))
                spec.memories.extend(memories)

            return await self._again(owner_id, dub_id, _check_ended, _Change(change))
        except StageError as error:
            dub = await self.get(owner_id, dub_id)
            if error.code == "conflict" and set(wanted) <= set(dub.spec.target_languages):
                return dub  # they are being made already
            raise

    async def _again(
        self,
        owner_id: str,
        dub_id: str,
        check: Callable[[JobState], None],
        change: _Change,
    ) -> Dub:
        telemetry.about(job_id=dub_id)
        before, row = await until_it_stands(
            lambda: self._queue_again(owner_id, dub_id, check, change)
        )
        try:
            if row.dispatched_at_ms is None:
                await self._dispatching.dispatch()
            else:
                await self._dispatching.start(row)
        except StageError:
            await until_it_stands(lambda: self._restore(dub_id, before))
            raise
        log.info("accepted again", job_id=row.id, revision=row.revision)
        return await self._shown(row)

    async def _tell_that_it_waits(self, row: DubRow) -> None:
        """Until it starts the stream says nothing of it, and lists are to show it."""
        async with self._database.session() as session:
            await tell(session, row.owner_id, change_of(row, load(row.folded)))

    async def _took_back(self, row: DubRow) -> bool:
        """Deletes a job that waits; False where another replica has started it."""
        async with self._database.session() as session:
            gone = await session.execute(
                delete(DubRow).where(DubRow.id == row.id, DubRow.dispatched_at_ms.is_(None))
            )
            assert isinstance(gone, CursorResult)
            if gone.rowcount:
                await session.execute(delete(UsageRow).where(UsageRow.dub_id == row.id))
            return bool(gone.rowcount)

    async def _admit(self, row: DubRow, source_s: float) -> None:
        """Writes a new job where the organisation has room for it."""
        quotas, state = await self._admission.quotas(row.owner_id), load(row.folded)
        async with self._database.session() as session:
            await self._admission.admit_dub(
                session, quotas, row, state, source_ms=round(1000 * source_s)
            )
            session.add(row)

    async def _of_key(
        self, owner_id: str, idempotency_key: str | None, request: DubRequest
    ) -> Dub | None:
        if idempotency_key is None:
            return None
        async with self._database.session() as session:
            row = await session.scalar(
                select(DubRow).where(
                    DubRow.owner_id == owner_id, DubRow.idempotency_key == idempotency_key
                )
            )
        if row is not None and row.request_digest != request.digest():
            raise StageError(
                "conflict",
                "This Idempotency-Key was used for another request.",
                hint="Use a new key for a new request.",
            )
        return None if row is None else await self._shown(row)

    async def _kept(self, owner_id: str, request: DubRequest, video: VideoRow) -> Kept:
        return Kept(
            subtitles=await self._kept_subtitles(request, video),
            terms=await self._words.glossaries.terms_of(owner_id, request.glossary_ids),
            memories=await self._words.memory.kept(
                owner_id, video.id, request.source_language, request.target_languages
            )
            if request.use_memory
            else (),
        )

    async def _memories(
        self, row: DubRow, spec: events_pb2.DubSpec, targets: Sequence[str]
    ) -> Sequence[events_pb2.TranslationMemory]:
        if not row.use_memory:
            return ()
        memory = self._words.memory
        return await memory.kept(row.owner_id, row.video_id, spec.source_language, targets)

    async def _kept_subtitles(
        self, request: DubRequest, video: VideoRow
    ) -> Sequence[muxing_pb2.OwnSubtitles]:
        if not request.subtitles:
            return []
        files = await asyncio.to_thread(read_all, request.subtitles, media_of(video))
        return await keep(self._store, video.id, files)

    async def _shown(self, row: DubRow) -> Dub:
        async with self._database.session() as session:
            (dub,) = await _shown_in(session, [row])
        return dub

    async def _row(self, owner_id: str, dub_id: str) -> DubRow:
        async with self._database.session() as session:
            return await owned(session, DubRow, owner_id, dub_id)

    async def _video(self, owner_id: str, video_id: str) -> VideoRow:
        async with self._database.session() as session:
            return await owned(session, VideoRow, owner_id, video_id)

    async def _projected(self, owner_id: str, dub_id: str, sequence: int) -> Dub:
        """The job once the projection has passed an event, or as it is after a while."""
        deadline = time.monotonic() + PROJECTED_WITHIN_S
        while True:
            dub = await self.get(owner_id, dub_id)
            if dub.state.last_sequence >= sequence or time.monotonic() > deadline:
                return dub
            await asyncio.sleep(0.02)

    async def _queue_again(
        self,
        owner_id: str,
        dub_id: str,
        check: Callable[[JobState], None],
        change: _Change,
    ) -> tuple[_Before, DubRow]:
        quotas, rates = await self._admission.quotas(owner_id), await self._rates.read()
        async with self._database.session() as session:
            row = await owned(session, DubRow, owner_id, dub_id)
            state, spec = load(row.folded), _spec(row)
            check(state)
            before = _Before(state, row.spec, row.stale)
            change.of(spec)
            at_once = change.script_revision is not None
            corrected = (row.stale or ()) if at_once else ()
            video = await owned(session, VideoRow, owner_id, row.video_id)
            expected = again_s(state, corrected, spec, rates, media_of(video).duration_s)
            fresh = state.again(row.revision + 1, spec, expected)
            fresh = replace(fresh, traceparent=telemetry.traceparent())
            await self._admission.admit_dub(session, quotas, row, fresh)
            row.spec, row.stale = _plain(spec), await _stale_after(session, row, change)
            row.target_tags = tags_column(spec.target_languages)
            row.revision += 1
            # A correction is little work, and somebody waits for it.
            row.cost_ms = 0 if at_once else _cost_ms(video, len(fresh.languages))
            row.dispatched_at_ms = events.now_ms() if at_once else None
            row.bulk = False
            write_state(row, fresh)
        return before, row

    async def _restore(self, dub_id: str, before: _Before) -> None:
        async with self._database.session() as session:
            row = await session.get(DubRow, dub_id)
            if row is not None:
                await recount(session, before.state)
                row.spec, row.stale = before.spec, before.stale
                row.target_tags = tags_column(list(before.state.languages))
                row.revision = before.state.revision
                write_state(row, before.state)


@dataclass(frozen=True)
class _Change:
    """What is asked for otherwise when a job is made once more."""

    of: Callable[[events_pb2.DubSpec], None]
    script_revision: int | None = None
    """The corrections up to this one are in it; None: it has to do with none."""


def _unchanged(_: events_pb2.DubSpec) -> None:
    pass


@dataclass(frozen=True)
class _Before:
    """A job as it was before it was to be made again."""

    state: JobState
    spec: dict[str, Any]
    stale: list[str] | None


async def _stale_after(session: AsyncSession, row: DubRow, change: _Change) -> list[str] | None:
    """The languages in which there are corrections that are not in a change."""
    if change.script_revision is None:
        return row.stale
    query = select(ScriptRow.changed_at).where(ScriptRow.dub_id == row.id)
    changed_at = await session.scalar(query) or {}
    later = [tag for tag in row.stale or () if changed_at.get(tag, 0) > change.script_revision]
    return later or None


def write_state(row: DubRow, state: JobState) -> None:
    """Puts a state into a row, with the columns that repeat it."""
    row.folded = dump(state)
    row.state = state.state
    row.progress = state.progress
    row.finished_at_ms = state.finished_at_ms or None


def _check_ended(state: JobState) -> None:
    if not state.state.ended:
        raise StageError(
            "conflict",
            f"The job is {state.state}; only an ended job can be made again.",
            hint="Wait for its end, or cancel it first.",
        )


def _check_retryable(state: JobState) -> None:
    _check_ended(state)
    outcomes = {language.state for language in state.languages.values()}
    if not outcomes & {State.FAILED, State.CANCELED}:
        raise StageError("conflict", "Nothing of the job failed, so there is nothing to retry.")


def _new_row(
    owner_id: str,
    request: DubRequest,
    video: VideoRow,
    idempotency_key: str | None,
    kept: Kept,
    expected: Mapping[str, float],
) -> DubRow:
    dub_id = new_id("dub")
    consent = _recorded(request)
    spec = spec_of(request, video, replace(kept, consent_id=consent.id if consent else ""))
    row = DubRow(
        id=dub_id,
        owner_id=owner_id,
        video_id=video.id,
        spec=_plain(spec),
        search_name=search_form(video.filename),
        target_tags=tags_column(request.target_languages),
        use_memory=request.use_memory,
        clone_consent=asdict(consent) if consent else None,
        revision=0,
        priority=request.priority,
        cost_ms=_cost_ms(video, len(request.target_languages)),
        dispatched_at_ms=None,
        idempotency_key=idempotency_key,
        request_digest=request.digest(),
        created_at_ms=events.now_ms(),
    )
    queued = JobState.queued(dub_id, 0, spec, expected)
    write_state(row, replace(queued, traceparent=telemetry.traceparent()))
    return row


def _cost_ms(video: VideoRow, languages: int) -> int:
    return round(1000 * media_of(video).duration_s) * languages


def _recorded(request: DubRequest) -> Consent | None:
    given = request.clone_consent
    if given is None:
        return None
    return Consent(new_id("con"), given.given_by, given.statement, events.now_ms())


async def _shown_in(session: AsyncSession, rows: Sequence[DubRow]) -> tuple[Dub, ...]:
    sources = await sources_of(session, rows)
    return tuple(_dub(row, sources.get(row.id, Source())) for row in rows)


def _dub(row: DubRow, source: Source) -> Dub:
    consent = Consent(**row.clone_consent) if row.clone_consent else None
    return Dub(
        id=row.id,
        video_id=row.video_id,
        spec=_spec(row),
        state=load(row.folded),
        created_at_ms=row.created_at_ms,
        consent=consent,
        stale=tuple(row.stale or ()),
        source=source,
        priority=Priority(row.priority),
    )


def _plain(spec: events_pb2.DubSpec) -> dict[str, Any]:
    return json_format.MessageToDict(spec, preserving_proto_field_name=True)


def _spec(row: DubRow) -> events_pb2.DubSpec:
    return json_format.ParseDict(row.spec, events_pb2.DubSpec(), ignore_unknown_fields=True)
