"""How a script comes to be: read from the stages' documents, and brought up to what they make of
people's corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from polydub.artifacts import MessageT, read_document
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, translation_pb2
from polydub_gateway.db import Database, DubRow, VideoRow, owned
from polydub_gateway.db.edits import ScriptRow, SegmentRow
from polydub_gateway.edits.documents import brought_up, segments_of
from polydub_gateway.edits.rows import new_segment_row, new_speaker_row, segment_of, write_segment
from polydub_gateway.edits.script import Segment
from polydub_gateway.jobs.state import JobState, load
from polydub_gateway.uploads.receiving import media_of


class Drafting:
    """Writes scripts into the database when somebody first looks at them."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def ensure(self, owner_id: str, dub_id: str) -> None:
        """Returns when there is a script, and what was translated anew stands in it."""
        async with self._database.session() as session:
            dub = await owned(session, DubRow, owner_id, dub_id)
            row = await session.get(ScriptRow, dub_id)
        state = load(dub.folded)
        if row is None:
            await self._make(dub, state)
        elif state.state.ended and row.bases.get("brought_up") != state.revision:
            added = _added(row, state)
            await self._bring_up(dub_id, state, added)
            await self._note_brought_up(row, state.revision, added)

    async def _make(self, dub: DubRow, state: JobState) -> None:
        documents = _complete(state)
        transcripts = await self._read(documents["asr"], asr_pb2.TranscriptDocument)
        translations = {
            name: await self._read(keys, translation_pb2.TranslationDocument)
            for name, keys in documents.items()
            if name.startswith("translation/")
        }
        segments = segments_of(
            transcripts.values(),
            (each for of_language in translations.values() for each in of_language.values()),
        )
        row = ScriptRow(
            dub_id=dub.id,
            published_revision=1,
            language=state.source_language,
            bases={"documents": documents, "talk_ms": await self._talk_ms(dub, segments)},
            touched={},
        )
        speakers = dict.fromkeys(each.speaker_id for each in segments)
        try:
            async with self._database.session() as session:
                session.add(row)
                await session.flush()
                session.add_all(new_segment_row(dub.id, each) for each in segments)
                session.add_all(new_speaker_row(dub.id, each) for each in speakers)
        except IntegrityError:
            return  # another request made it meanwhile

    async def _talk_ms(self, dub: DubRow, segments: Sequence[Segment]) -> int:
        """How long the talk is, at least as long as its lines go."""
        async with self._database.session() as session:
            video = await owned(session, VideoRow, dub.owner_id, dub.video_id)
        last_ms = max((each.end_ms for each in segments), default=0)
        return max(last_ms, round(1000 * media_of(video).duration_s))

    async def _bring_up(
        self, dub_id: str, state: JobState, added: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Takes over what the machine has translated since, where lines were stale, and all lines
        in languages that were added."""
        async with self._database.session() as session:
            rows = await session.scalars(select(SegmentRow).where(SegmentRow.dub_id == dub_id))
            segments = [segment_of(row) for row in rows]
        for language in state.languages:
            name = f"translation/{language}"
            stale = [
                segment
                for segment in segments
                if name in added or any(each.stale for each in segment.translations.values())
            ]
            keys = state.documents.get(name, {})
            wanted = {str(each.part) for each in stale}
            documents = await self._read(
                {part: key for part, key in keys.items() if part in wanted},
                translation_pb2.TranslationDocument,
            )
            await self._take_over(dub_id, language, brought_up(stale, documents))

    async def _note_brought_up(
        self, row: ScriptRow, revision: int, added: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Remembers that nothing more comes of a revision of the job. For people that is no change
        of the script: its own revision stays."""
        documents = {**row.bases["documents"], **added}
        bases = {**row.bases, "documents": documents, "brought_up": revision}
        async with self._database.session() as session:
            await session.execute(
                update(ScriptRow).where(ScriptRow.dub_id == row.dub_id).values(bases=bases)
            )

    async def _take_over(self, dub_id: str, language: str, found: Sequence[Segment]) -> None:
        async with self._database.session() as session:
            for segment in found:
                row = await session.get(SegmentRow, (dub_id, segment.id))
                if row is not None and row.revision == segment.revision:
                    before = segment_of(row)
                    wording = segment.translations[language]
                    translations = {**before.translations, language: wording}
                    write_segment(row, replace(before, translations=translations))

    async def _read(self, keys: Mapping[str, str], kind: type[MessageT]) -> dict[int, MessageT]:
        return {
            int(part): await read_document(self._store, key, kind) for part, key in keys.items()
        }


def _complete(state: JobState) -> dict[str, dict[str, str]]:
    """The documents of a talk that is wholly written down and translated.

    Raises:
        StageError: ``conflict``.
    """
    names = ["asr", *(f"translation/{tag}" for tag in state.languages)]
    found = {name: state.documents[name] for name in names if name in state.documents}
    translated = [name for name in found if name != "asr"]
    whole = state.parts and all(len(found[name]) == state.parts for name in found)
    if "asr" not in found or not translated or not whole:
        raise StageError(
            "conflict",
            "The talk is not written down and translated yet.",
            hint="Its script can be looked at once every part is.",
        )
    return found


def _added(row: ScriptRow, state: JobState) -> dict[str, dict[str, str]]:
    """The documents of languages that have been wholly translated since the script was made."""
    names = [f"translation/{tag}" for tag in state.languages]
    return {
        name: state.documents[name]
        for name in names
        if name not in row.bases["documents"]
        and len(state.documents.get(name, {})) == state.parts > 0
    }
