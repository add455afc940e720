"""A script in a transaction that changes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from polydub.errors import StageError
from polydub_gateway.db import Database, DubRow, owned
from polydub_gateway.db.edits import ScriptRow, SegmentRow, SpeakerRow
from polydub_gateway.db.revisions import check_revision
from polydub_gateway.edits.rows import new_speaker_row, segment_of, speaker_of
from polydub_gateway.edits.script import SOURCE
from polydub_gateway.jobs.state import JobState, load


@dataclass
class OpenScript:
    """A script that is being changed, and what of it the change touches."""

    session: AsyncSession
    dub: DubRow
    row: ScriptRow
    state: JobState
    touched: dict[str, set[int]] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
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
        check_revision(row.revision, revision, "line", lambda: segment_of(row))
        return row

    async def speaker(self, speaker_id: str, revision: int | None = None) -> SpeakerRow:
        """A speaker's row, where it is still as the caller saw it.

        Args:
            revision: the one that the caller's change is based on; None: whatever it is.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``.
        """
        row = await self.session.get(SpeakerRow, (self.dub.id, speaker_id))
        if row is None:
            raise StageError("not_found", f"The dub has no speaker {speaker_id!r}.")
        if revision is not None:
            check_revision(row.revision, revision, "speaker", lambda: speaker_of(row))
        return row

    async def know_speaker(self, speaker_id: str) -> None:
        """Adds a speaker that lines are given to for the first time."""
        if await self.session.get(SpeakerRow, (self.dub.id, speaker_id)) is None:
            self.session.add(new_speaker_row(self.dub.id, speaker_id))

    def touch(self, part: int, *languages: str) -> None:
        """Remembers that a part is not as the stages left it, and what is stale by that."""
        self.altered = True
        for language in languages:
            self.touched.setdefault(language, set()).add(part)

    def make_stale(self, languages: Sequence[str]) -> None:
        """Remembers that something was corrected in languages."""
        self.altered = True
        self.stale.update(languages)

    def everything(self) -> tuple[str, ...]:
        """The transcript, and all languages."""
        return SOURCE, *self.state.languages

    def remember(self) -> None:
        """Writes what was touched.

        The script's own row and the dub's are written with every change, so that their versions
        make changes of the same time, and whoever has the dub made again just then, come one after
        the other.
        """
        known = {name: set(parts) for name, parts in self.row.touched.items()}
        for name, parts in self.touched.items():
            known.setdefault(name, set()).update(parts)
        self.row.touched = {name: sorted(parts) for name, parts in known.items()}
        flag_modified(self.row, "touched")
        stale = self.stale | (self.touched.keys() - {SOURCE})
        if stale:
            self.dub.stale = sorted(stale.union(self.dub.stale or ()))
            self.row.changed_at = {**self.row.changed_at, **dict.fromkeys(stale, self.at)}
        flag_modified(self.dub, "stale")


@asynccontextmanager
async def opened(database: Database, owner_id: str, dub_id: str) -> AsyncIterator[OpenScript]:
    """A dub's script, to be changed in one transaction.

    Raises:
        StageError: ``not_found``; ``conflict`` while the dub is being made.
    """
    async with database.session() as session:
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
        script = OpenScript(session, dub, row, state)
        yield script
        if script.altered:
            script.remember()
