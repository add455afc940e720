"""What engines of all stages have in common: identity, availability, and the choice."""

from __future__ import annotations

import threading
import time
from abc import ABC
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Generic, TypeVar

from polydub import languages, telemetry
from polydub.errors import EngineUnavailable, StageError
from polydub.settings import listed
from polydub.v1 import common_pb2

AUTO = "auto"


class Quality(IntEnum):
    """How good the result is, told to users in one word. Values equal the proto's."""

    DRAFT = common_pb2.QUALITY_DRAFT
    STANDARD = common_pb2.QUALITY_STANDARD
    STUDIO = common_pb2.QUALITY_STUDIO


@dataclass(frozen=True)
class LanguagePair:
    """A direction of translation and the pivots on its way."""

    source: str
    target: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What an engine declares of itself; shown to users as it stands."""

    name: str
    version: str
    quality: Quality
    licence: str
    commercial_use: bool
    languages: frozenset[str] = frozenset()
    """Tags heard or spoken; empty where language does not matter."""
    pairs: tuple[LanguagePair, ...] = ()
    neural: bool = False
    cloning: bool = False
    device: str = "cpu"
    limits: tuple[str, ...] = ()
    """Sentences for people: what it can't do."""


@dataclass(frozen=True)
class Availability:
    """Whether an engine can work here and now, or why not and what mends it."""

    ok: bool
    reason: str = ""
    remedy: str = ""

    @classmethod
    def yes(cls) -> Availability:
        return cls(True)

    @classmethod
    def no(cls, reason: str, remedy: str) -> Availability:
        return cls(False, reason, remedy)


@dataclass
class EngineWork:
    """What engines spent while one event was handled."""

    seconds: float = 0.0
    used: dict[tuple[str, str], float] = field(default_factory=dict)
    """Engine and unit -> how much of what its maker bills."""

    def charge(self, engine: str, unit: str, quantity: float) -> None:
        """Adds to what will be billed."""
        self.used[engine, unit] = self.used.get((engine, unit), 0.0) + quantity

    def usage(self) -> list[common_pb2.Usage]:
        """What will be billed, as it travels."""
        return [
            common_pb2.Usage(engine=engine, unit=unit, quantity=quantity)
            for (engine, unit), quantity in self.used.items()
        ]


work: ContextVar[EngineWork | None] = ContextVar("engine_work", default=None)
"""Set by the worker around each event, and by the server around each call, whose caller is told;
:meth:`Engine.timed` and :meth:`Engine.charge` add to it."""


class Engine(ABC):
    """The root of each stage's ``XEngine``.

    A stage's base class adds its abstract ``_impl``; its public method owns checks, timing
    (:meth:`timed`) and errors. ``__init__`` must be cheap: models are loaded by :meth:`load`.
    """

    stage: ClassVar[str]
    id: ClassVar[str]

    def __init__(self) -> None:
        self._load_lock = threading.Lock()
        self._loaded = False

    def capabilities(self) -> Capabilities:
        """What this engine can do with what is installed. Cheap after the first call."""
        raise NotImplementedError

    def available(self) -> Availability:
        """Whether it can work here; must not raise and must not load models."""
        raise NotImplementedError

    def _load(self) -> None:
        """Loads models and starts children. Called once, in a worker thread."""

    def load(self) -> None:
        """Makes the engine ready; safe to call from several threads, does its work once."""
        with self._load_lock:
            if not self._loaded:
                self._load()
                self._loaded = True

    def close(self) -> None:
        """Frees models and ends children."""

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Counts the time inside as this engine's work."""
        began = time.perf_counter()
        try:
            with telemetry.part_of_trace(
                f"{self.stage} {self.id}", stage=self.stage, engine=self.id
            ):
                yield
        finally:
            spent = time.perf_counter() - began
            telemetry.ENGINE_SECONDS.labels(stage=self.stage, engine=self.id).observe(spent)
            if (running := work.get()) is not None:
                running.seconds += spent

    def charge(self, quantity: float, unit: str) -> None:
        """Counts what a service will bill, once it has answered.

        Args:
            quantity: of the unit.
            unit: ``characters``, ``seconds``, ``tokens`` or ``requests``.
        """
        telemetry.BILLED.labels(stage=self.stage, engine=self.id, unit=unit).inc(quantity)
        if (running := work.get()) is not None:
            running.charge(self.id, unit, quantity)

    @property
    def version(self) -> str:
        return self.capabilities().version

    def use(self) -> common_pb2.EngineUse:
        """This engine as artifacts name their maker."""
        return common_pb2.EngineUse(id=self.id, version=self.version)

    def info(self, here: Availability | None = None) -> common_pb2.EngineInfo:
        """This engine as ``ListEngines`` tells it; ``here`` where more than itself decides."""
        can, here = self.capabilities(), here or self.available()
        return common_pb2.EngineInfo(
            id=self.id,
            name=can.name,
            version=can.version,
            available=here.ok,
            unavailable_reason=here.reason,
            remedy=here.remedy,
            quality=common_pb2.Quality.Name(common_pb2.Quality.ValueType(int(can.quality))),
            languages=sorted(can.languages),
            pairs=[
                common_pb2.LanguagePair(source=p.source, target=p.target, via=p.via)
                for p in can.pairs
            ],
            neural=can.neural,
            cloning=can.cloning,
            device=can.device,
            licence=can.licence,
            commercial_use=can.commercial_use,
            limits=can.limits,
        )


EngineT = TypeVar("EngineT", bound=Engine)


@dataclass
class EngineRegistry(Generic[EngineT]):
    """The engines of one stage, in the order in which ``auto`` tries them.

    Args:
        allow_noncommercial: whether engines may be used whose licence forbids commercial use.
    """

    stage: str
    factories: Sequence[Callable[[], EngineT]]
    default: str = AUTO
    allow_noncommercial: bool = False
    _engines: list[EngineT] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def all(self) -> Sequence[EngineT]:
        """Every engine, made on first use."""
        with self._lock:
            if not self._engines:
                self._engines = [make() for make in self.factories]
            return tuple(self._engines)

    def choose(
        self,
        wanted: str = "",
        *,
        able: Callable[[EngineT], bool] = lambda _: True,
        task: str = "this",
    ) -> EngineT:
        """The first engine wanted that is available and able.

        Args:
            wanted: as for :meth:`candidates`.
            able: whether an engine can do the task at hand (its language, say).
            task: the task in words, for the error message.

        Raises:
            StageError: ``invalid_request`` for an unknown id.
            EngineUnavailable: when no engine will do; the message names each and its reason.
        """
        refusals: list[str] = []
        remedies: list[str] = []
        for engine in self.candidates(wanted):
            here = self.availability(engine)
            if not here.ok:
                refusals.append(f"{engine.id}: {here.reason}")
                remedies.append(here.remedy)
            elif not able(engine):
                refusals.append(f"{engine.id}: cannot do {task}")
            else:
                return engine
        raise EngineUnavailable(
            f"No {self.stage} engine can do {task} ({'; '.join(refusals)}).",
            hint=" ".join(dict.fromkeys(r for r in remedies if r)) or None,
        )

    def candidates(self, wanted: str = "") -> tuple[EngineT, ...]:
        """The engines to try, in order.

        Args:
            wanted: ids with commas between them; ``auto`` stands for all others in the stage's own
                order; empty for this deployment's default.

        Raises:
            StageError: ``invalid_request`` for an unknown id.
        """
        chosen: dict[str, EngineT] = {}
        for name in preference(wanted or self.default):
            found = self.all() if name == AUTO else (self._named(name),)
            chosen |= {engine.id: engine for engine in found if engine.id not in chosen}
        return tuple(chosen.values())

    def availability(self, engine: EngineT) -> Availability:
        """Whether an engine can work here, and may by its licence."""
        here = engine.available()
        if not here.ok or self.allow_noncommercial:
            return here
        can = engine.capabilities()
        return here if can.commercial_use else forbidden(can.licence)

    def able(self, can: Callable[[EngineT], bool], wanted: str = AUTO) -> tuple[EngineT, ...]:
        """The engines wanted that are available and can do something, in their order."""
        found = self.candidates(wanted)
        return tuple(each for each in found if self.availability(each).ok and can(each))

    def infos(self) -> list[common_pb2.EngineInfo]:
        """All engines as ``ListEngines`` tells them."""
        return [engine.info(self.availability(engine)) for engine in self.all()]

    def close(self) -> None:
        for engine in self._engines:
            engine.close()

    def _named(self, name: str) -> EngineT:
        for engine in self.all():
            if engine.id == name:
                return engine
        known = ", ".join(engine.id for engine in self.all())
        raise StageError(
            "invalid_request", f"There is no {self.stage} engine {name!r}; there are: {known}."
        )


def preference(wanted: str) -> tuple[str, ...]:
    """``"kokoro, auto"`` -> ``("kokoro", "auto")``; nothing wanted is ``auto``."""
    return listed(wanted) or (AUTO,)


def forbidden(licence: str) -> Availability:
    """What an engine or a model is whose licence forbids commercial use, unless it is allowed."""
    return Availability.no(
        f"its licence forbids commercial use ({licence})",
        "Where your use is not commercial, set POLYDUB_ALLOW_NONCOMMERCIAL=true.",
    )


def speaks(engine: Engine, language: str) -> bool:
    """Whether an engine declares a language; engines without languages serve all."""
    declared = engine.capabilities().languages
    return not declared or any(languages.serves(tag, language) for tag in declared)
