"""The reducer: a job's state is the fold of its events. Pure; every replica gets the same answer.

Repeated events change nothing, whether the stream repeats them (by sequence) or a stage says the
same twice (by unit of work). Events of an older revision are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from google.protobuf import json_format

from polydub.errors import WARNINGS
from polydub.events import Recorded, outcome_of
from polydub.pipeline import BY_NAME, Outcome, Scope, Stage
from polydub.v1 import common_pb2, events_pb2, muxing_pb2, tts_pb2
from polydub_gateway.jobs.state import (
    Billed,
    EngineUsed,
    Fault,
    File,
    JobState,
    LanguageState,
    Measured,
    Notice,
    StageWork,
    State,
)

MAX_WARNINGS = 300
"""A job keeps no more: the reports have all of them."""
_NOT_IN_THE_HEADLINE = ("line_reports", "warnings", "engines")


def fold(job_id: str, records: Iterable[Recorded]) -> JobState:
    """The state behind a job's events, in the order of the stream."""
    state = JobState(job_id)
    for recorded in records:
        state = apply(state, recorded)
    return state


def apply(state: JobState, recorded: Recorded) -> JobState:
    """The state behind one more event."""
    event = recorded.event
    outcome, revision = outcome_of(event), event.envelope.revision
    if outcome is Outcome.ACCEPTED and revision > state.revision:
        # Counts however low its sequence is: the broker's data may have been made anew.
        return replace(
            state.again(revision, event.spec, event.accepted.expected_s),
            last_sequence=recorded.sequence,
            updated_at_ms=event.envelope.emitted_at_ms,
        )
    if recorded.sequence <= state.last_sequence:
        return state
    state = _billed(state, event)
    if revision == state.revision and not state.state.ended:
        state = _apply_current(state, outcome, event)
    return state.heard(recorded.sequence)


def _apply_current(state: JobState, outcome: Outcome, event: events_pb2.Event) -> JobState:
    if outcome is Outcome.CANCELED:
        return _ended(state, State.CANCELED, event.envelope.emitted_at_ms, event.canceled.reason)
    stage = BY_NAME.get(event.envelope.stage)
    if stage is None or stage.name not in state.stages or not _concerns(state, event):
        return state
    state = _advanced(_begun(_spent(state, stage, event), stage, event), stage, outcome, event)
    match outcome:
        case Outcome.COMPLETED:
            return _settled(_completed(state, stage, event), event)
        case Outcome.FAILED:
            return _settled(_failed(state, event), event)
        case _:
            return replace(state, message=event.progressed.message)


def _billed(state: JobState, event: events_pb2.Event) -> JobState:
    """The state with what services bill for the work of an event, wanted or not."""
    match outcome_of(event):
        case Outcome.COMPLETED:
            used = event.completed.usage
        case Outcome.PROGRESSED:
            used = event.progressed.usage
        case Outcome.FAILED:
            used = event.failed.usage
        case _:
            return state
    if not used:
        return state
    sums = {(each.stage, each.engine, each.unit): each.quantity for each in state.usage}
    for each in used:
        key = (event.envelope.stage, each.engine, each.unit)
        sums[key] = sums.get(key, 0.0) + each.quantity
    return replace(state, usage=tuple(Billed(*key, total) for key, total in sums.items()))


def _concerns(state: JobState, event: events_pb2.Event) -> bool:
    """Whether an event is about a language that the job has and that has not ended."""
    language = event.envelope.target_language
    if not language:
        return True
    return language in state.languages and not state.languages[language].state.ended


def _begun(state: JobState, stage: Stage, event: events_pb2.Event) -> JobState:
    """The state once a stage is at work on it."""
    now_ms = event.envelope.emitted_at_ms
    began_ms = now_ms - event.completed.elapsed_ms
    affected = [event.envelope.target_language] if event.envelope.target_language else []
    if stage.scope in (Scope.JOB, Scope.PART):
        affected = list(state.languages)
    languages = {
        tag: replace(language, state=State.PROCESSING)
        if tag in affected and language.state is State.QUEUED
        else language
        for tag, language in state.languages.items()
    }
    return replace(
        state,
        state=State.PROCESSING,
        languages=languages,
        parts=event.envelope.parts or state.parts,
        # The first that is heard of it may be news from the middle of a piece of work.
        started_at_ms=min(state.started_at_ms or began_ms, began_ms),
        updated_at_ms=max(now_ms, state.updated_at_ms),
    )


def _spent(state: JobState, stage: Stage, event: events_pb2.Event) -> JobState:
    """The state with what a piece of work took, the first time that its end is told."""
    done = state.units.get(stage.name, {})
    pieces = sum(done.get(unit, 0.0) < 1 for unit in _units(state, stage, event))
    if not event.HasField("completed") or not pieces:
        return state
    # What is done at once for all parts is shared out among their events; one of them counts.
    shares = max(1, event.envelope.parts) if stage.scope is Scope.JOB else 1
    spent_s = shares * event.completed.elapsed_ms / 1000
    lines = event.products.tts if stage.name == "tts" else tts_pb2.TtsProducts()
    work = _worked(state.work.get(stage.name, StageWork()), event, pieces, spent_s)
    return replace(
        state,
        seconds={**state.seconds, stage.name: state.seconds.get(stage.name, 0.0) + spent_s},
        work={**state.work, stage.name: work},
        lines_spoken=state.lines_spoken + lines.spoken,
        lines_reused=state.lines_reused + lines.reused,
    )


def _worked(work: StageWork, event: events_pb2.Event, pieces: int, spent_s: float) -> StageWork:
    """A stage's work with some more pieces of it."""
    work = replace(work, ended_at_ms=max(work.ended_at_ms, event.envelope.emitted_at_ms))
    if _is_reused(event):
        return replace(work, reused=work.reused + pieces)
    engine = _engine_of(event)
    known = work.engines.get(engine, Measured())
    measured = Measured(known.pieces + pieces, known.seconds + spent_s)
    return replace(work, fresh=work.fresh + pieces, engines={**work.engines, engine: measured})


def _is_reused(event: events_pb2.Event) -> bool:
    """Whether a piece was mostly found, so that the time for it says little."""
    lines = event.products.tts
    found = event.envelope.stage == "tts" and lines.reused > lines.spoken
    return event.completed.reused or found


def _engine_of(event: events_pb2.Event) -> str:
    """The engine that did most of a stage's work, which is named first; empty without one."""
    own = (each for each in event.completed.engines if each.stage == event.envelope.stage)
    return next((each.engine.id for each in own), "")


# --- how far ---------------------------------------------------------------------------------


def _units(state: JobState, stage: Stage, event: events_pb2.Event) -> list[str]:
    """The units of a stage's work that an event is about.

    An event without a language, of a stage that works per language, is about all of them.
    """
    part, language = str(event.envelope.part), event.envelope.target_language
    tags = [language] if language else list(state.languages)
    match stage.scope:
        case Scope.JOB:
            return ["all"]
        case Scope.PART:
            return [part]
        case Scope.PART_AND_LANGUAGE:
            return [f"{part}/{tag}" for tag in tags]
        case Scope.LANGUAGE:
            return [f"all/{tag}" for tag in tags]


def _advanced(state: JobState, stage: Stage, outcome: Outcome, event: events_pb2.Event) -> JobState:
    if outcome is Outcome.FAILED:
        return state
    fraction = 1.0 if outcome is Outcome.COMPLETED else min(0.99, event.progressed.fraction)
    done = dict(state.units.get(stage.name, {}))
    for unit in _units(state, stage, event):
        done[unit] = max(fraction, done.get(unit, 0.0))
    state = replace(state, units={**state.units, stage.name: done})
    return _measured(state, reused=event.completed.reused)


def _measured(state: JobState, *, reused: bool = False) -> JobState:
    """The state with its fractions worked out anew; no fraction ever goes back."""
    stages = _stages(state)
    shares = {stage.name: _share(state, stage) for stage in stages}
    whole = sum(stage.weight for stage in stages)
    progress = sum(stage.weight * shares[stage.name] for stage in stages) / whole
    progress = max(state.progress, min(progress, 1.0))
    current = next((s.name for s in stages if shares[s.name] < 1), stages[-1].name)
    return replace(
        state,
        work=state.work if current == state.stage else _become(state.work, current, shares),
        progress=progress,
        reused=state.reused + (progress - state.progress if reused else 0.0),
        stage=current,
        stage_progress=shares[current],
        message=state.message if current == state.stage else "",
        languages={
            tag: replace(language, progress=max(language.progress, _language_share(state, tag)))
            for tag, language in state.languages.items()
        },
    )


def _become(
    work: Mapping[str, StageWork], current: str, shares: Mapping[str, float]
) -> dict[str, StageWork]:
    """The stages' work where another of them has become the current one."""
    of_stage = replace(work.get(current, StageWork()), share_before=shares[current])
    return {**work, current: of_stage}


def _stages(state: JobState) -> list[Stage]:
    return [BY_NAME[name] for name in state.stages]


def _share(state: JobState, stage: Stage) -> float:
    """How much of a stage's work is done, 0 to 1. What an ended language left undone is none."""
    if stage.scope in (Scope.JOB, Scope.PART):
        return _shared_share(state, stage)
    shares = [_share_for(state, stage, tag) for tag in state.languages]
    return sum(shares) / len(shares) if shares else 0.0


def _shared_share(state: JobState, stage: Stage) -> float:
    total = stage.total(parts=state.parts, languages=1)
    done = sum(state.units.get(stage.name, {}).values())
    return min(1.0, done / total) if total else 0.0


def _share_for(state: JobState, stage: Stage, tag: str) -> float:
    if state.languages[tag].state.ended:
        return 1.0
    total = stage.total(parts=state.parts, languages=1)
    units = state.units.get(stage.name, {})
    done = sum(fraction for unit, fraction in units.items() if unit.partition("/")[2] == tag)
    return min(1.0, done / total) if total else 0.0


def _language_share(state: JobState, tag: str) -> float:
    """The progress of one language: its own work and the work that all share."""
    stages = _stages(state)
    whole = sum(stage.weight for stage in stages)
    done = sum(
        stage.weight
        * (
            _shared_share(state, stage)
            if stage.scope in (Scope.JOB, Scope.PART)
            else _share_for(state, stage, tag)
        )
        for stage in stages
    )
    return min(1.0, done / whole)


# --- what came of it -------------------------------------------------------------------------


def _completed(state: JobState, stage: Stage, event: events_pb2.Event) -> JobState:
    state = replace(
        state,
        engines=_with_engines(state.engines, event),
        source_language=event.products.asr.language or state.source_language,
        speakers=tuple(event.products.diarization.speaker_ids) or state.speakers,
    )
    state = _warned(_documented(state, stage, event), event.completed.warnings, event)
    if stage.name != state.stages[-1]:
        return state
    return _delivered(state, event)


def _documented(state: JobState, stage: Stage, event: events_pb2.Event) -> JobState:
    """The state with the key of the document that a stage has written."""
    key = getattr(getattr(event.products, stage.name), "document_key", "")
    if not key:
        return state
    part, language = str(event.envelope.part), event.envelope.target_language
    name = f"{stage.name}/{language}" if language else stage.name
    of_stage = {**state.documents.get(name, {}), part: key}
    return replace(state, documents={**state.documents, name: of_stage})


def _delivered(state: JobState, event: events_pb2.Event) -> JobState:
    """The state once a language's files are as they stay."""
    tag, products = event.envelope.target_language, event.products.muxing
    if tag not in state.languages:
        return state
    state = _warned(state, products.headline.warnings, event)
    files = [_file(file) for file in products.files]
    clean = not any(notice.language in ("", tag) for notice in _grave(state))
    language = replace(
        state.languages[tag],
        state=State.COMPLETED if clean else State.COMPLETED_WITH_WARNINGS,
        progress=1.0,
        files=tuple(file for file in files if file.language),
        headline=_headline(products.headline) if products.HasField("headline") else None,
    )
    of_the_job = _newest(file for file in (*state.files, *files) if not file.language)
    return replace(_with_language(state, tag, language), files=of_the_job)


def _newest(files: Iterable[File]) -> tuple[File, ...]:
    """One file of each name: the last, unless an earlier one has more languages in it.

    A process may be held up between the making of such a file and its telling, so that the file
    of another one, which has seen more languages, is told of first.
    """
    found: dict[str, File] = {}
    for file in files:
        known = found.get(file.name)
        if known is None or len(file.languages) >= len(known.languages):
            found[file.name] = file
    return tuple(found.values())


def _failed(state: JobState, event: events_pb2.Event) -> JobState:
    failed, tag = event.failed, event.envelope.target_language
    fault = Fault(failed.code, failed.message, failed.hint, event.envelope.stage, failed.retryable)
    if tag:
        failure = replace(state.languages[tag], state=State.FAILED, error=fault)
        return _with_language(state, tag, failure)
    state = replace(state, error=fault)
    return _ended(state, State.FAILED, event.envelope.emitted_at_ms, fault.message)


def _settled(state: JobState, event: events_pb2.Event) -> JobState:
    """Ends the job when every language has ended."""
    languages = state.languages.values()
    if state.state.ended or not all(each.state.ended for each in languages):
        return _measured(state)
    faults = [each.error for each in languages if each.error is not None]
    now_ms = event.envelope.emitted_at_ms
    if len(faults) == len(languages):
        return _ended(replace(state, error=faults[0]), State.FAILED, now_ms, faults[0].message)
    clean = not faults and not _grave(state)
    return _ended(state, State.COMPLETED if clean else State.COMPLETED_WITH_WARNINGS, now_ms, "")


def _ended(state: JobState, end: State, now_ms: int, message: str) -> JobState:
    """The job's end; languages that have not ended go with it."""
    languages = {
        tag: each if each.state.ended else replace(each, state=end, error=state.error)
        for tag, each in state.languages.items()
    }
    return replace(
        state,
        state=end,
        languages=languages,
        progress=1.0 if end.delivered else state.progress,
        stage_progress=1.0 if end.delivered else state.stage_progress,
        message=message,
        updated_at_ms=max(now_ms, state.updated_at_ms),
        finished_at_ms=now_ms,
    )


def _grave(state: JobState) -> list[Notice]:
    """The warnings that a person should look at before using the result."""
    return [n for n in state.warnings if n.code not in WARNINGS or WARNINGS[n.code].grave]


def _with_language(state: JobState, tag: str, language: LanguageState) -> JobState:
    return replace(state, languages={**state.languages, tag: language})


def _with_engines(known: tuple[EngineUsed, ...], event: events_pb2.Event) -> tuple[EngineUsed, ...]:
    said = [
        EngineUsed(each.stage, each.engine.id, each.engine.version)
        for each in (*event.completed.engines, *event.products.muxing.headline.engines)
    ]
    return tuple(dict.fromkeys((*known, *said)))


def _warned(
    state: JobState, warnings: Iterable[common_pb2.Warning], event: events_pb2.Event
) -> JobState:
    said = [
        Notice(
            each.code,
            each.message,
            each.stage or event.envelope.stage,
            each.line_id,
            each.target_language or event.envelope.target_language,
        )
        for each in warnings
    ]
    # Muxing repeats, for its language, what earlier stages said for all.
    new = [notice for notice in said if replace(notice, language="") not in state.warnings]
    merged = tuple(dict.fromkeys((*state.warnings, *new)))
    return replace(state, warnings=merged[:MAX_WARNINGS])


def _file(file: muxing_pb2.OutputFile) -> File:
    return File(
        name=file.name,
        kind=file.kind,
        key=file.key,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        language=file.target_language,
        languages=tuple(file.languages),
    )


def _headline(report: muxing_pb2.ReportDocument) -> dict[str, object]:
    told = json_format.MessageToDict(
        report, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {name: value for name, value in told.items() if name not in _NOT_IN_THE_HEADLINE}


# --- in figures ------------------------------------------------------------------------------


def pieces(state: JobState) -> dict[str, tuple[int, int]]:
    """Stage -> pieces of its work that are done, and all; 0 of 0 while they are not known."""
    count = len(state.languages)
    return {
        stage.name: (
            sum(fraction >= 1 for fraction in state.units.get(stage.name, {}).values()),
            stage.total(parts=state.parts, languages=count),
        )
        for stage in _stages(state)
    }
