"""What jobs come to, counted for ``/metrics``.

Called behind the transaction that writes a change: by one replica, once for each change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydub import telemetry
from polydub.errors import OURS, THEIRS, fault_of
from polydub_gateway.jobs.state import Billed, JobState, State
from polydub_gateway.prices import Prices

_OF_DUBS = (
    telemetry.QUALITY,
    telemetry.ONSET_SECONDS,
    telemetry.OVERLAP,
    telemetry.LOUDNESS_LU,
    telemetry.HEARD_ERROR,
)


def count(
    before: JobState, after: JobState, prices: Prices, *, accepted_at_ms: int, source_s: float
) -> None:
    """Counts what came with a change of a job.

    Args:
        accepted_at_ms: when its revision was accepted; 0: not known.
        source_s: the length of its video.
    """
    _expect(after)
    _count_cost(before, after, prices)
    if after.revision != before.revision:
        return
    _count_lines(before, after)
    for tag in delivered(before, after):
        telemetry.PARTS.labels(language=tag).inc(after.parts)
        telemetry.DUBBED_SECONDS.labels(language=tag).inc(source_s)
        _measure(tag, after.languages[tag].headline or {})
    if after.state.ended and not before.state.ended:
        telemetry.JOBS.labels(state=after.state, fault=whose_fault(after)).inc()
        if accepted_at_ms:
            took_s = max(0, after.finished_at_ms - accepted_at_ms) / 1000
            telemetry.JOB_SECONDS.labels(state=after.state).observe(took_s, telemetry.exemplar())


def whose_fault(job: JobState) -> str:
    """Whose fault it is that a job failed: theirs only where nothing in it is ours; else empty."""
    if job.state is not State.FAILED:
        return ""
    errors = (job.error, *(language.error for language in job.languages.values()))
    faults = {fault_of(error.code) for error in errors if error is not None}
    return THEIRS if faults == {THEIRS} else OURS


def _expect(job: JobState) -> None:
    """Tells of a job's languages before anything came: else the first dub is no rise."""
    for tag in job.languages:
        for metric in (telemetry.PARTS, telemetry.DUBBED_SECONDS, *_OF_DUBS):
            metric.labels(language=tag)


def delivered(before: JobState, after: JobState) -> list[str]:
    """The languages that are finished now and were not before."""
    done = (tag for tag, each in before.languages.items() if each.state.delivered)
    known = set(done) if after.revision == before.revision else set()
    return [
        tag for tag, each in after.languages.items() if each.state.delivered and tag not in known
    ]


def _count_cost(before: JobState, after: JobState, prices: Prices) -> None:
    known = {(each.stage, each.engine, each.unit): each.quantity for each in before.usage}
    for each in after.usage:
        used = each.quantity - known.get((each.stage, each.engine, each.unit), 0.0)
        (cost,) = prices.costs([Billed(each.stage, each.engine, each.unit, used)])
        if cost.amount and used > 0:
            telemetry.COST.labels(each.stage, each.engine, prices.currency).inc(cost.amount)


def _count_lines(before: JobState, after: JobState) -> None:
    for sound, now, then in (
        ("spoken", after.lines_spoken, before.lines_spoken),
        ("reused", after.lines_reused, before.lines_reused),
    ):
        if now > then:
            telemetry.LINES.labels(sound=sound).inc(now - then)


def _measure(tag: str, headline: Mapping[str, Any]) -> None:
    """What a finished dub's report measures; what it did not is no figure."""
    if not headline.get("lines"):
        return
    onset_ms = headline.get("onset_offset_ms", {}).get("p95")
    figures = (
        headline.get("quality"),
        None if onset_ms is None else onset_ms / 1000,
        headline.get("speech_overlap"),
        abs(headline.get("loudness_delta_lu", 0.0)),
        headline.get("back_recognition_error"),
    )
    for metric, figure in zip(_OF_DUBS, figures, strict=True):
        if figure is not None and figure >= 0:
            metric.labels(language=tag).observe(figure)
