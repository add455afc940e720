"""THE list of stages: what each consumes, emits and counts. Everything else reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

GATEWAY = "gateway"
WHOLE_TALK = -1
"""The part number of events that concern the talk as a whole."""


class Outcome(StrEnum):
    """The third token of a subject: what happened."""

    ACCEPTED = "accepted"
    CANCELED = "canceled"
    COMPLETED = "completed"
    PROGRESSED = "progressed"
    FAILED = "failed"


class Lane(StrEnum):
    """Which of a stage's two queues an event waits in."""

    PROMPT = "prompt"
    """What somebody waits for."""
    BULK = "bulk"
    """What may wait: it gets every fourth turn, or all of them where nothing is prompt."""


class Scope(StrEnum):
    """What one event of a stage is about, and so how many of them a job needs."""

    JOB = "job"
    PART = "part"
    PART_AND_LANGUAGE = "part and language"
    LANGUAGE = "language"


@dataclass(frozen=True)
class Stage:
    """One stage. Its name is its folder, package suffix, image, subject token and metric label."""

    name: str
    consumes: tuple[str, Outcome]
    scope: Scope
    service: str
    """The proto service, without its package."""
    weight: float
    """Its usual share of a job's work, for progress and ETA before anything is measured."""
    optional: bool = False
    """It works only on jobs whose ``DubSpec`` has the field of its name set."""

    @property
    def package(self) -> str:
        return f"polydub_{self.name}"

    def total(self, *, parts: int, languages: int) -> int:
        """How many completed events of this stage a job of that size ends up with."""
        return {
            Scope.JOB: 1,
            Scope.PART: parts,
            Scope.PART_AND_LANGUAGE: parts * languages,
            Scope.LANGUAGE: languages,
        }[self.scope]

    @property
    def consumed_subject(self) -> str:
        """The subject filter of this stage's consumer of prompt events."""
        return self.subject_in(Lane.PROMPT)

    def subject_in(self, lane: Lane) -> str:
        """The subject filter of this stage's consumer of a lane."""
        source, outcome = self.consumes
        return subject(source, outcome, lane=lane)

    def consumer_in(self, lane: Lane) -> str:
        """The name of the consumer that all replicas share."""
        return self.name if lane is Lane.PROMPT else f"{self.name}-{lane}"


STAGES: tuple[Stage, ...] = (
    Stage("separation", (GATEWAY, Outcome.ACCEPTED), Scope.JOB, "Separation", 0.25),
    Stage("diarization", ("separation", Outcome.COMPLETED), Scope.JOB, "Diarization", 0.10),
    Stage("asr", ("diarization", Outcome.COMPLETED), Scope.PART, "Asr", 0.35),
    Stage("translation", ("asr", Outcome.COMPLETED), Scope.PART_AND_LANGUAGE, "Translation", 0.05),
    Stage("tts", ("translation", Outcome.COMPLETED), Scope.PART_AND_LANGUAGE, "Tts", 0.10),
    Stage("muxing", ("tts", Outcome.COMPLETED), Scope.LANGUAGE, "Muxing", 0.15),
    Stage("lipsync", ("muxing", Outcome.COMPLETED), Scope.LANGUAGE, "Lipsync", 0.50, optional=True),
)

BY_NAME: dict[str, Stage] = {stage.name: stage for stage in STAGES}


def stages_of(asked: object) -> tuple[Stage, ...]:
    """The stages that a job goes through; behind the last one, a language is done.

    Args:
        asked: a ``DubSpec``, or what has a field like it for each optional stage.
    """
    return tuple(each for each in STAGES if not each.optional or getattr(asked, each.name))


STREAM = "POLYDUB"
STREAM_SUBJECTS = "polydub.v1.>"
DEAD_STREAM = "POLYDUB_DEAD"
DEAD_SUBJECTS = "polydub.dead.v1.>"


def subject(source: str, outcome: Outcome, job_id: str = "*", *, lane: Lane = Lane.PROMPT) -> str:
    """``polydub.v1.<stage>.<what>.<job_id>``; without a job id, the filter for all jobs.

    ``<what>`` is the outcome, with ``-bulk`` behind it where the event waits in that lane.
    """
    what = outcome if lane is Lane.PROMPT else f"{outcome}-{lane}"
    return f"polydub.v1.{source}.{what}.{job_id}"


def job_subjects(job_id: str) -> str:
    """The filter for everything that happens to one job."""
    return f"polydub.v1.*.*.{job_id}"


def dead_subject(stage: str, job_id: str) -> str:
    """Where a message goes that a stage could not handle."""
    return f"polydub.dead.v1.{stage}.{job_id}"
