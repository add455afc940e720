"""What a job that has ended teaches about the rates. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from polydub.pipeline import BY_NAME, Scope, Stage
from polydub_gateway.estimates.rates import (
    OVERRUN,
    OVERRUN_SQUARED,
    WALL_SECONDS,
    WORKER_SECONDS,
    RateKey,
    Rates,
    Sample,
)
from polydub_gateway.jobs.eta import lengthened_s
from polydub_gateway.jobs.state import JobState, State

PER_LANGUAGE = (Scope.PART_AND_LANGUAGE, Scope.LANGUAGE)
_FRESH_SHARE = 0.9
"""The share of a job's pieces that have to be made now for its time to teach something."""
_MOST_OVER = 4.0
"""A job that took longer than that many times what was expected counts as if it had not: it may
have been stopped for a night. Should it really be so slow now, a few jobs bring the rates there."""


def samples_of(state: JobState, duration_s: float, rates: Rates) -> list[Sample]:
    """What an ended job teaches.

    Args:
        duration_s: of the source.
        rates: those measured before; they say what services were billed for until now.
    """
    return [
        *_of_work(state, duration_s),
        *_of_use(state, duration_s, rates),
        *_of_time(state),
    ]


def source_s(stage: Stage, duration_s: float, languages: int) -> float:
    """The seconds of source that a stage works through in a job."""
    return duration_s * languages if stage.scope in PER_LANGUAGE else duration_s


def _of_work(state: JobState, duration_s: float) -> Iterator[Sample]:
    """What was made now, stage by stage and engine by engine, whatever became of the rest."""
    for stage, work in state.work.items():
        for engine, measured in work.engines.items():
            base = _covered_s(state, stage, measured.pieces, duration_s)
            yield Sample(RateKey(stage, engine, WORKER_SECONDS), measured.seconds, base)


def _of_use(state: JobState, duration_s: float, rates: Rates) -> Iterator[Sample]:
    """What was billed for it. A later revision bills for what only that one did: it teaches none.

    What a service was billed for before and not now is a use as well: none.
    """
    if state.revision > 0:
        return
    for stage, work in state.work.items():
        covered_s = {
            engine: _covered_s(state, stage, measured.pieces, duration_s)
            for engine, measured in work.engines.items()
        }
        used = {
            (each.engine, each.unit): each.quantity for each in state.usage if each.stage == stage
        }
        for engine in (*covered_s, *rates.helping_engines(stage)):
            used = (
                dict.fromkeys(((engine, unit) for unit in rates.billed(stage, engine)), 0.0) | used
            )
        for (engine, unit), quantity in used.items():
            # Of another stage's engine, that was called, it is for all that was done here.
            base = covered_s.get(engine, sum(covered_s.values()))
            yield Sample(RateKey(stage, engine, unit), quantity, base)


def _of_time(state: JobState) -> Iterator[Sample]:
    """How long it took, where all of it was made now and nothing failed."""
    if not _is_whole(state):
        return
    taken = lengthened_s(state)
    over = sum(taken.values()) / state.expected_s if state.expected_s else 1.0
    counted = min(1.0, _MOST_OVER / over) if over > 0 else 1.0
    for stage, seconds in taken.items():
        worked_s = sum(each.seconds for each in state.work[stage].engines.values())
        yield Sample(RateKey(stage, "", WALL_SECONDS), counted * seconds, worked_s)
    if state.expected_s:
        over = min(over, _MOST_OVER)
        yield Sample(RateKey("", "", OVERRUN), over, 1.0)
        yield Sample(RateKey("", "", OVERRUN_SQUARED), over**2, 1.0)


def _is_whole(state: JobState) -> bool:
    if any(not each.state.delivered for each in state.languages.values()):
        return False
    shares = [_fresh_share(state, stage) for stage in state.stages]
    return state.state is not State.CANCELED and min(shares) >= _FRESH_SHARE


def _fresh_share(state: JobState, stage: str) -> float:
    work, total = state.work.get(stage), _pieces(state, stage)
    return work.fresh / total if work and total else 0.0


def _covered_s(state: JobState, stage: str, pieces: int, duration_s: float) -> float:
    """The seconds of source that some pieces of a stage's work are for; parts are alike."""
    total = _pieces(state, stage)
    whole = source_s(BY_NAME[stage], duration_s, len(state.languages))
    return whole * min(1.0, pieces / total) if total else 0.0


def _pieces(state: JobState, stage: str) -> int:
    return BY_NAME[stage].total(parts=state.parts, languages=len(state.languages))
