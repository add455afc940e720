"""Making a dub again from what people left of it: only what changed is made anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from polydub.artifacts import ArtifactFolder, digest, dump_document, read_document
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, events_pb2, translation_pb2
from polydub_gateway.edits.documents import transcript_of, translation_of
from polydub_gateway.edits.script import SOURCE, Script, Segment, Speaker
from polydub_gateway.edits.scripts import Scripts
from polydub_gateway.jobs.service import Dub, Dubs


@dataclass(frozen=True)
class Regenerated:
    """A dub that is being made again, and which of its lines are."""

    dub: Dub
    affected: Mapping[str, Sequence[str]]
    """Target language -> the lines that are made anew."""


class Regenerating:
    """Gives people's corrections to the stages."""

    def __init__(self, scripts: Scripts, dubs: Dubs, store: ObjectStore) -> None:
        self._scripts = scripts
        self._dubs = dubs
        self._store = store

    async def regenerate(self, owner_id: str, dub_id: str) -> Regenerated:
        """Makes the dub again from its script as it stands.

        Raises:
            StageError: ``not_found``; ``conflict`` while the dub is being made or has no script
                yet; ``bus_unavailable``.
        """
        script = await self._scripts.get(owner_id, dub_id)
        dub = await self._dubs.get(owner_id, dub_id)
        edits = await self._edits(dub, script)
        voices = _choices(script.speakers)

        def change(spec: events_pb2.DubSpec) -> None:
            del spec.edits[:], spec.voices[:]
            spec.edits.extend(edits)
            spec.voices.extend(voices)

        again = await self._dubs.remake(owner_id, dub_id, change, revision=script.revision)
        await self._scripts.published(dub_id, script.revision)
        affected = {language: script.affected(language) for language in script.languages}
        return Regenerated(again, affected)

    async def _edits(self, dub: Dub, script: Script) -> list[events_pb2.EditedPart]:
        """The parts that people changed, written where the stages find them."""
        edits = []
        for language, parts in sorted(script.touched.items()):
            keys = script.documents.get(f"translation/{language}" if language else "asr", {})
            for part in parts:
                # A language that failed has nothing that could be corrected: it is made whole.
                if (key := keys.get(str(part))) is None:
                    continue
                lines = [each for each in script.segments if each.part == part]
                document = await self._document(language, key, lines)
                edits.append(await self._kept(dub.video_id, part, language, document))
        return edits

    async def _document(self, language: str, key: str, lines: Iterable[Segment]) -> Message:
        if language == SOURCE:
            heard = await read_document(self._store, key, asr_pb2.TranscriptDocument)
            return transcript_of(heard, list(lines))
        translated = await read_document(self._store, key, translation_pb2.TranslationDocument)
        return translation_of(translated, list(lines))

    async def _kept(
        self, video_id: str, part: int, language: str, document: Message
    ) -> events_pb2.EditedPart:
        name = digest(edited=dump_document(document).decode())
        folder = ArtifactFolder(self._store, video_id, "gateway", name)
        key = await folder.put_document("edited.json", document)
        return events_pb2.EditedPart(part=part, target_language=language, key=key, digest=name)


def _choices(speakers: Iterable[Speaker]) -> list[events_pb2.VoiceChoice]:
    return [
        events_pb2.VoiceChoice(speaker_id=speaker.id, target_language=language, voice_id=voice)
        for speaker in speakers
        for language, voice in sorted(speaker.voices.items())
    ]
