"""The rates of this deployment: what its jobs needed, per second of source. Pure.

A rate is one sum over another, ``quantity / base``. Each job that teaches one adds to both sums,
behind ``DECAY`` times what they were: an exponentially weighted mean in which long jobs weigh more,
as their share of the work is larger. By unit:

==================  =======================================  =====================================
unit                quantity                                 base
==================  =======================================  =====================================
``worker_seconds``  what an engine's stage worked            seconds of source, times languages
                                                             where the stage works per language
``wall_seconds``    by how much a stage lengthened the jobs  worker seconds of the stage
``overrun``         real time over the expected, and ...     jobs
``overrun_squared`` ... its square                           jobs
others              what a service bills, by its own unit    as for ``worker_seconds``
==================  =======================================  =====================================

A stage lengthens a job by the time between the end of all stages before it and its own end. These
times add up to the job's, whatever went on side by side; over the worker seconds they say how much
of it that is here, with these replicas and this load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

WORKER_SECONDS = "worker_seconds"
WALL_SECONDS = "wall_seconds"
OVERRUN = "overrun"
OVERRUN_SQUARED = "overrun_squared"
_OF_TIME = (WORKER_SECONDS, WALL_SECONDS, OVERRUN, OVERRUN_SQUARED)

DECAY = 0.9
"""What a job weighs against the next one: about the last ten count."""


@dataclass(frozen=True, order=True)
class RateKey:
    """What a rate is about."""

    stage: str
    engine: str
    unit: str


@dataclass(frozen=True)
class Sample:
    """What one job teaches about a rate."""

    key: RateKey
    quantity: float
    base: float


@dataclass(frozen=True)
class Rate:
    """A measured rate."""

    quantity: float
    base: float
    jobs: int = 1
    updated_at_ms: int = 0

    @property
    def value(self) -> float:
        return self.quantity / self.base


@dataclass(frozen=True)
class Rates:
    """All that has been measured."""

    known: Mapping[RateKey, Rate] = field(default_factory=dict)

    def value(self, stage: str, engine: str, unit: str) -> float | None:
        """A rate; None where it was not measured."""
        rate = self.known.get(RateKey(stage, engine, unit))
        return None if rate is None else rate.value

    def billed(self, stage: str, engine: str) -> dict[str, float]:
        """What a service bills, by its unit, per second of source."""
        return {
            key.unit: rate.value
            for key, rate in self.known.items()
            if (key.stage, key.engine) == (stage, engine) and key.unit not in _OF_TIME
        }

    def helping_engines(self, stage: str) -> set[str]:
        """The engines of other stages that a stage has used by calls of its own."""
        seen = {key.engine for key in self.known if key.stage == stage and key.engine}
        return {each for each in seen if self.value(stage, each, WORKER_SECONDS) is None}

    def latest_engine(self, stage: str) -> str | None:
        """The engine that was measured last in a stage; None where none was."""
        found = {
            key.engine: rate.updated_at_ms
            for key, rate in self.known.items()
            if key.stage == stage and key.unit == WORKER_SECONDS
        }
        return max(sorted(found), key=found.__getitem__) if found else None


NOTHING_MEASURED = Rates()


def learned(rates: Rates, samples: Iterable[Sample], now_ms: int) -> Rates:
    """The rates behind one more job."""
    fresh = {
        sample.key: _learned(rates.known.get(sample.key), sample, now_ms)
        for sample in samples
        if sample.base > 0
    }
    return replace(rates, known={**rates.known, **fresh})


def _learned(known: Rate | None, sample: Sample, now_ms: int) -> Rate:
    if known is None:
        return Rate(sample.quantity, sample.base, 1, now_ms)
    return Rate(
        quantity=DECAY * known.quantity + sample.quantity,
        base=DECAY * known.base + sample.base,
        jobs=known.jobs + 1,
        updated_at_ms=now_ms,
    )
