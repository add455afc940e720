"""How many replicas a load needs, by what a deployment has measured. Pure.

    work of a stage per hour = hours of source per hour x what it works per second of source
    replicas                 = that, over what one replica does while it is busy a part of its time

A replica does as many seconds of work in a second as it works on events at once. That an event then
takes as long as it was measured is taken for granted: rates have to be measured at that number.

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
PER_TALK = ("separation", "diarization", "lipsync")
"""The stages whose events are about a whole talk; the others' are about a part of it."""
BACKLOG_ROOM = 1.5
"""How many replicas there may be for each one that the load needs, so that a backlog shrinks."""
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

    @property
    def cores(self) -> float | None:
        """How many cores a worker keeps busy; None: not measured."""
        return None if self.cpu_s is None or not self.worker_s else self.cpu_s / self.worker_s


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
    talk_s: float | None = None
    """How long the talk was on which it was measured."""
    parts: int | None = None
    """In how many parts that was worked on."""


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
    concurrency: Mapping[str, int] = field(default_factory=dict)
    """Stage -> events that one of its replicas works on at once; 1 where it is not named."""


@dataclass(frozen=True)
class StagePlan:
    """What one stage needs."""

    stage: str
    replicas: int
    cpu_cores: float | None
    gpus: int
    worker_seconds_per_hour: float
    concurrency: int = 1
    """Events at once in each replica."""
    max_replicas: int = 1
    """So many may be started while there is a backlog."""
    seconds_per_event: float | None = None
    """What one event takes that waits for it; None: in how many parts is not known."""


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
    """What the load needs, at these rates.

    Raises:
        PolydubError: ``invalid_request`` where the load names a stage that was not measured.
    """
    known = ", ".join(rates.stages)
    for name in (*load.on_gpu, *load.concurrency):
        if name not in rates.stages:
            raise PolydubError(
                f"There is no measured stage {name!r}; there are: {known}.", code="invalid_request"
            )
    source_s_per_hour = load.hours_per_day * 3600 / load.busy_hours
    spoken_s = source_s_per_hour * load.languages
    stored, events = rates.stored_bytes, rates.event_bytes
    return Plan(
        tuple(_stage_plan(name, rates, load, source_s_per_hour) for name in rates.stages),
        None if stored is None else stored * spoken_s * load.busy_hours,
        None if events is None else events * spoken_s / 3600,
        rates.source,
        load,
    )


def _stage_plan(name: str, rates: Rates, load: Load, source_s_per_hour: float) -> StagePlan:
    rate, at_once = rates.stages[name], load.concurrency.get(name, 1)
    times = load.languages if name in PER_LANGUAGE else 1
    busy_s = source_s_per_hour * times * rate.worker_s
    replicas = max(1, math.ceil(busy_s / (3600 * load.busy_share * at_once)))
    event_s = _source_s_per_event(name, rates, load)
    return StagePlan(
        name,
        replicas,
        None if rate.cores is None else replicas * at_once * rate.cores,
        replicas if name in load.on_gpu else 0,
        busy_s,
        at_once,
        math.ceil(replicas * BACKLOG_ROOM),
        None if event_s is None else event_s * rate.worker_s,
    )


def _source_s_per_event(stage: str, rates: Rates, load: Load) -> float | None:
    """Seconds of source, times languages where it works per language, that an event is about."""
    if rates.talk_s is None or stage in PER_TALK:
        return rates.talk_s
    if not rates.parts:
        return None
    times = load.languages if stage == "translation" else 1  # its event is for all of them
    return times * rates.talk_s / rates.parts


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
        parts = int(told.get("parts") or 0) or None
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
        talk_s=seconds,
        parts=parts,
    )


def rates_of_estimate(
    estimate: Estimate,
    *,
    duration_s: float,
    languages: int,
    stored_bytes_per_s: float | None,
    source: str,
    parts: int | None = None,
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
        talk_s=duration_s,
        parts=parts,
    )


def _stage_rate(told: Mapping[str, Any], base_s: float) -> StageRate:
    cpu_s = told.get("cpu_s")
    return StageRate(
        float(told["worker_s"]) / base_s, None if cpu_s is None else float(cpu_s) / base_s
    )
