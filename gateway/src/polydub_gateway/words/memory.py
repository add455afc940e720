"""Corrections that people made, to be used again in the organisation's next dubs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import delete, select, tuple_
from sqlalchemy.exc import IntegrityError

from polydub import languages
from polydub.artifacts import ArtifactFolder, digest, dump_document
from polydub.edits import normalized
from polydub.events import now_ms
from polydub.store import ObjectStore
from polydub.v1 import events_pb2, translation_pb2
from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import Database, owned
from polydub_gateway.db.words import MemoryRow

MOST_ENTRIES = 20_000
"""For one language of one dub: the newest ones."""
_LOOKED_THROUGH = 2_000
_ALIKE = 0.75
"""How much of two sentences has to be the same for one to be offered for the other."""
_DOCUMENT = "memory.json"


@dataclass(frozen=True)
class Correction:
    """How a person wants a sentence said."""

    source_language: str
    target_language: str
    source_text: str
    text: str


@dataclass(frozen=True)
class Entry:
    """A remembered correction."""

    id: str
    correction: Correction
    updated_at_ms: int


@dataclass(frozen=True)
class Page:
    """Some corrections, newest first, and where the next page starts."""

    entries: tuple[Entry, ...]
    next_cursor: str | None


class Memory:
    """The corrections of all organisations."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def remember(self, owner_id: str, corrections: Iterable[Correction]) -> None:
        """Keeps corrections; the newest one for a sentence stands."""
        for each in corrections:
            try:
                await self._write(owner_id, each)
            except IntegrityError:  # another replica was faster: now there is a row to write to
                await self._write(owner_id, each)

    async def entries(
        self,
        owner_id: str,
        *,
        target_language: str,
        after: tuple[int, str] | None,
        limit: int,
    ) -> list[Entry]:
        """The corrections into a language, newest first.

        Args:
            after: time and id of the last one seen.
        """
        query = (
            select(MemoryRow)
            .where(MemoryRow.owner_id == owner_id, MemoryRow.target_language == target_language)
            .order_by(MemoryRow.updated_at_ms.desc(), MemoryRow.id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(MemoryRow.updated_at_ms, MemoryRow.id) < after)
        async with self._database.session() as session:
            return [_entry(row) for row in await session.scalars(query)]

    async def page(
        self, owner_id: str, *, target_language: str, limit: int, cursor: str | None = None
    ) -> Page:
        """The corrections into a language, page by page.

        Raises:
            StageError: ``invalid_request`` for a cursor that we did not give.
        """
        found = await self.entries(
            owner_id,
            target_language=target_language,
            after=from_cursor(cursor) if cursor else None,
            limit=limit + 1,
        )
        shown = tuple(found[:limit])
        last = shown[-1] if len(found) > limit else None
        return Page(shown, to_cursor(last.updated_at_ms, last.id) if last else None)

    async def forget(self, owner_id: str, entry_id: str) -> None:
        """Deletes a correction.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await owned(session, MemoryRow, owner_id, entry_id)
            await session.delete(row)

    async def forget_all(self, owner_id: str, target_language: str) -> None:
        """Deletes all corrections into a language."""
        async with self._database.session() as session:
            await session.execute(
                delete(MemoryRow).where(
                    MemoryRow.owner_id == owner_id, MemoryRow.target_language == target_language
                )
            )

    async def alike(self, owner_id: str, sought: Correction) -> list[str]:
        """What was wanted for sentences like this one, the likest first."""
        entries = await self.entries(
            owner_id, target_language=sought.target_language, after=None, limit=_LOOKED_THROUGH
        )
        return await asyncio.to_thread(_likest, [each.correction for each in entries], sought)

    async def kept(
        self, owner_id: str, video_id: str, source_language: str, targets: Sequence[str]
    ) -> list[events_pb2.TranslationMemory]:
        """Writes what is remembered where translation reads it; how a job names it.

        Args:
            source_language: ``auto``: of whatever language.
        """
        kept = []
        for target in targets:
            entries = [
                each.correction
                for each in await self.entries(
                    owner_id, target_language=target, after=None, limit=MOST_ENTRIES
                )
                if _same_language(each.correction.source_language, source_language)
            ]
            if entries:
                kept.append(await self._put(video_id, source_language, target, entries))
        return kept

    async def _put(
        self, video_id: str, source: str, target: str, entries: Sequence[Correction]
    ) -> events_pb2.TranslationMemory:
        document = translation_pb2.MemoryDocument(
            schema_version=1,
            source_language=source,
            target_language=target,
            entries=[
                translation_pb2.MemoryEntry(source_text=each.source_text, text=each.text)
                # The newest comes last, so that it stands where two are read as one sentence.
                for each in reversed(entries)
            ],
        )
        name = digest(memory=dump_document(document).decode())
        folder = ArtifactFolder(self._store, video_id, "gateway", name)
        key = await folder.put_document(_DOCUMENT, document)
        return events_pb2.TranslationMemory(target_language=target, key=key, digest=name)

    async def _write(self, owner_id: str, correction: Correction) -> None:
        identity = entry_id(owner_id, correction)
        async with self._database.session() as session:
            row = await session.get(MemoryRow, identity)
            if row is None:
                row = MemoryRow(id=identity, owner_id=owner_id)
                session.add(row)
            row.source_language = correction.source_language
            row.target_language = correction.target_language
            row.source_text, row.text = correction.source_text, correction.text
            row.updated_at_ms = now_ms()


def entry_id(owner_id: str, correction: Correction) -> str:
    """The same for every correction of one sentence."""
    named = [
        owner_id,
        correction.source_language,
        correction.target_language,
        normalized(correction.source_text),
    ]
    return f"mem_{hashlib.sha256(chr(0).join(named).encode()).hexdigest()[:32]}"


def _likest(known: Iterable[Correction], sought: Correction) -> list[str]:
    wanted = normalized(sought.source_text)
    scored = [
        (likeness(wanted, normalized(each.source_text)), each.text)
        for each in known
        if _same_language(each.source_language, sought.source_language)
    ]
    best = sorted((pair for pair in scored if pair[0] >= _ALIKE), reverse=True)
    return list(dict.fromkeys(text for _, text in best))


def likeness(one: str, other: str) -> float:
    """How much of two normalized sentences is the same, word by word: 0 to 1."""
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0


def _same_language(known: str, asked: str) -> bool:
    return asked == languages.AUTO or known == asked


def _entry(row: MemoryRow) -> Entry:
    return Entry(
        row.id,
        Correction(row.source_language, row.target_language, row.source_text, row.text),
        row.updated_at_ms,
    )
