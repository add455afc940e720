"""The scripts of all dubs: looked at and changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from sqlalchemy import select

from polydub.store import ObjectStore
from polydub_gateway.db import Database, DubRow, owned, until_it_stands
from polydub_gateway.db.edits import ScriptRow, SegmentRow, SpeakerRow
from polydub_gateway.edits import lines, speakers
from polydub_gateway.edits.drafting import Drafting
from polydub_gateway.edits.opened import OpenScript, opened
from polydub_gateway.edits.rows import segment_of, speaker_of
from polydub_gateway.edits.script import Change, Origin, Recasting, Script, Segment, Speaker
from polydub_gateway.jobs.state import load
from polydub_gateway.registry.speakers import RegisteredSpeaker
from polydub_gateway.words.memory import Correction, Memory

T = TypeVar("T")


class Scripts:
    """The scripts of all owners' dubs.

    Whatever changes one raises ``not_found``, ``conflict`` while the dub is being made or has no
    script yet, ``revision_mismatch`` where the line or the speaker is not as the caller saw it any
    more, and ``invalid_request``.
    """

    def __init__(self, database: Database, store: ObjectStore, memory: Memory) -> None:
        self._database = database
        self._drafting = Drafting(database, store)
        self._memory = memory

    async def get(self, owner_id: str, dub_id: str) -> Script:
        """The script as it stands.

        Raises:
            StageError: ``not_found``; ``conflict`` while the dub's talk is not translated yet.
        """
        await self._drafting.ensure(owner_id, dub_id)
        async with self._database.session() as session:
            dub = await owned(session, DubRow, owner_id, dub_id)
            row = await session.get(ScriptRow, dub_id)
            assert row is not None
            segment_rows = await session.scalars(
                select(SegmentRow)
                .where(SegmentRow.dub_id == dub_id)
                .order_by(SegmentRow.start_ms, SegmentRow.id)
            )
            speaker_rows = await session.scalars(
                select(SpeakerRow).where(SpeakerRow.dub_id == dub_id).order_by(SpeakerRow.id)
            )
            return Script(
                revision=row.revision,
                published_revision=row.published_revision,
                language=row.language,
                languages=tuple(load(dub.folded).languages),
                stale=tuple(dub.stale or ()),
                segments=tuple(map(segment_of, segment_rows)),
                speakers=tuple(map(speaker_of, speaker_rows)),
                touched=row.touched,
                documents=row.bases["documents"],
            )

    async def change(
        self, owner_id: str, dub_id: str, segment_id: str, change: Change, *, revision: int
    ) -> Segment:
        """Changes a line; what a person worded is remembered, to be used again."""

        async def apply(script: OpenScript) -> tuple[Segment, list[Correction]]:
            line = await lines.change_line(script, segment_id, change, revision)
            return line, _corrections(line, script)

        after, worded = await self._changing(owner_id, dub_id, apply)
        await self._memory.remember(owner_id, worded)
        return after

    async def insert(self, owner_id: str, dub_id: str, wanted: Segment) -> Segment:
        """Adds a line; its id, part and revision are given here. It is translated with the dub."""
        return await self._changing(owner_id, dub_id, lambda it: lines.insert_line(it, wanted))

    async def delete(self, owner_id: str, dub_id: str, segment_id: str, *, revision: int) -> None:
        """Takes a line out: nothing is said there any more."""
        await self._changing(
            owner_id, dub_id, lambda it: lines.delete_line(it, segment_id, revision)
        )

    async def split(
        self,
        owner_id: str,
        dub_id: str,
        segment_id: str,
        *,
        at_ms: int,
        at_character: int,
        revision: int,
    ) -> tuple[Segment, Segment]:
        """Makes two lines of one."""
        return await self._changing(
            owner_id,
            dub_id,
            lambda it: lines.split_line(it, segment_id, at_ms, at_character, revision),
        )

    async def merge(self, owner_id: str, dub_id: str, segment_id: str, *, revision: int) -> Segment:
        """Makes one line of this one and the next."""
        return await self._changing(
            owner_id, dub_id, lambda it: lines.merge_lines(it, segment_id, revision)
        )

    async def change_speaker(
        self,
        owner_id: str,
        dub_id: str,
        speaker_id: str,
        change: Recasting,
        *,
        deployed: Mapping[str, Collection[str]],
        revision: int,
    ) -> Speaker:
        """Names a speaker, chooses voices, says who of the registry they are.

        Args:
            deployed: target language -> the voices that there are.
        """
        return await self._changing(
            owner_id,
            dub_id,
            lambda it: speakers.change_speaker(it, speaker_id, change, deployed, revision),
        )

    async def register_speaker(
        self,
        owner_id: str,
        dub_id: str,
        speaker_id: str,
        *,
        name: str | None,
        used: Mapping[str, str],
        revision: int,
    ) -> RegisteredSpeaker:
        """Keeps a speaker in the registry.

        Args:
            used: target language -> the voice they had where nobody chose one.
        """
        return await self._changing(
            owner_id,
            dub_id,
            lambda it: speakers.register_speaker(it, speaker_id, name, used, revision),
        )

    async def merge_speakers(
        self, owner_id: str, dub_id: str, speaker_id: str, into: str, *, revision: int
    ) -> Speaker:
        """Gives all lines of a speaker to another, who was the same all along."""
        return await self._changing(
            owner_id, dub_id, lambda it: speakers.merge_speakers(it, speaker_id, into, revision)
        )

    async def published(self, dub_id: str, revision: int) -> None:
        """Remembers that the dub is being made from a revision of its script."""

        async def write() -> None:
            async with self._database.session() as session:
                row = await session.get(ScriptRow, dub_id)
                if row is not None:
                    row.published_revision = max(revision, row.published_revision)

        await until_it_stands(write)

    async def _changing(
        self, owner_id: str, dub_id: str, apply: Callable[[OpenScript], Awaitable[T]]
    ) -> T:
        """One change in one transaction, again where another came between."""
        await self._drafting.ensure(owner_id, dub_id)

        async def attempt() -> T:
            async with opened(self._database, owner_id, dub_id) as script:
                return await apply(script)

        return await until_it_stands(attempt)


def _corrections(line: Segment, script: OpenScript) -> list[Correction]:
    """What a person worded in this change, to be used again."""
    return [
        Correction(script.row.language, language, line.text, wording.text)
        for language, wording in line.translations.items()
        if wording.origin is Origin.PERSON and wording.changed_at == script.at and wording.text
    ]
