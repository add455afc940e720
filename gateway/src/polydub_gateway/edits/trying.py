"""Trying things on one line before the dub is made again: other wordings, and how they sound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polydub.artifacts import read_document
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import translation_pb2, tts_pb2
from polydub_gateway.edits.script import Script, Segment
from polydub_gateway.edits.scripts import Scripts
from polydub_gateway.jobs.service import Dub, Dubs
from polydub_gateway.stages import StageClients
from polydub_gateway.words.memory import Correction, Memory

MAX_SUGGESTIONS = 8


@dataclass(frozen=True)
class Suggestion:
    """Another way to say a line."""

    text: str
    origin: str
    """``memory`` of people's corrections, ``candidate`` of the translation, or ``rephrased`` to the
    wanted length."""


class Trying:
    """Asks translation and tts about single lines."""

    def __init__(
        self,
        scripts: Scripts,
        dubs: Dubs,
        stages: StageClients,
        store: ObjectStore,
        memory: Memory,
    ) -> None:
        self._scripts = scripts
        self._dubs = dubs
        self._stages = stages
        self._store = store
        self._memory = memory

    async def suggestions(
        self, owner_id: str, dub_id: str, segment_id: str, language: str, ratio: float
    ) -> list[Suggestion]:
        """Other ways to say a line, those nearest to the wanted length first.

        Args:
            ratio: the wanted length over that of the line as it is; below 1 is shorter.

        Raises:
            StageError: ``not_found``, ``invalid_request``, ``conflict``, ``stage_unavailable``.
        """
        script = await self._scripts.get(owner_id, dub_id)
        segment = _segment(script, segment_id)
        wording = segment.translations.get(language)
        if wording is None:
            raise StageError("invalid_request", f"The dub is not made in {language}.")
        dub = await self._dubs.get(owner_id, dub_id)
        answer = await self._stages.rephrase(
            translation_pb2.RephraseRequest(
                source_text=segment.text,
                text=wording.text,
                source_language=script.language,
                target_language=language,
                ratio=ratio,
                engine=dub.spec.engines.get("translation", ""),
                glossary=dub.spec.glossary,
            )
        )
        sought = Correction(script.language, language, segment.text, wording.text)
        remembered = await self._memory.alike(owner_id, sought)
        offered = [
            *(Suggestion(text, "memory") for text in remembered),
            *(Suggestion(text, "candidate") for text in wording.candidates),
            *(Suggestion(each.text, "rephrased") for each in answer.candidates),
        ]
        return _nearest(offered, wording.text, ratio)

    async def preview(
        self,
        owner_id: str,
        dub_id: str,
        segment_id: str,
        language: str,
        *,
        text: str | None,
        voice_id: str | None,
    ) -> tts_pb2.SynthesizeResponse:
        """A line's sound, before anything is made of it.

        Args:
            text: None: the line's own in that language.
            voice_id: None: the voice that its speaker has.

        Raises:
            StageError: ``not_found``, ``invalid_request``, ``conflict``, ``stage_unavailable``,
                and what tts says against the text or the voice.
        """
        script = await self._scripts.get(owner_id, dub_id)
        segment = _segment(script, segment_id)
        wording = segment.translations.get(language)
        said = text if text is not None else wording.text if wording else ""
        if not said.strip():
            raise StageError("invalid_request", "There is nothing to say in this line yet.")
        spoken = await self._spoken(await self._dubs.get(owner_id, dub_id), segment, language)
        chosen = voice_id or _chosen(script, segment, language)
        voice = tts_pb2.Voice(id=chosen) if chosen else spoken.voice
        return await self._stages.synthesize(
            tts_pb2.SynthesizeRequest(text=said, language=language, voice=voice, rate=spoken.rate)
        )

    async def _spoken(self, dub: Dub, segment: Segment, language: str) -> tts_pb2.SpokenLine:
        """The line as it was spoken last, or another of its speaker."""
        keys = dub.state.documents.get(f"tts/{language}", {})
        ordered = sorted(keys, key=lambda part: (part != str(segment.part), int(part)))
        for part in ordered:
            document = await read_document(self._store, keys[part], tts_pb2.SpeechDocument)
            if (found := _of_speaker(document.lines, segment)) is not None:
                return found
        return tts_pb2.SpokenLine()


def _segment(script: Script, segment_id: str) -> Segment:
    found = next((each for each in script.segments if each.id == segment_id), None)
    if found is None:
        raise StageError("not_found", f"The dub has no segment {segment_id!r}.")
    return found


def _chosen(script: Script, segment: Segment, language: str) -> str:
    voices = (each.voices.get(language, "") for each in script.speakers
              if each.id == segment.speaker_id)  # fmt: skip
    return next(voices, "")


def _of_speaker(lines: Iterable[tts_pb2.SpokenLine], segment: Segment) -> tts_pb2.SpokenLine | None:
    theirs = [
        each for each in lines if each.speaker_id == segment.speaker_id and not each.voice.cloned
    ]
    own = [each for each in theirs if each.id == segment.id]
    return next(iter([*own, *theirs]), None)


def _nearest(offered: Iterable[Suggestion], text: str, ratio: float) -> list[Suggestion]:
    """Each wording once, without what the line says already, by how near its length is."""
    wanted = ratio * len(text)
    distinct: dict[str, Suggestion] = {}
    for each in offered:
        if each.text and each.text != text:
            distinct.setdefault(each.text, each)
    ordered = sorted(distinct.values(), key=lambda each: abs(len(each.text) - wanted))
    return ordered[:MAX_SUGGESTIONS]
