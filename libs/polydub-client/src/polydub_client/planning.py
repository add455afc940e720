"""How many replicas a load needs, by what a deployment has measured. Pure.

    work of a stage per hour = hours of source per hour x what it works per second of source
    replicas                 = that, over what one replica does while it is busy a part of its time

Nothing here is guessed: a figure that was not measured is None, and what follows from it, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from polydub_client.errors import PolydubError
from polydub_client.models import Estimate

PER_LANGUAGE = ("translation", "tts", "muxing", "lipsync")
"""The stages that work once for each target language; the others once for the source."""
HOW_TO_MEASURE = (
    "Dub a few videos like those to come: the server measures itself, and `polydub plan` then asks "
    "it. Or measure a stack of your own: `make bench BENCH=--rates` writes a file for --rates."
)


@dataclass(frozen=True)
class StageRate:
    """What a stage needs for a second of source; times languages where it works per language."""

    worker_s: float
    """Seconds in which one of its workers is busy."""
    cpu_s: float | None = None
    """Seconds of CPU, over all cores."""


@dataclass(frozen=True)
class Rates:
    """What was measured, for one second of source."""

    stages: Mapping[str, StageRate]
    stored_bytes: float | None = None
    """Of all that is kept, times languages."""
    event_bytes: float | None = None
    """Of all that travels through the broker, times languages."""
    source: str = ""
    """Where it was measured."""


@dataclass(frozen=True)
class Load:
    """What is to be dubbed."""

    hours_per_day: float
    languages: int = 1
    busy_hours: float = 24.0
    """In how many hours of the day it comes."""
    busy_share: float = 0.7
    """The part of its time in which a replica works: the rest keeps queues short."""
    on_gpu: Collection[str] = ()
    """The stages that run on a GPU each."""


@dataclass(frozen=True)
class StagePlan:
    """What one stage needs."""

    stage: str
    replicas: int
    cpu_cores: float | None
    gpus: int
    worker_seconds_per_hour: float


@dataclass(frozen=True)
class Plan:
    """What a deployment needs for a load."""

    stages: tuple[StagePlan, ...]
    storage_bytes_per_day: float | None
    broker_bytes_per_s: float | None
    measured: str
    load: Load = field(default_factory=lambda: Load(0.0))

    @property
    def cpu_cores(self) -> float | None:
        known = [each.cpu_cores for each in self.stages]
        return None if None in known else sum(filter(None, known))

    @property
    def gpus(self) -> int:
        return sum(each.gpus for each in self.stages)


def plan(rates: Rates, load: Load) -> Plan:
    """What the load needs, at these rates."""
    source_s_per_hour = load.hours_per_day * 3600 / load.busy_hours
    stages = []
    for name, rate in rates.stages.items():
        times = load.languages if name in PER_LANGUAGE else 1
        busy_s = source_s_per_hour * times * rate.worker_s
        replicas = max(1, math.ceil(busy_s / (3600 * load.busy_share)))
        cores = None if rate.cpu_s is None else replicas * rate.cpu_s / rate.worker_s
        gpus = replicas if name in load.on_gpu else 0
        stages.append(StagePlan(name, replicas, cores, gpus, busy_s))
    spoken_s = source_s_per_hour * load.languages
    stored, events = rates.stored_bytes, rates.event_bytes
    return Plan(
        tuple(stages),
        None if stored is None else stored * spoken_s * load.busy_hours,
        None if events is None else events * spoken_s / 3600,
        rates.source,
        load,
    )


def rates_of_file(text: str, source: str) -> Rates:
    """The rates in a file that ``make bench BENCH=--rates`` wrote.

    Raises:
        PolydubError: ``invalid_request`` where it is none.
    """
    try:
        told = json.loads(text)
        seconds, languages = float(told["source_s"]), int(told["languages"])
        stages = {
            name: _stage_rate(each, seconds * (languages if name in PER_LANGUAGE else 1))
            for name, each in told["stages"].items()
        }
        stored, events = told.get("stored_bytes"), told.get("event_bytes")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolydubError(
            f"{source} has no measured rates.", code="invalid_request", hint=HOW_TO_MEASURE
        ) from error
    spoken_s = seconds * languages
    return Rates(
        stages,
        None if stored is None else stored / spoken_s,
        None if events is None else events / spoken_s,
        source,
    )


def rates_of_estimate(
    estimate: Estimate,
    *,
    duration_s: float,
    languages: int,
    stored_bytes_per_s: float | None,
    source: str,
) -> Rates:
    """The rates that a deployment has measured, as its estimate of one of its videos tells them.

    Raises:
        PolydubError: ``not_measured`` while some stage was not measured.
    """
    missing = [each.stage for each in estimate.stages if not each.worker_seconds]
    if not estimate.stages or missing or duration_s <= 0:
        what = ", ".join(missing) or "its stages"
        raise PolydubError(
            f"{source} has not measured {what} yet.", code="not_measured", hint=HOW_TO_MEASURE
        )
    return Rates(
        {
            each.stage: StageRate(
                (each.worker_seconds or 0.0)
                / (duration_s * (languages if each.stage in PER_LANGUAGE else 1))
            )
            for each in estimate.stages
        },
        stored_bytes=stored_bytes_per_s,
        source=source,
    )


def _stage_rate(told: Mapping[str, Any], base_s: float) -> StageRate:
    cpu_s = told.get("cpu_s")
    return StageRate(
        float(told["worker_s"]) / base_s, None if cpu_s is None else float(cpu_s) / base_s
    )
