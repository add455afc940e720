"""How time and memory grow with a file's length: the exponent b of time ~ length^b."""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import processes
from jobs import clip_of, dub, report_of, timing_of
from stack import Stack
from tables import table

from polydub.pipeline import STAGES

MINUTES = (1.0, 4.0, 16.0, 60.0)
_WARM_UP_S = 12


@dataclass(frozen=True)
class Length:
    """What a file of one length took."""

    minutes: float
    wall_s: float
    """From the job's first event to its last; the upload is not in it."""
    handlers_s: Mapping[str, float]
    """By stage, summed over its replicas and parts."""
    cpu_s: Mapping[str, float]
    """By process, children included."""
    peak_mb: Mapping[str, float]
    """By process, children not counted."""
    peak_with_children_mb: Mapping[str, float]
    lines: int
    onset_p50_ms: float
    """As heard in the finished file, like the next two lines."""
    onset_p95_ms: float
    drift_ms: tuple[float, float, float]
    length_delta_ms: float

    @property
    def all_cpu_s(self) -> float:
        return sum(self.cpu_s.values())


def scaling(stack: Stack, minutes: Sequence[float], kept: Path | None) -> None:
    """Dubs the sample repeated to each length and prints what grows how.

    Args:
        kept: a JSON file to which the figures are added; the table shows all that are in it.
    """
    found = _read(kept)
    with tempfile.TemporaryDirectory() as name:
        dub(stack, clip_of(Path(name), _WARM_UP_S))  # models are loaded, children are up
        for length in minutes:
            found[length] = _measured(stack, Path(name), length)
            print(f"{length:g} min: {found[length].wall_s:.0f} s", file=sys.stderr, flush=True)
            if kept:
                kept.write_text(json.dumps([asdict(one) for one in found.values()], indent=1))
    show([found[length] for length in sorted(found)])


def _read(kept: Path | None) -> dict[float, Length]:
    if kept is None or not kept.exists():
        return {}
    return {one["minutes"]: Length(**one) for one in json.loads(kept.read_text())}


def _measured(stack: Stack, folder: Path, minutes: float) -> Length:
    clip = clip_of(folder, round(minutes * 60))
    running = processes.pids(stack)
    before = processes.cpu_s(running)
    with processes.watched_memory(running) as memory:
        job = dub(stack, clip)
    after = processes.cpu_s(running)
    clip.unlink()
    timing, report = timing_of(stack, job), report_of(stack, job, folder)
    heard = report.heard_onset_offset_ms
    return Length(
        minutes=minutes,
        wall_s=timing.wall_s,
        handlers_s={
            stage.name: sum(w.ended_s - w.began_s for w in timing.work if w.stage == stage.name)
            for stage in STAGES
            if not stage.optional
        },
        cpu_s={name: after[name] - before[name] for name in running},
        peak_mb=memory.alone,
        peak_with_children_mb=memory.with_children,
        lines=report.lines,
        onset_p50_ms=heard.p50,
        onset_p95_ms=heard.p95,
        drift_ms=(report.drift_start_ms, report.drift_middle_ms, report.drift_end_ms),
        length_delta_ms=report.duration_delta_ms,
    )


def exponent(minutes: Sequence[float], seconds: Sequence[float]) -> float:
    """b of seconds ~ minutes^b by least squares over the logarithms; NaN below two lengths."""
    if len(minutes) < 2 or min(seconds) <= 0:
        return math.nan
    return float(np.polyfit(np.log(minutes), np.log(seconds), 1)[0])


def show(lengths: Sequence[Length]) -> None:
    """One table: a row for each figure, a column for each length, the exponent at the end."""
    minutes = [one.minutes for one in lengths]
    rows: list[tuple[object, ...]] = []

    def add(
        title: str, figure: Callable[[Length], float], form: str = ".1f", *, fit: bool = False
    ) -> None:
        figures = [figure(one) for one in lengths]
        b = f"{exponent(minutes, figures):.2f}" if fit and len(figures) > 1 else ""
        rows.append((title, *(format(each, form) for each in figures), b))

    add("wall s", lambda one: one.wall_s, fit=True)
    add("CPU s, all processes", lambda one: one.all_cpu_s, fit=True)
    for name in lengths[-1].cpu_s:
        add(f"CPU s, {name}", lambda one, of=name: one.cpu_s[of], fit=True)  # type: ignore[misc]
    for name in lengths[-1].handlers_s:
        add(f"handlers s, {name}", lambda one, of=name: one.handlers_s[of], fit=True)  # type: ignore[misc]
    for name in lengths[-1].peak_mb:
        rows.append(
            (
                f"peak MB, {name} (with children)",
                *(f"{one.peak_mb[name]:.0f} ({one.peak_with_children_mb[name]:.0f})"
                  for one in lengths),
                "",
            )
        )  # fmt: skip
    add("lines", lambda one: one.lines, "d", fit=True)
    add("heard onset p50 ms", lambda one: one.onset_p50_ms)
    add("heard onset p95 ms", lambda one: one.onset_p95_ms)
    for number, where in enumerate(("start", "middle", "end")):
        add(f"drift ms, {where}", lambda one, at=number: one.drift_ms[at], "+.1f")  # type: ignore[misc]
    add("longer than the source ms", lambda one: one.length_delta_ms, "+.1f")
    table(
        f"The sample repeated to each length, to one language; {os.cpu_count()} cores;"
        f" {time.strftime('%Y-%m-%d')}",
        ("", *(f"{length:g} min" for length in minutes), "exponent"),
        rows,
    )
