"""The contract of translation engines."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from polydub import languages
from polydub.blocking import OnProgress
from polydub.engines import Engine, EngineRegistry, LanguagePair
from polydub.errors import EngineFailed, StageError
from polydub.fallback import Fallback
from polydub_translation import marks
from polydub_translation.glossary import NO_TERMS, Glossary

ResultT = TypeVar("ResultT")
OTHER_WORDINGS = 8
"""How many translations an engine is asked for where one is wanted that is shorter or longer."""
MAX_TEXT_CHARS = 5_000
"""Of one line. A minute of fast speech has about 1 200."""


@dataclass(frozen=True)
class Candidate:
    """One way to say a line."""

    text: str
    score: float
    """The engine's own, higher is better; comparable within one line only."""
    via: tuple[str, ...] = ()
    """The pivot languages on the way."""


@dataclass(frozen=True)
class Translated:
    """What became of one line."""

    candidates: tuple[Candidate, ...]
    """Best first, no two alike; empty for a text without anything to say."""
    unknown_words: tuple[str, ...] = ()
    """Words that the engine left as they were on the way to the first candidate."""


@dataclass(frozen=True)
class Batch:
    """Lines to translate together, in the order in which they are said."""

    texts: tuple[str, ...]
    """For an engine each on one line, with at least one letter."""
    source: str
    target: str
    candidates: int = 1
    """How many translations at most for each line."""
    slots_ms: tuple[int, ...] = ()
    """How long each line lasts in the source; empty where nobody knows."""
    glossary: Glossary = NO_TERMS

    def only(self, places: Sequence[int]) -> Batch:
        """Some of the lines."""
        return replace(
            self,
            texts=tuple(self.texts[at] for at in places),
            slots_ms=tuple(self.slots_ms[at] for at in places) if self.slots_ms else (),
        )


@dataclass(frozen=True)
class Wording:
    """A line as it is said, which is to be said in other words."""

    source_text: str
    text: str
    source: str
    target: str
    ratio: float
    """The wanted length over that of ``text``, in letters."""
    glossary: Glossary = NO_TERMS


class TranslationEngine(Engine):
    """Says lines in another language. Calls may run at the same time."""

    stage: ClassVar[str] = "translation"
    keeps_terms: ClassVar[bool] = False
    """Whether the glossary's terms come out as asked, whatever the line. Engines that can't promise
    it use the glossary as they can, and are checked afterwards."""
    one_wording: ClassVar[bool] = False
    """Whether it knows one translation of a text only, so that asking again is of no use."""

    def __init__(self, *, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    @abstractmethod
    def route(self, source: str, target: str) -> LanguagePair | None:
        """The best way between two tags, or None where this engine has none."""

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        candidates: int = 1,
        slots_ms: Sequence[int] = (),
        glossary: Glossary = NO_TERMS,
        on_progress: OnProgress | None = None,
    ) -> tuple[Translated, ...]:
        """The translations of ``texts``, in their order. Texts without a letter stay as they are.

        Args:
            candidates: how many at most for each text.
            slots_ms: how long each text lasts where it is said; engines that can write shorter or
                longer use it.
            glossary: the terms for this target.
            on_progress: told the fraction done.

        Raises:
            StageError: ``unsupported_language_pair``, ``invalid_request`` for an immoderately
                long text, ``engine_timeout``, ``engine_failed``, ``engine_unavailable``.
        """
        if self.route(source, target) is None:
            raise unsupported(self, source, target)
        if any(len(text) > MAX_TEXT_CHARS for text in texts):
            raise StageError("invalid_request", f"A line is longer than {MAX_TEXT_CHARS} letters.")
        cleaned = [marks.clean(text) for text in texts]
        found = [Translated((Candidate(text, 1.0),) if text else ()) for text in cleaned]
        worded = [at for at, text in enumerate(cleaned) if any(map(str.isalpha, text))]
        if worded:
            batch = Batch(
                texts=tuple(cleaned[at] for at in worded),
                source=source,
                target=target,
                candidates=max(1, candidates),
                slots_ms=tuple(slots_ms[at] for at in worded) if slots_ms else (),
                glossary=glossary,
            )
            for at, translated in zip(worded, await self._timely(batch, on_progress), strict=True):
                found[at] = translated
        return tuple(found)

    async def rephrase(self, wording: Wording) -> tuple[Candidate, ...]:
        """Other ways to say a line, as they come; none where the engine knows only one.

        Raises:
            StageError: as :meth:`translate` does.
        """
        if self.route(wording.source, wording.target) is None:
            raise unsupported(self, wording.source, wording.target)
        cleaned = replace(
            wording, source_text=marks.clean(wording.source_text), text=marks.clean(wording.text)
        )
        if max(len(cleaned.source_text), len(cleaned.text)) > MAX_TEXT_CHARS:
            raise StageError("invalid_request", f"A line is longer than {MAX_TEXT_CHARS} letters.")
        if self.one_wording or not any(map(str.isalpha, cleaned.source_text)):
            return ()
        return await self._in_time(self._rephrase(cleaned))

    async def _timely(self, batch: Batch, on_progress: OnProgress | None) -> tuple[Translated, ...]:
        found = await self._in_time(self._translate(batch, on_progress))
        if len(found) != len(batch.texts):
            raise EngineFailed(f"{self.id} answered {len(found)} of {len(batch.texts)} lines.")
        return found

    async def _in_time(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        try:
            with self.timed():
                async with asyncio.timeout(self._timeout_s):
                    return await work
        except TimeoutError as error:
            raise StageError("engine_timeout", f"{self.id} took too long.") from error

    async def _rephrase(self, wording: Wording) -> tuple[Candidate, ...]:
        """The engine's own part of :meth:`rephrase`: here, its other translations of the source."""
        batch = Batch(
            texts=(wording.source_text,),
            source=wording.source,
            target=wording.target,
            candidates=OTHER_WORDINGS,
            glossary=wording.glossary,
        )
        (found,) = await self._translate(batch, None)
        return found.candidates

    @abstractmethod
    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        """The engine's own part of :meth:`translate`; the pair is known to be served."""


def engines_for(
    registry: EngineRegistry[TranslationEngine], wanted: str, source: str, target: str
) -> Fallback[TranslationEngine]:
    """The engines that can translate this pair, the preferred one first.

    Raises:
        EngineUnavailable: when no engine works here at all.
        StageError: ``unsupported_language_pair``; the message names the targets that there are.
    """
    working = registry.choose(wanted)
    able = registry.able(lambda engine: engine.route(source, target) is not None, wanted)
    if not able:
        raise unsupported(working, source, target)
    return Fallback(able)


def unsupported(engine: TranslationEngine, source: str, target: str) -> StageError:
    """The error for a pair that is not served, with what is."""
    spoken = languages.base(source)
    possible = sorted(pair.target for pair in engine.capabilities().pairs if pair.source == spoken)
    offer = f"it can go to {', '.join(possible)}" if possible else "it can go nowhere"
    return StageError(
        "unsupported_language_pair",
        f"{languages.name(source)} can't be translated to {languages.name(target)} here: from "
        f"{languages.name(source)}, {offer}.",
    )
