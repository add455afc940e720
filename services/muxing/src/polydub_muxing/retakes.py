"""Lines that do not fit are said again in other words, before anything is mixed.

Translation is asked for other words, tts speaks them; who does not answer is done without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from polydub import telemetry
from polydub.blocking import OnProgress, run_blocking
from polydub.edits import BY_SUBTITLES, worded_by_person
from polydub.errors import StageError
from polydub.peers import Peers
from polydub.v1 import events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_muxing import script
from polydub_muxing.fit.placement import Line, Placement
from polydub_muxing.fit.retaking import Wanted, keep_better, wanted
from polydub_muxing.fit.slowing import Arrangement
from polydub_muxing.script import PartDocuments, ScriptLine

_LINES_AT_ONCE = 2
_MOST_TEXTS = 6
"""Other ways to say a line that tts is given; each that does not fit costs a take."""
_LEAST_RATIO, _MOST_RATIO = 0.3, 0.95
"""Of what is asked for: shorter says nothing any more, longer does not help."""
_CALL_S, _ALL_S = 60.0, 600.0
_OWN_PACE = (muxing_pb2.FIT_MODE_NATURAL, muxing_pb2.FIT_MODE_SLOW_PICTURE)

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What was tried for one line."""

    takes: int
    words: str
    """For the line's reason."""
    kept: bool = False


@dataclass(frozen=True)
class Retaken:
    """The documents with the takes that were kept, and what was tried for which line."""

    parts: list[PartDocuments]
    attempts: Mapping[str, Attempt] = field(default_factory=dict)


@dataclass(frozen=True)
class Retakes:
    """One round of new takes for one language.

    Attributes:
        most: how many lines are said again at most.
    """

    event: events_pb2.Event
    others: Peers
    most: int

    async def round(
        self,
        parts: list[PartDocuments],
        arrange: Callable[[Sequence[Line]], Arrangement],
        on_progress: OnProgress,
    ) -> Retaken:
        """Has the lines that fit worst said again, and keeps what helps."""
        lines = [line.line for line in script.sounding_lines(parts)]
        worst = wanted(await run_blocking(lambda _: arrange(lines)))[: self.most]
        told = {line.id: _Told(line, part) for part in parts for line in part.speech.lines}
        found = await self._answers([(each, told[each.line_id]) for each in worst], on_progress)
        takes = {name: answer.take for name, answer in found.items() if answer.take is not None}
        retaken = {name: script.spoken_line(take) for name, take in takes.items()}
        kept = await run_blocking(lambda tick: keep_better(lines, retaken, arrange, tick))
        return Retaken(
            parts=[_with_takes(part, {name: takes[name] for name in kept}) for part in parts],
            attempts={
                name: _attempt(told[name].line, answer, name in kept)
                for name, answer in found.items()
            },
        )

    async def _answers(
        self, worst: Sequence[tuple[Wanted, _Told]], on_progress: OnProgress
    ) -> dict[str, _Answer]:
        """What came of each line; of those that were reached in time."""
        found: dict[str, _Answer] = {}
        gate = asyncio.Semaphore(_LINES_AT_ONCE)
        silent: set[str] = set()

        async def one(want: Wanted, told: _Told) -> None:
            async with gate:
                if "tts" in silent:
                    return
                try:
                    found[want.line_id] = await self._answer(want, told, silent)
                except StageError as error:
                    _left_out("tts", error, silent)
                await on_progress(len(found) / len(worst))

        try:
            async with asyncio.timeout(_ALL_S), asyncio.TaskGroup() as group:
                for pair in worst:
                    group.create_task(one(*pair))
        except TimeoutError:
            log.warning("lines are not said again: no time left", reached=len(found))
        return {want.line_id: found[want.line_id] for want, _ in worst if want.line_id in found}

    async def _answer(self, want: Wanted, told: _Told, silent: set[str]) -> _Answer:
        if told.by_person:
            return _Answer(words="a person wrote it, so it is not put into other words")
        texts = dict.fromkeys((*await self._rephrased(want, told, silent), *told.candidates))
        if not texts:
            return _Answer(words="nobody knows another way to say it")
        request = tts_pb2.RetakeRequest(
            video_id=self.event.envelope.video_id,
            language=self.event.envelope.target_language,
            line=told.line,
            texts=list(texts)[:_MOST_TEXTS],
            room_ms=want.room_ms,
            own_pace=self.event.spec.fit_mode in _OWN_PACE,
            diarization_key=self.event.products.diarization.document_key,
            clone_consent=self.event.spec.clone_consent,
        )
        answer = await self.others.call("tts", "Retake", request, timeout_s=_CALL_S)
        if not answer.HasField("line"):
            return _Answer(spoken=True, words="other words for it were no better when spoken")
        return _Answer(answer.line, spoken=True)

    async def _rephrased(self, want: Wanted, told: _Told, silent: set[str]) -> list[str]:
        """Other words from translation; none where it does not answer."""
        if "translation" in silent or not told.line.source_text:
            return []
        request = translation_pb2.RephraseRequest(
            source_text=told.line.source_text,
            text=told.line.text,
            source_language=told.source_language,
            target_language=self.event.envelope.target_language,
            ratio=min(_MOST_RATIO, max(_LEAST_RATIO, want.ratio)),
            engine=self.event.spec.engines.get("translation", ""),
            glossary=self.event.spec.glossary,
        )
        try:
            answer = await self.others.call("translation", "Rephrase", request, timeout_s=_CALL_S)
        except StageError as error:
            _left_out("translation", error, silent)
            return []
        return [each.text for each in answer.candidates if each.text != told.line.text]


@dataclass(frozen=True)
class _Answer:
    """What came of asking for one line."""

    take: tts_pb2.SpokenLine | None = None
    spoken: bool = False
    words: str = ""
    """Why there is no better take."""


class _Told:
    """A line as it was spoken, and what translation wrote for it."""

    def __init__(self, line: tts_pb2.SpokenLine, part: PartDocuments) -> None:
        self.line = line
        document = part.translation or translation_pb2.TranslationDocument()
        self.source_language = document.source_language
        written = next((each for each in document.lines if each.id == line.id), None)
        texts = [each.text for each in written.candidates] if written else []
        self.by_person = document.engine.id == BY_SUBTITLES or bool(
            written and worded_by_person(written)
        )
        self.candidates = [text for text in texts if text != line.text]


def _left_out(stage: str, error: StageError, silent: set[str]) -> None:
    """One trouble with one line passes; a stage that does not answer is not asked again."""
    if error.code == "stage_unavailable":
        silent.add(stage)
    log.warning("a line is not said again", stage=stage, code=error.code, why=error.message)


def _with_takes(part: PartDocuments, takes: Mapping[str, tts_pb2.SpokenLine]) -> PartDocuments:
    speech = tts_pb2.SpeechDocument()
    speech.CopyFrom(part.speech)
    for line in speech.lines:
        if line.id in takes:
            line.CopyFrom(takes[line.id])
    return replace(part, speech=speech)


def _attempt(line: tts_pb2.SpokenLine, answer: _Answer, kept: bool) -> Attempt:
    takes = 1 + answer.spoken
    if answer.take is None:
        return Attempt(takes, answer.words)
    if not kept:
        return Attempt(takes, "said again in other words, which made nothing better")
    shorter_ms = line.duration_ms - answer.take.duration_ms
    words = f"said again in other words, which are {shorter_ms} ms shorter"
    return Attempt(takes, words, kept=True)


def with_attempts(retaken: Retaken) -> tuple[ScriptLine, ...]:
    """The lines as they now are, with what was tried for them."""
    return tuple(
        replace(line, takes=tried.takes, retaken=tried.kept)
        if (tried := retaken.attempts.get(line.line.id))
        else line
        for line in script.sounding_lines(retaken.parts)
    )


def explained(placements: Iterable[Placement], retaken: Retaken) -> tuple[Placement, ...]:
    """The placements, whose reasons say what was tried for their lines."""
    return tuple(
        replace(placement, reason=f"{placement.reason}; {tried.words}")
        if (tried := retaken.attempts.get(placement.line_id))
        else placement
        for placement in placements
    )
