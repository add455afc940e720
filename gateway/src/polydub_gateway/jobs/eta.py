"""How long a job still takes: what it was expected to, at the pace that it goes. Pure.

The expectation is made when the job is accepted, of what this deployment has measured, and travels
in the accepted event: so that whoever folds the same events says the same. It tells for each stage
by how much it lengthens the job; see :mod:`polydub_gateway.estimates.rates`.

    left  = what is expected of the current stage's rest and of the stages behind it
    done  = what was expected of the work that was really done, not found in the store
    spent = what that has taken
    pace  = (spent + PATIENCE * left) / (done + PATIENCE * left)
    eta   = left * pace

With little done the expectation holds, towards the end the job's own pace does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polydub_gateway.jobs.state import JobState

PATIENCE = 0.3
"""How much of what is left has to be done until the job's own pace counts as much as the
expectation."""
MIN_PROGRESS = 0.03
MAX_ETA_S = 48 * 3600.0
_SLOWEST, _FASTEST = 10.0, 0.2
"""More than that is no pace: something stood still."""


def eta_s(state: JobState) -> float | None:
    """Seconds left behind the last event; None while too little is known, and at the end.

    Waiting for the job's first stage is not foreseen.
    """
    if state.state.ended:
        return None
    if sum(state.expected.values()) <= 0:
        return _at_its_own_pace(state)
    course = _course(state)
    patience = PATIENCE * course.left_s
    if course.done_s + patience <= 0:
        return 0.0
    pace = (course.spent_s + patience) / (course.done_s + patience)
    return min(MAX_ETA_S, course.left_s * min(_SLOWEST, max(_FASTEST, pace)))


def lengthened_s(state: JobState) -> dict[str, float]:
    """By how much each stage has lengthened a job so far; the sum is the time since its start."""
    if not state.started_at_ms:
        return dict.fromkeys(state.stages, 0.0)
    found, before_ms, current = {}, state.started_at_ms, _place(state)
    for place, stage in enumerate(state.stages):
        work = state.work.get(stage)
        ended_ms = state.updated_at_ms if place >= current else work.ended_at_ms if work else 0
        found[stage] = max(0, ended_ms - before_ms) / 1000
        before_ms = max(before_ms, ended_ms)
    return found


@dataclass(frozen=True)
class _Course:
    """A job against its expectation, in seconds."""

    left_s: float
    done_s: float
    spent_s: float


def _course(state: JobState) -> _Course:
    left_s = done_s = spent_s = 0.0
    taken, current = lengthened_s(state), _place(state)
    for place, stage in enumerate(state.stages):
        expected_s = state.expected.get(stage, 0.0)
        done = _done(state, stage) if place == current else float(place < current)
        left_s += expected_s * (1 - done)
        fresh = _fresh_share(state, stage)
        done_s += expected_s * done * fresh
        # What nobody expected, and what was found, says nothing about the pace.
        spent_s += taken[stage] * fresh if expected_s > 0 else 0.0
    return _Course(left_s, done_s, spent_s)


def _done(state: JobState, stage: str) -> float:
    """How much of the current stage is behind it, of what there was when it became current."""
    work = state.work.get(stage)
    before = work.share_before if work else 0.0
    if before >= 1:
        return 1.0
    return min(1.0, max(0.0, (state.stage_progress - before) / (1 - before)))


def _fresh_share(state: JobState, stage: str) -> float:
    work = state.work.get(stage)
    if work is None or not work.reused:
        return 1.0
    return work.fresh / (work.fresh + work.reused)


def _place(state: JobState) -> int:
    """The place of the current stage; behind all at a good end."""
    if state.state.delivered:
        return len(state.stages)
    return state.stages.index(state.stage) if state.stage in state.stages else 0


def _at_its_own_pace(state: JobState) -> float | None:
    earned = state.progress - state.reused
    elapsed_s = (state.updated_at_ms - state.started_at_ms) / 1000
    if not state.started_at_ms or elapsed_s <= 0 or earned < MIN_PROGRESS:
        return None
    return min(MAX_ETA_S, elapsed_s * (1 - state.progress) / earned)


def expectation(wall_s: Mapping[str, float | None]) -> dict[str, float]:
    """What is expected of a job's stages; empty where something of it is not known."""
    known = {stage: seconds for stage, seconds in wall_s.items() if seconds is not None}
    return known if len(known) == len(wall_s) else {}
