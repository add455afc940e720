"""Estimates: the work of a job, stage by stage, times the measured rates. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from polydub.pipeline import STAGES, Scope, Stage, stages_of
from polydub.v1 import events_pb2
from polydub_gateway.estimates.rates import (
    OVERRUN,
    OVERRUN_SQUARED,
    WALL_SECONDS,
    WORKER_SECONDS,
    RateKey,
    Rates,
)
from polydub_gateway.estimates.samples import PER_LANGUAGE, source_s
from polydub_gateway.jobs.eta import expectation
from polydub_gateway.jobs.progress import pieces
from polydub_gateway.jobs.state import Billed, JobState
from polydub_gateway.prices import Prices

_JOBS_FOR_A_BOUND = 3
_DEVIATIONS = 2.0
"""Standard deviations above the mean: few jobs take longer."""


@dataclass(frozen=True)
class Task:
    """What an engine is to do in a stage."""

    stage: str
    engine: str
    source_s: float
    """Seconds of source, times languages where the stage works per language."""
    is_cloud: bool = False
    """A service does it, which may bill."""
    helps: bool = False
    """It is another stage's, whose time is in that of the stage that calls it."""


@dataclass(frozen=True)
class StageEstimate:
    """What a stage is expected to need; None where it was not measured or has no price."""

    stage: str
    engines: tuple[str, ...]
    seconds: float | None
    """By how much it lengthens the job."""
    worker_seconds: float | None
    cost: float | None


@dataclass(frozen=True)
class Estimate:
    """What a job is expected to need; None where something of it is not known."""

    seconds: float | None
    """From its first stage's start to its end."""
    seconds_at_most: float | None
    """Few jobs take longer."""
    cost: float | None
    currency: str
    stages: tuple[StageEstimate, ...]

    @property
    def is_measured(self) -> bool:
        return self.seconds is not None

    @property
    def expected_s(self) -> dict[str, float]:
        """Stage -> seconds, as a job's events carry it; empty where one is not known."""
        return expectation({each.stage: each.seconds for each in self.stages})


def estimate(tasks: Sequence[Task], rates: Rates, prices: Prices) -> Estimate:
    """What the tasks of one job need together.

    A stage's seconds are its worker seconds (source seconds times the rate of the engine), times
    the wall seconds that such work takes here.
    """
    of_stage = {stage: [t for t in tasks if t.stage == stage] for stage in _names(tasks)}
    stages = tuple(
        _of_stage(stage, [*each, *_helping(stage, tasks, rates)], rates, prices)
        for stage, each in of_stage.items()
    )
    seconds = _total(each.seconds for each in stages)
    return Estimate(
        seconds=seconds,
        seconds_at_most=_bound(seconds, rates),
        cost=_total(each.cost for each in stages),
        currency=prices.currency,
        stages=stages,
    )


def usual_tasks(
    rates: Rates, duration_s: float, languages: int, stages: Iterable[Stage] | None = None
) -> list[Task]:
    """The tasks of a dub with the engines that were used last, where nobody has chosen any."""
    return [
        Task(
            stage.name, rates.latest_engine(stage.name) or "",
            source_s(stage, duration_s, languages), is_cloud=True,
        )
        for stage in stages or [each for each in STAGES if not each.optional]
    ]  # fmt: skip


def again_s(
    before: JobState,
    stale: Iterable[str],
    spec: events_pb2.DubSpec,
    rates: Rates,
    duration_s: float,
) -> dict[str, float]:
    """What is expected of a job that is made once more: only of what has to be made.

    That are the stages that were not done, the languages that were not delivered, and the last
    stages of languages in which something was corrected. Empty where nothing is known.
    """
    delivered = {tag for tag, each in before.languages.items() if each.state.delivered}
    new = {tag for tag in spec.target_languages if tag not in delivered}
    corrected = new | (set(stale) & delivered)
    expected: dict[str, float | None] = {}
    done = pieces(before)
    for stage in stages_of(spec):
        if stage.scope not in PER_LANGUAGE:
            finished, total = done.get(stage.name, (0, 0))
            needed = 0 if total and finished >= total else 1
        else:
            # Of corrected languages, only the stages behind the lines work on everything.
            needed = len(corrected if stage.scope is Scope.LANGUAGE else new)
        tasks = usual_tasks(rates, duration_s, needed, [stage]) if needed else []
        expected[stage.name] = _wall_s(stage.name, _worker_s(tasks, rates), rates)
    return expectation(expected)


def _helping(stage: str, tasks: Sequence[Task], rates: Rates) -> list[Task]:
    """What a stage will use, by calls of its own, of engines chosen for others."""
    source_s = sum(task.source_s for task in tasks if task.stage == stage)
    chosen = sorted({task.engine for task in tasks} & rates.helping_engines(stage))
    return [Task(stage, engine, source_s, is_cloud=True, helps=True) for engine in chosen]


def _of_stage(stage: str, tasks: Sequence[Task], rates: Rates, prices: Prices) -> StageEstimate:
    own = [task for task in tasks if not task.helps]
    worker_s = _worker_s(own, rates)
    return StageEstimate(
        stage=stage,
        engines=tuple(dict.fromkeys(task.engine for task in own if task.engine)),
        seconds=_wall_s(stage, worker_s, rates),
        worker_seconds=worker_s,
        cost=_total(_cost(task, rates, prices) for task in tasks),
    )


def _worker_s(tasks: Iterable[Task], rates: Rates) -> float | None:
    return _total(
        _times(task.source_s, rates.value(task.stage, task.engine, WORKER_SECONDS))
        for task in tasks
    )


def _wall_s(stage: str, worker_s: float | None, rates: Rates) -> float | None:
    if worker_s == 0:
        return 0.0
    return None if worker_s is None else _times(worker_s, rates.value(stage, "", WALL_SECONDS))


def _cost(task: Task, rates: Rates, prices: Prices) -> float | None:
    measured = rates.value(task.stage, task.engine, WORKER_SECONDS)
    is_measured = task.helps or measured is not None
    if task.source_s == 0 or (not task.is_cloud and not is_measured):
        return 0.0
    if not is_measured:
        return None
    billed = rates.billed(task.stage, task.engine)
    return prices.total(
        [
            Billed(task.stage, task.engine, unit, rate * task.source_s)
            for unit, rate in billed.items()
        ]
    )


def _bound(seconds: float | None, rates: Rates) -> float | None:
    """``seconds`` times the mean and two deviations of what jobs took over what was expected."""
    overrun = rates.known.get(RateKey("", "", OVERRUN))
    squared = rates.value("", "", OVERRUN_SQUARED)
    if seconds is None or overrun is None or squared is None or overrun.jobs < _JOBS_FOR_A_BOUND:
        return None
    deviation = math.sqrt(max(0.0, squared - overrun.value**2))
    return seconds * max(1.0, overrun.value + _DEVIATIONS * deviation)


def _times(amount: float, rate: float | None) -> float | None:
    if amount == 0:
        return 0.0
    return None if rate is None else amount * rate


def _total(amounts: Iterable[float | None]) -> float | None:
    """The sum; None where one is not known."""
    every = list(amounts)
    known = [amount for amount in every if amount is not None]
    return sum(known) if len(known) == len(every) else None


def _names(tasks: Iterable[Task]) -> Mapping[str, None]:
    return dict.fromkeys(task.stage for task in tasks)
