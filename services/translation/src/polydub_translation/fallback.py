"""When an engine breaks off, the next one that can do the pair takes over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from polydub import telemetry
from polydub.engines import AUTO, EngineRegistry
from polydub.errors import StageError
from polydub_translation.engines.base import TranslationEngine, engine_for

log = telemetry.logger(__name__)

Result = TypeVar("Result")
_PASSED_ON = frozenset({"engine_failed", "engine_timeout", "engine_unavailable"})


def engines_for(
    registry: EngineRegistry[TranslationEngine], wanted: str, source: str, target: str
) -> tuple[TranslationEngine, ...]:
    """The engines that can translate this pair, the preferred one first.

    An engine that was asked for by its name has no substitute.

    Raises:
        EngineUnavailable: when no engine works here at all.
        StageError: ``unsupported_language_pair``; the message names the targets that there are.
    """
    first = engine_for(registry, wanted, source, target)
    if (wanted or registry.default) != AUTO:
        return (first,)
    engines = registry.all()
    later = engines[list(engines).index(first) + 1 :]
    able = (each for each in later if each.available().ok and each.route(source, target))
    return (first, *able)


async def first_success(
    engines: Sequence[TranslationEngine],
    attempt: Callable[[TranslationEngine], Awaitable[Result]],
) -> Result:
    """What ``attempt`` gives with the first engine that does not break off.

    Raises:
        StageError: when all did: the first one's error that another try may mend, else the first.
    """
    errors: list[StageError] = []
    for engine in engines:
        try:
            return await attempt(engine)
        except StageError as error:
            if error.code not in _PASSED_ON:
                raise
            errors.append(error)
            log.warning("engine broke off", engine=engine.id, code=error.code, why=error.message)
    raise next((each for each in errors if each.retryable), errors[0])
