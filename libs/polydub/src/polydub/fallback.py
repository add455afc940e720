"""When an engine breaks off, the next one that can do the same takes over, and a person is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from polydub import errors, telemetry
from polydub.engines import Engine
from polydub.errors import StageError
from polydub.v1 import common_pb2

log = telemetry.logger(__name__)

EngineT = TypeVar("EngineT", bound=Engine)
Result = TypeVar("Result")
_PASSED_ON = frozenset({"engine_failed", "engine_timeout", "engine_unavailable"})


def passes_on(error: StageError) -> bool:
    """Whether another engine may do better."""
    return error.code in _PASSED_ON


class Fallback(Generic[EngineT]):
    """Engines for one piece of work, the preferred one first.

    An engine that was asked for by its name is alone, and so has no substitute.
    """

    def __init__(self, engines: Sequence[EngineT]) -> None:
        self.engines = tuple(engines)

    async def first_success(
        self, attempt: Callable[[EngineT, Sequence[EngineT]], Awaitable[Result]]
    ) -> tuple[Result, list[common_pb2.Warning]]:
        """What ``attempt`` gives with the first engine that does not break off, and what to say.

        Args:
            attempt: is given the engine, and those that come after it.

        Raises:
            StageError: when all did: the first one's error that another try may mend, else the
                first.
        """
        failures: list[StageError] = []
        for place, engine in enumerate(self.engines):
            try:
                result = await attempt(engine, self.engines[place + 1 :])
            except StageError as error:
                if not passes_on(error):
                    raise
                failures.append(error)
                log.warning(
                    "engine broke off", engine=engine.id, code=error.code, why=error.message
                )
            else:
                return result, [self._warning(engine, failures[0])] if failures else []
        raise next((each for each in failures if each.retryable), failures[0])

    def _warning(self, took_over: EngineT, failure: StageError) -> common_pb2.Warning:
        planned, name = self.engines[0], took_over.capabilities().name
        message = f"{planned.capabilities().name} broke off ({failure.message}) {name} took over."
        return errors.warning("engine_fallback", message, stage=planned.stage)
