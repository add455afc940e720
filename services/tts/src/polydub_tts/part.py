"""Speaking one part of a talk: its lines, each in its slot and its speaker's voice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from polydub import errors
from polydub.blocking import OnProgress
from polydub.edits import BY_SUBTITLES, worded_by_person
from polydub.errors import StageError
from polydub.v1 import common_pb2, diarization_pb2, translation_pb2, tts_pb2
from polydub_tts.casting import CastVoice
from polydub_tts.fitting import Slot
from polydub_tts.lines import LineSpeaker, Spoken, Unspoken
from polydub_tts.shorter import shortened
from polydub_tts.slots import Span, overlapped, slot_of, utterance_of
from polydub_tts.style import Manners
from polydub_tts.text import speakable
from polydub_tts.voices import cast_message

SCHEMA_VERSION = 1
LINE_EMPTY = "line_empty"
"""There was nothing to say."""
LINE_SHORTENED = "line_shortened"
"""Its fillers were left out."""
LINE_FALLBACK = "line_fallback"
"""Another voice than the speaker's had to say it."""
LINE_UNSPOKEN = "line_unspoken"
"""Nothing could say it: its original sound stays."""


@dataclass(frozen=True)
class Outcome:
    """What came of one line: what was spoken, if anything, and what a person should know."""

    line: tts_pb2.SpokenLine | None = None
    fresh: bool = False
    warnings: tuple[common_pb2.Warning, ...] = ()


@dataclass(frozen=True)
class Part:
    """One part in one language, and the talk around it.

    Attributes:
        voices: each speaker's voice, and behind it what stands in for it where it fails.
        manners: how the lines are said in the source.
        strict: no silence is borrowed.
        notes: warnings that are not one line's.
    """

    translation: translation_pb2.TranslationDocument
    diarization: diarization_pb2.DiarizationDocument
    voices: Mapping[str, Sequence[CastVoice]]
    manners: Manners
    strict: bool
    notes: Sequence[common_pb2.Warning] = ()

    async def speak(self, speaker: LineSpeaker, on_progress: OnProgress) -> list[Outcome]:
        """The outcome of every line, in the lines' order.

        Raises:
            StageError: what is not one line's failure but the whole part's.
        """
        lines = self.translation.lines
        done = 0

        async def one(line: translation_pb2.TranslatedLine) -> Outcome:
            nonlocal done
            outcome = await self._line(line, speaker)
            done += 1
            await on_progress(done / len(lines))
            return outcome

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(line)) for line in lines]
        except* StageError as failures:
            first = failures.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise first

    def document(self, outcomes: Sequence[Outcome]) -> tts_pb2.SpeechDocument:
        """``speech.json`` of these outcomes."""
        return tts_pb2.SpeechDocument(
            schema_version=SCHEMA_VERSION,
            target_language=self.translation.target_language,
            part=self.translation.part,
            lines=[outcome.line for outcome in outcomes if outcome.line is not None],
            warnings=[
                *self.notes,
                *(warning for outcome in outcomes for warning in outcome.warnings),
            ],
        )

    async def _line(self, line: translation_pb2.TranslatedLine, speaker: LineSpeaker) -> Outcome:
        texts = candidates_of(line)
        if not texts and _lost(line):
            return self._kept(line, "It came without a translation that can be said.")
        if not texts:
            return self._nothing(line, LINE_EMPTY, "This line holds nothing that can be said.")
        shorter = shorter_of(line, self.translation)
        style = self.manners.of(line, alone=not overlapped(_span(line), self._talk()))
        try:
            spoken = await speaker.speak(
                texts,
                self.slot(line),
                self.voices.get(line.speaker_id, ()),
                style,
                shorter=shorter,
            )
        except Unspoken as reason:
            return self._kept(line, f"No voice could say it. {reason}")
        warnings = [
            self._warning(line, LINE_FALLBACK, f"Said with {spoken.engine.id}. {failure}")
            for failure in spoken.failures
        ]
        if shorter and spoken.text == shorter:
            message = f"Said without fillers, to fit: {line.text}"
            warnings.append(self._warning(line, LINE_SHORTENED, message))
        return Outcome(
            line=self._spoken_line(line, spoken), fresh=spoken.fresh, warnings=tuple(warnings)
        )

    def slot(self, line: translation_pb2.TranslatedLine) -> Slot:
        """The line's time."""
        lines = [_span(each) for each in self.translation.lines]
        slot = slot_of(_span(line), self._talk(), lines, self.diarization.duration_ms)
        return replace(slot, borrowable_ms=0) if self.strict else slot

    def _talk(self) -> list[Span]:
        return [
            Span(each.id, each.speaker_id, each.start_ms, each.end_ms)
            for each in self.diarization.utterances
        ]

    def _spoken_line(
        self, line: translation_pb2.TranslatedLine, spoken: Spoken
    ) -> tts_pb2.SpokenLine:
        return tts_pb2.SpokenLine(
            id=line.id,
            speaker_id=line.speaker_id,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            source_text=line.source_text,
            text=spoken.text,
            audio_key=spoken.take.audio_key,
            duration_ms=spoken.take.duration_ms,
            natural_ms=spoken.natural_ms,
            rate=spoken.rate,
            voice=cast_message(spoken.voice),
            engine=spoken.engine.use(),
            digest=spoken.take.digest,
            source_confidence=line.source_confidence,
            overlaps=overlapped(_span(line), self._talk()),
            prosody=line.prosody,
        )

    def _kept(self, line: translation_pb2.TranslatedLine, why: str) -> Outcome:
        """The line as it is in the source, for muxing to leave there."""
        kept = tts_pb2.SpokenLine(
            id=line.id,
            speaker_id=line.speaker_id,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            source_text=line.source_text,
            source_confidence=line.source_confidence,
            overlaps=overlapped(_span(line), self._talk()),
            prosody=line.prosody,
            keeps_original=True,
        )
        message = f"This line keeps its original sound. {why}"
        return Outcome(line=kept, warnings=(self._warning(line, LINE_UNSPOKEN, message),))

    def _nothing(self, line: translation_pb2.TranslatedLine, code: str, message: str) -> Outcome:
        return Outcome(warnings=(self._warning(line, code, message),))

    def _warning(
        self, line: translation_pb2.TranslatedLine, code: str, message: str
    ) -> common_pb2.Warning:
        return errors.warning(
            code,
            message,
            stage="tts",
            line_id=line.id,
            target_language=self.translation.target_language,
        )


def worth_another_try(document: tts_pb2.SpeechDocument) -> bool:
    """Whether an engine failed when it was written, so that it may come out better now."""
    return any(each.code in (LINE_FALLBACK, LINE_UNSPOKEN) for each in document.warnings)


def candidates_of(line: translation_pb2.TranslatedLine) -> list[str]:
    """What may be said for a line, best first; of a line that a person changed, only that."""
    texts = [candidate.text for candidate in line.candidates]
    if line.text not in texts:
        texts = [line.text]
    return [text for text in dict.fromkeys((line.text, *texts)) if speakable(text)]


def shorter_of(
    line: translation_pb2.TranslatedLine, document: translation_pb2.TranslationDocument
) -> str:
    """A line's text without fillers; empty where there are none, or a person wrote it."""
    if document.engine.id == BY_SUBTITLES or worded_by_person(line):
        return ""
    shorter = shortened(line.text, document.target_language)
    return "" if shorter == line.text else shorter


def _lost(line: translation_pb2.TranslatedLine) -> bool:
    """Whether the source has words and translation left none; a person may want silence."""
    return speakable(line.source_text) and not worded_by_person(line)


def _span(line: translation_pb2.TranslatedLine) -> Span:
    return Span(utterance_of(line.id), line.speaker_id, line.start_ms, line.end_ms)
