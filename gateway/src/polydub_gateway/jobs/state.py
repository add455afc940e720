"""What is known of a job: plain frozen data, kept as JSON in the database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from polydub.pipeline import STAGES, stages_of
from polydub.v1 import events_pb2

MIN_PROGRESS_FOR_ETA = 0.03
MAX_ETA_S = 48 * 3600.0


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
    engines: tuple[EngineUsed, ...] = ()
    usage: tuple[Billed, ...] = ()
    warnings: tuple[Notice, ...] = ()
    files: tuple[File, ...] = ()
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    """What edits start from: stage, or ``stage/language`` -> part -> the document's key."""
    error: Fault | None = None
    started_at_ms: int = 0
    updated_at_ms: int = 0
    finished_at_ms: int = 0

    @classmethod
    def queued(cls, job_id: str, revision: int, spec: events_pb2.DubSpec) -> JobState:
        """A job whose accepted event is on its way."""
        return cls(
            job_id,
            revision,
            stages=tuple(stage.name for stage in stages_of(spec)),
            languages={tag: LanguageState() for tag in spec.target_languages},
        )

    @property
    def eta_s(self) -> float | None:
        """Seconds left at the pace so far; None while too little is known, or at the end."""
        earned = self.progress - self.reused
        elapsed_s = (self.updated_at_ms - self.started_at_ms) / 1000
        if self.state is not State.PROCESSING or elapsed_s <= 0 or earned < MIN_PROGRESS_FOR_ETA:
            return None
        return min(MAX_ETA_S, elapsed_s * (1 - self.progress) / earned)

    def heard(self, sequence: int) -> JobState:
        """The same, known to stand behind ``sequence``."""
        return replace(self, last_sequence=max(sequence, self.last_sequence))


_ADAPTER = TypeAdapter(JobState)


def dump(state: JobState) -> dict[str, Any]:
    """The state as JSON can hold it."""
    dumped: dict[str, Any] = _ADAPTER.dump_python(state, mode="json")
    return dumped


def load(data: dict[str, Any]) -> JobState:
    """What :func:`dump` wrote."""
    return _ADAPTER.validate_python(data)
