"""What is known of a job: plain frozen data, kept as JSON in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from polydub.pipeline import STAGES, stages_of
from polydub.v1 import events_pb2
from polydub_gateway.jobs import eta

SUBTITLES_MENDED = "subtitles_mended"


class State(StrEnum):
    """The state of a job, or of one of its languages."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        return self not in (State.QUEUED, State.PROCESSING)

    @property
    def delivered(self) -> bool:
        return self in (State.COMPLETED, State.COMPLETED_WITH_WARNINGS)


@dataclass(frozen=True)
class Fault:
    """Why a job or a language failed; the fields of a problem document."""

    code: str
    message: str
    hint: str
    stage: str
    retryable: bool


@dataclass(frozen=True)
class Notice:
    """A warning of a stage about its result."""

    code: str
    message: str
    stage: str
    line_id: str = ""
    language: str = ""


@dataclass(frozen=True)
class File:
    """A finished file as muxing names it."""

    name: str
    kind: str
    key: str
    media_type: str
    size_bytes: int
    language: str = ""
    """Empty: of the job as a whole."""
    languages: tuple[str, ...] = ()
    """Of a file that grows with the job: the target languages in it."""


@dataclass(frozen=True)
class LanguageState:
    """One target language of a job."""

    state: State = State.QUEUED
    progress: float = 0.0
    files: tuple[File, ...] = ()
    error: Fault | None = None
    headline: dict[str, Any] | None = None
    """The report's figures, without its lines."""


@dataclass(frozen=True)
class EngineUsed:
    """An engine that took part, and in which stage."""

    stage: str
    id: str
    version: str


@dataclass(frozen=True)
class Billed:
    """What a service bills for a job, over all attempts."""

    stage: str
    engine: str
    unit: str
    quantity: float


@dataclass(frozen=True)
class Measured:
    """What an engine's pieces of work took."""

    pieces: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class StageWork:
    """What a stage has done for a job, in pieces of its work."""

    fresh: int = 0
    """Pieces that were made now."""
    reused: int = 0
    """Pieces of which all, or nearly all, was in the store."""
    engines: dict[str, Measured] = field(default_factory=dict)
    """What was made now, by the engine that made it."""
    ended_at_ms: int = 0
    """When its last piece so far was done."""
    share_before: float = 0.0
    """How much of it was done when all stages before it had ended."""


@dataclass(frozen=True)
class JobState:
    """Everything the events of one job say, folded."""

    job_id: str
    revision: int = -1
    """-1: no event has been seen and none is expected."""
    stages: tuple[str, ...] = tuple(stage.name for stage in STAGES if not stage.optional)
    """Those that the job goes through, in order."""
    last_sequence: int = 0
    """The stream sequence of the last event that was folded in."""
    state: State = State.QUEUED
    languages: dict[str, LanguageState] = field(default_factory=dict)
    parts: int = 0
    """0: not known yet."""
    units: dict[str, dict[str, float]] = field(default_factory=dict)
    """Stage -> unit of its work -> fraction done."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage -> the time its workers have spent, summed over parts and languages."""
    work: dict[str, StageWork] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    """Stage -> seconds by which it was expected to lengthen the job; empty: not measured."""
    lines_spoken: int = 0
    lines_reused: int = 0
    """Lines whose sound was in the store."""
    progress: float = 0.0
    reused: float = 0.0
    """The share of the progress that cost no time, because it was in the store."""
    stage: str = ""
    stage_progress: float = 0.0
    message: str = ""
    source_language: str = ""
    """As recognition heard it or was told it; empty until then."""
    speakers: tuple[str, ...] = ()
    """As diarization told them apart, in order of first appearance; none until then."""
    engines: tuple[EngineUsed, ...] = ()
    usage: tuple[Billed, ...] = ()
    warnings: tuple[Notice, ...] = ()
    files: tuple[File, ...] = ()
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    """What edits start from: stage, or ``stage/language`` -> part -> the document's key."""
    error: Fault | None = None
    traceparent: str = ""
    """Of the request that asked for it, as W3C writes it: its work is part of that trace."""
    started_at_ms: int = 0
    updated_at_ms: int = 0
    finished_at_ms: int = 0

    @classmethod
    def queued(
        cls,
        job_id: str,
        revision: int,
        spec: events_pb2.DubSpec,
        expected: Mapping[str, float] | None = None,
    ) -> JobState:
        """A job whose accepted event is on its way."""
        return cls(
            job_id,
            revision,
            stages=tuple(stage.name for stage in stages_of(spec)),
            languages={tag: LanguageState() for tag in spec.target_languages},
            expected=dict(expected or {}),
            warnings=tuple(_mended(spec)),
        )

    def again(
        self, revision: int, spec: events_pb2.DubSpec, expected: Mapping[str, float]
    ) -> JobState:
        """The job as it is made once more. Finished files stay until there are new ones."""
        fresh = JobState.queued(self.job_id, revision, spec, expected)
        return replace(
            fresh,
            usage=self.usage,
            files=self.files,
            traceparent=self.traceparent,
            languages={
                tag: replace(each, files=self.languages[tag].files)
                if tag in self.languages
                else each
                for tag, each in fresh.languages.items()
            },
        )

    @property
    def eta_s(self) -> float | None:
        """Seconds left behind the last event; None while too little is known, or at the end."""
        return eta.eta_s(self)

    @property
    def expected_s(self) -> float | None:
        """How long the job was expected to take; None where that was not measured."""
        return sum(self.expected.values()) or None

    def is_told(self, sequence: int) -> bool:
        """Whether who has seen ``sequence`` has seen the job end."""
        return self.state.ended and 0 < self.last_sequence <= sequence

    def heard(self, sequence: int) -> JobState:
        """The same, known to stand behind ``sequence``."""
        return replace(self, last_sequence=max(sequence, self.last_sequence))


def _mended(spec: events_pb2.DubSpec) -> Iterator[Notice]:
    """What was mended in people's own subtitles, told by the stage whose work they stand for."""
    for each in spec.subtitles:
        is_transcript = each.language == spec.source_language
        stage, target = ("asr", "") if is_transcript else ("translation", each.language)
        for sentence in each.mended:
            yield Notice(SUBTITLES_MENDED, sentence, stage, language=target)


_ADAPTER = TypeAdapter(JobState)


def dump(state: JobState) -> dict[str, Any]:
    """The state as JSON can hold it."""
    dumped: dict[str, Any] = _ADAPTER.dump_python(state, mode="json")
    return dumped


def load(data: dict[str, Any]) -> JobState:
    """What :func:`dump` wrote."""
    return _ADAPTER.validate_python(data)
