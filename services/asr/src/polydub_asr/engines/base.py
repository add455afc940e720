"""The contract of recognition engines."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from polydub import languages
from polydub.blocking import OnProgress
from polydub.engines import Engine, EngineRegistry, speaks
from polydub.errors import StageError
from polydub.fallback import Fallback
from polydub.pcm import Samples

MAX_HOTWORDS = 200


@dataclass(frozen=True)
class Word:
    """One word as it was heard."""

    text: str
    start_ms: int
    """From the first of the samples given."""
    end_ms: int
    confidence: float
    """Posterior, 0 to 1."""


@dataclass(frozen=True)
class Recognition:
    """What was heard, in order of time; no words where nothing was."""

    words: tuple[Word, ...]


@dataclass(frozen=True)
class LanguageGuess:
    """The language that a voice seems to speak."""

    language: str
    confidence: float


class AsrEngine(Engine):
    """Writes down speech. Calls may run at the same time."""

    stage: ClassVar[str] = "asr"
    prefers_denoised_below_snr_db: ClassVar[float | None] = None
    """Below this signal-to-noise ratio the engine hears better in the voice estimate."""
    punctuates: ClassVar[bool] = False
    """Whether its words come with capitals and punctuation."""

    def __init__(self, *, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    async def transcribe(
        self,
        samples: Samples,
        *,
        language: str,
        hotwords: Sequence[str] = (),
        on_progress: OnProgress | None = None,
    ) -> Recognition:
        """The words in ``samples``; as :meth:`transcribe_many` of one clip."""
        (heard,) = await self.transcribe_many(
            [samples], language=language, hotwords=hotwords, on_progress=on_progress
        )
        return heard

    async def transcribe_many(
        self,
        clips: Sequence[Samples],
        *,
        language: str,
        hotwords: Sequence[str] = (),
        on_progress: OnProgress | None = None,
    ) -> list[Recognition]:
        """The words in each of several clips, in their order; times count from the clip's start.

        Args:
            clips: each of shape (n,), float32 in [-1, 1], 16 kHz.
            language: BCP-47.
            hotwords: words to expect that a dictionary may lack.
            on_progress: told the fraction done.

        Raises:
            StageError: ``unsupported_language_pair`` for a language the engine does not hear,
                ``invalid_request``, ``engine_timeout``, ``engine_failed``.
        """
        for samples in clips:
            _check(samples)
        if not speaks(self, language):
            raise unheard(self, language)
        if len(hotwords) > MAX_HOTWORDS:
            raise StageError("invalid_request", f"At most {MAX_HOTWORDS} hotwords.")
        async with self._in_time():
            return await self._transcribe_many(clips, language, hotwords, on_progress)

    async def detect_language(self, samples: Samples) -> LanguageGuess | None:
        """The language spoken in ``samples``, or None where this engine can't tell.

        Raises:
            StageError: ``engine_timeout``, ``engine_failed``.
        """
        _check(samples)
        async with self._in_time():
            return await self._detect_language(samples)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """Counts the time inside, and limits it."""
        try:
            with self.timed():
                async with asyncio.timeout(self._timeout_s):
                    yield
        except TimeoutError as error:
            raise StageError("engine_timeout", f"{self.id} took too long.") from error

    @abstractmethod
    async def _transcribe_many(
        self,
        clips: Sequence[Samples],
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> list[Recognition]:
        """The engine's own part of :meth:`transcribe_many`."""

    async def _detect_language(self, samples: Samples) -> LanguageGuess | None:
        """The engine's own part of :meth:`detect_language`; engines that can't tell leave it."""
        return None


def engines_for(
    registry: EngineRegistry[AsrEngine], wanted: str, language: str
) -> Fallback[AsrEngine]:
    """The engines that hear this language, the preferred one first.

    Raises:
        EngineUnavailable: when no engine works here at all.
        StageError: ``unsupported_language_pair``; the message names the languages that are heard.
    """
    working = registry.choose(wanted)
    able = registry.able(lambda engine: speaks(engine, language), wanted)
    if not able:
        raise unheard(working, language)
    return Fallback(able)


def unheard(engine: AsrEngine, language: str) -> StageError:
    """The error for a language that is not heard, with those that are."""
    heard = ", ".join(languages.name(tag) for tag in sorted(engine.capabilities().languages))
    return StageError(
        "unsupported_language_pair",
        f"{languages.name(language)} can't be recognised here; {heard} can.",
    )


def _check(samples: Samples) -> None:
    if samples.ndim != 1 or samples.dtype != np.float32:
        raise ValueError(f"samples of shape (n,) and float32, not {samples.shape} {samples.dtype}")
