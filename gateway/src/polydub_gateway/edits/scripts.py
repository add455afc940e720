"""The scripts of all dubs: looked at, changed, and given to the stages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from polydub.artifacts import MessageT, read_document
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, translation_pb2
from polydub_gateway.db import Database, DubRow, VideoRow, owned, until_it_stands
from polydub_gateway.db.edits import ScriptRow, SegmentRow, SpeakerRow
from polydub_gateway.edits.documents import brought_up, segments_of
from polydub_gateway.edits.rows import new_row, segment_of, write_segment
from polydub_gateway.edits.script import (
    Change,
    Origin,
    Segment,
    Wording,
    changed,
    inserted,
    merged,
    split,
)
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.state import JobState, load
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.words.memory import Correction, Memory

T = TypeVar("T")

SOURCE = ""
"""Stands for the transcript where the others are named by their target language."""


@dataclass(frozen=True)
class Speaker:
    """Someone who speaks."""

    id: str
    name: str
    voices: Mapping[str, str] = field(default_factory=dict)
    """Target language -> the voice that a person chose."""
    changed_at: Mapping[str, int] = field(default_factory=dict)
    """Target language -> the script's revision that changed the voice."""
    revision: int = 1


@dataclass(frozen=True)
class Script:
    """A dub's whole script."""

    revision: int
    published_revision: int
    language: str
    languages: tuple[str, ...]
    stale: tuple[str, ...]
    """The languages in which something was corrected since they were made."""
    segments: tuple[Segment, ...]
    speakers: tuple[Speaker, ...]
    touched: Mapping[str, Sequence[int]]
    """The parts that people changed: target language, empty for the transcript -> parts."""
    documents: Mapping[str, Mapping[str, str]]
    """The stages' own documents: stage, or ``stage/language`` -> part -> key."""

    def affected(self, language: str) -> list[str]:
        """The lines that would be made anew in a language."""
        since = self.published_revision
        moved = {s.id for s in self.speakers if s.changed_at.get(language, 0) > since}
        return [
            each.id
            for each in self.segments
            if each.speaker_id in moved or each.changed_since(since, language)
        ]


@dataclass
class _Open:
    """A script in a transaction that changes it."""

    session: AsyncSession
    dub: DubRow
    row: ScriptRow
    state: JobState
    touched: dict[str, set[int]] = field(default_factory=dict)
    altered: bool = False

    @property
    def at(self) -> int:
        """The revision that this transaction makes."""
        return self.row.revision + 1

    @property
    def talk_ms(self) -> int:
        return int(self.row.bases["talk_ms"])

    async def segment(self, segment_id: str, revision: int) -> SegmentRow:
        """A line's row, where it is still as the caller saw it.

        Args:
            revision: the one that the caller's change is based on.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``.
        """
        row = await self.session.get(SegmentRow, (self.dub.id, segment_id))
        if row is None:
            raise StageError("not_found", f"The dub has no segment {segment_id!r}.")
        _check_revision(row.revision, revision, "line")
        return row

    def touch(self, part: int, *languages: str) -> None:
        """Remembers that a part is not as the stages left it, and what is stale by that."""
        self.altered = True
        for language in languages:
            self.touched.setdefault(language, set()).add(part)

    def everything(self) -> tuple[str, ...]:
        """The transcript, and all languages."""
        return SOURCE, *self.state.languages


class Scripts:
    """The scripts of all owners' dubs."""

    def __init__(self, database: Database, store: ObjectStore, memory: Memory) -> None:
        self._database = database
        self._store = store
        self._memory = memory

    async def get(self, owner_id: str, dub_id: str) -> Script:
        """The script as it stands.

        Raises:
            StageError: ``not_found``; ``conflict`` while the dub's talk is not translated yet.
        """
        await self._ensure(owner_id, dub_id)
        async with self._database.session() as session:
            dub = await owned(session, DubRow, owner_id, dub_id)
            row = await session.get(ScriptRow, dub_id)
            assert row is not None
            ordered = (
                select(SegmentRow)
                .where(SegmentRow.dub_id == dub_id)
                .order_by(SegmentRow.start_ms, SegmentRow.id)
            )
            segments = tuple(segment_of(each) for each in await session.scalars(ordered))
            speakers = await session.scalars(
                select(SpeakerRow).where(SpeakerRow.dub_id == dub_id).order_by(SpeakerRow.id)
            )
            return Script(
                revision=row.revision,
                published_revision=row.published_revision,
                language=row.language,
                languages=tuple(load(dub.folded).languages),
                stale=tuple(dub.stale or ()),
                segments=segments,
                speakers=tuple(_speaker(each) for each in speakers),
                touched=row.touched,
                documents=row.bases["documents"],
            )

    async def change(
        self, owner_id: str, dub_id: str, segment_id: str, change: Change, *, revision: int
    ) -> Segment:
        """Changes a line.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> Segment:
            worded.clear()
            row = await script.segment(segment_id, revision)
            before = segment_of(row)
            after = changed(before, change, script.at, end_ms=script.talk_ms)
            if after == before:
                return before
            write_segment(row, after)
            if after.changed_at == script.at:
                script.touch(after.part, *script.everything())
            script.touch(
                after.part,
                *(tag for tag, each in after.translations.items() if each.changed_at == script.at),
            )
            await self._know_speaker(script, after.speaker_id)
            worded.extend(_corrections(after, script))
            return after

        worded: list[Correction] = []
        after = await self._changing(owner_id, dub_id, apply)
        await self._memory.remember(owner_id, worded)
        return after

    async def insert(self, owner_id: str, dub_id: str, wanted: Segment) -> Segment:
        """Adds a line; its id, part and revision are given here. It is translated with the dub.

        Raises:
            StageError: ``not_found``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> Segment:
            checked = inserted(wanted, end_ms=script.talk_ms)
            part = await _part_at(script, checked.start_ms)
            segment = replace(checked, id=new_id("n")[:14], part=part, changed_at=script.at)
            segment = changed(
                replace(segment, translations=_unsaid(script)),
                Change(translations={tag: each.text for tag, each in wanted.translations.items()}),
                script.at,
                end_ms=script.talk_ms,
            )
            segment = replace(segment, revision=1)
            script.session.add(new_row(dub_id, segment))
            script.touch(part, *script.everything())
            await self._know_speaker(script, segment.speaker_id)
            return segment

        return await self._changing(owner_id, dub_id, apply)

    async def delete(self, owner_id: str, dub_id: str, segment_id: str, *, revision: int) -> None:
        """Takes a line out: nothing is said there any more.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``conflict``.
        """

        async def apply(script: _Open) -> None:
            row = await script.segment(segment_id, revision)
            await script.session.delete(row)
            script.touch(row.part, *script.everything())

        await self._changing(owner_id, dub_id, apply)

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
        """Makes two lines of one.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> tuple[Segment, Segment]:
            row = await script.segment(segment_id, revision)
            first, second = split(segment_of(row), new_id("n")[:14], at_ms, at_character, script.at)
            write_segment(row, first)
            script.session.add(new_row(dub_id, second))
            script.touch(first.part, *script.everything())
            return first, second

        return await self._changing(owner_id, dub_id, apply)

    async def merge(self, owner_id: str, dub_id: str, segment_id: str, *, revision: int) -> Segment:
        """Makes one line of this one and the next.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> Segment:
            row = await script.segment(segment_id, revision)
            following = await script.session.scalar(
                select(SegmentRow)
                .where(
                    SegmentRow.dub_id == dub_id,
                    (SegmentRow.start_ms > row.start_ms)
                    | ((SegmentRow.start_ms == row.start_ms) & (SegmentRow.id > row.id)),
                )
                .order_by(SegmentRow.start_ms, SegmentRow.id)
                .limit(1)
            )
            if following is None:
                raise StageError("invalid_request", "There is no line behind this one.")
            one = merged(segment_of(row), segment_of(following), script.at)
            write_segment(row, one)
            await script.session.delete(following)
            script.touch(one.part, *script.everything())
            return one

        return await self._changing(owner_id, dub_id, apply)

    async def change_speaker(
        self,
        owner_id: str,
        dub_id: str,
        speaker_id: str,
        *,
        name: str | None,
        voices: Mapping[str, str | None],
        revision: int,
    ) -> Speaker:
        """Names a speaker, and chooses voices (None: the one that is cast).

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> Speaker:
            row = await _speaker_row(script, speaker_id)
            _check_revision(row.revision, revision, "speaker")
            if unknown := set(voices) - set(script.state.languages):
                languages = ", ".join(sorted(unknown))
                raise StageError("invalid_request", f"The dub is not made in {languages}.")
            chosen = {tag: voice for tag, voice in {**row.voices, **voices}.items() if voice}
            moved = [tag for tag in voices if row.voices.get(tag) != chosen.get(tag)]
            row.voices, row.name = chosen, row.name if name is None else name
            row.changed_at = {**row.changed_at, **dict.fromkeys(moved, script.at)}
            row.revision += 1
            script.altered = True
            _make_stale(script.dub, moved)
            return _speaker(row)

        return await self._changing(owner_id, dub_id, apply)

    async def merge_speakers(
        self, owner_id: str, dub_id: str, speaker_id: str, into: str, *, revision: int
    ) -> Speaker:
        """Gives all lines of a speaker to another, who was the same all along.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``, ``conflict``.
        """

        async def apply(script: _Open) -> Speaker:
            if speaker_id == into:
                raise StageError("invalid_request", "A speaker can't be merged into themselves.")
            row = await _speaker_row(script, speaker_id)
            _check_revision(row.revision, revision, "speaker")
            kept = await _speaker_row(script, into)
            theirs = await script.session.scalars(
                select(SegmentRow).where(
                    SegmentRow.dub_id == dub_id, SegmentRow.speaker_id == speaker_id
                )
            )
            for line in theirs:
                line.speaker_id, line.changed_at = into, script.at
                line.revision += 1
                script.touch(line.part, *script.everything())
            await script.session.delete(row)
            script.altered = True
            return _speaker(kept)

        return await self._changing(owner_id, dub_id, apply)

    async def published(self, dub_id: str, revision: int) -> None:
        """Remembers that the dub is being made from a revision of its script."""

        async def write() -> None:
            async with self._database.session() as session:
                row = await session.get(ScriptRow, dub_id)
                if row is not None:
                    row.published_revision = max(revision, row.published_revision)

        await until_it_stands(write)

    # --- how a script comes to be ------------------------------------------------------------

    async def _ensure(self, owner_id: str, dub_id: str) -> None:
        """Returns when there is a script, and what was translated anew stands in it."""
        async with self._database.session() as session:
            dub = await owned(session, DubRow, owner_id, dub_id)
            row = await session.get(ScriptRow, dub_id)
        state = load(dub.folded)
        if row is None:
            await self._make(dub, state)
        elif state.state.ended and row.bases.get("brought_up") != state.revision:
            await self._bring_up(dub_id, state)
            await self._note_brought_up(row, state.revision)

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
                session.add_all(new_row(dub.id, each) for each in segments)
                session.add_all(_new_speaker(dub.id, each) for each in speakers)
        except IntegrityError:
            return  # another request made it meanwhile

    async def _talk_ms(self, dub: DubRow, segments: Sequence[Segment]) -> int:
        """How long the talk is, at least as long as its lines go."""
        async with self._database.session() as session:
            video = await owned(session, VideoRow, dub.owner_id, dub.video_id)
        last_ms = max((each.end_ms for each in segments), default=0)
        return max(last_ms, round(1000 * media_of(video).duration_s))

    async def _bring_up(self, dub_id: str, state: JobState) -> None:
        """Takes over what the machine has translated since, where lines were stale."""
        async with self._database.session() as session:
            rows = await session.scalars(select(SegmentRow).where(SegmentRow.dub_id == dub_id))
            stale = [
                segment
                for segment in map(segment_of, rows)
                if any(each.stale for each in segment.translations.values())
            ]
        if not stale:
            return
        for language in state.languages:
            keys = state.documents.get(f"translation/{language}", {})
            wanted = {str(each.part) for each in stale}
            documents = await self._read(
                {part: key for part, key in keys.items() if part in wanted},
                translation_pb2.TranslationDocument,
            )
            await self._take_over(dub_id, language, brought_up(stale, documents))

    async def _note_brought_up(self, row: ScriptRow, revision: int) -> None:
        """Remembers that nothing more comes of a revision of the job. For people that is no change
        of the script: its own revision stays."""
        bases = {**row.bases, "brought_up": revision}
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

    # --- how it changes ----------------------------------------------------------------------

    async def _changing(
        self, owner_id: str, dub_id: str, apply: Callable[[_Open], Awaitable[T]]
    ) -> T:
        """One change in one transaction, again where another came between."""
        await self._ensure(owner_id, dub_id)

        async def attempt() -> T:
            async with self._opened(owner_id, dub_id) as script:
                return await apply(script)

        return await until_it_stands(attempt)

    @asynccontextmanager
    async def _opened(self, owner_id: str, dub_id: str) -> AsyncIterator[_Open]:
        async with self._database.session() as session:
            dub = await owned(session, DubRow, owner_id, dub_id)
            state = load(dub.folded)
            if not state.state.ended:
                raise StageError(
                    "conflict",
                    "The dub is being made.",
                    hint="Wait for its end, or cancel it, and correct it then.",
                )
            row = await session.get(ScriptRow, dub_id)
            assert row is not None
            script = _Open(session, dub, row, state)
            yield script
            if script.altered:
                _remember(script)

    async def _know_speaker(self, script: _Open, speaker_id: str) -> None:
        """Adds a speaker that lines are given to for the first time."""
        if await script.session.get(SpeakerRow, (script.dub.id, speaker_id)) is None:
            script.session.add(_new_speaker(script.dub.id, speaker_id))


def _remember(script: _Open) -> None:
    """Writes what was touched. The script's own row is written with every change, so that its
    version makes changes of the same time come one after the other."""
    known = {name: set(parts) for name, parts in script.row.touched.items()}
    for name, parts in script.touched.items():
        known.setdefault(name, set()).update(parts)
    script.row.touched = {name: sorted(parts) for name, parts in known.items()}
    flag_modified(script.row, "touched")
    _make_stale(script.dub, [name for name in script.touched if name != SOURCE])


def _make_stale(dub: DubRow, languages: Sequence[str]) -> None:
    if languages:
        dub.stale = sorted({*(dub.stale or ()), *languages})


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


def _corrections(segment: Segment, script: _Open) -> list[Correction]:
    """What a person worded in this change, to be used again."""
    return [
        Correction(script.row.language, language, segment.text, wording.text)
        for language, wording in segment.translations.items()
        if wording.origin is Origin.PERSON and wording.changed_at == script.at and wording.text
    ]


async def _part_at(script: _Open, start_ms: int) -> int:
    """The part that a new line belongs to: that of the line before it, or of the first."""
    before = (
        select(SegmentRow.part)
        .where(SegmentRow.dub_id == script.dub.id, SegmentRow.start_ms <= start_ms)
        .order_by(SegmentRow.start_ms.desc())
        .limit(1)
    )
    part = await script.session.scalar(before)
    return 0 if part is None else part


def _unsaid(script: _Open) -> dict[str, Wording]:
    """In every language: to be translated with the dub."""
    return {tag: Wording("", stale=True, changed_at=script.at) for tag in script.state.languages}


async def _speaker_row(script: _Open, speaker_id: str) -> SpeakerRow:
    row = await script.session.get(SpeakerRow, (script.dub.id, speaker_id))
    if row is None:
        raise StageError("not_found", f"The dub has no speaker {speaker_id!r}.")
    return row


def _new_speaker(dub_id: str, speaker_id: str) -> SpeakerRow:
    return SpeakerRow(
        dub_id=dub_id, id=speaker_id, name=speaker_id, voices={}, changed_at={}, revision=1
    )


def _speaker(row: SpeakerRow) -> Speaker:
    return Speaker(row.id, row.name, dict(row.voices), dict(row.changed_at), row.revision)


def _check_revision(stands: int, based_on: int, kind: str) -> None:
    if based_on != stands:
        raise StageError(
            "revision_mismatch",
            f"Your change is based on revision {based_on}; the {kind} is at {stands} by now.",
        )
