"""Glossaries that an organisation keeps, for its dubs to name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.db import Database, owned, until_it_stands
from polydub_gateway.db.ownership import check_room
from polydub_gateway.db.revisions import check_revision
from polydub_gateway.db.words import GlossaryRow
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.asking import MAX_TERMS, Term, checked_terms

MOST_GLOSSARIES = 200


@dataclass(frozen=True)
class Glossary:
    """Terms under a name."""

    id: str
    name: str
    terms: tuple[Term, ...]
    revision: int
    updated_at_ms: int


class Glossaries:
    """The glossaries of all organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, owner_id: str, name: str, terms: Sequence[Term]) -> Glossary:
        """Keeps a new glossary.

        Raises:
            StageError: ``invalid_request``, ``quota_exceeded``.
        """
        checked = checked_terms(terms)
        async with self._database.session() as session:
            await check_room(
                session, GlossaryRow, owner_id, most=MOST_GLOSSARIES, nouns="glossaries"
            )
            row = GlossaryRow(id=new_id("glo"), owner_id=owner_id)
            _write(row, name, checked)
            session.add(row)
        return _glossary(row)

    async def list(self, owner_id: str) -> list[Glossary]:
        """All of an organisation, by name."""
        query = select(GlossaryRow).where(GlossaryRow.owner_id == owner_id)
        async with self._database.session() as session:
            rows = await session.scalars(query.order_by(GlossaryRow.name, GlossaryRow.id))
            return [_glossary(row) for row in rows]

    async def get(self, owner_id: str, glossary_id: str) -> Glossary:
        """One glossary.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            return _glossary(await owned(session, GlossaryRow, owner_id, glossary_id))

    async def replace(
        self, owner_id: str, glossary_id: str, name: str, terms: Sequence[Term], *, revision: int
    ) -> Glossary:
        """Writes a glossary anew.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``.
        """
        checked = checked_terms(terms)

        async def write() -> Glossary:
            async with self._database.session() as session:
                row = await owned(session, GlossaryRow, owner_id, glossary_id)
                check_revision(row.revision, revision, row.noun, lambda: _glossary(row))
                _write(row, name, checked)
            return _glossary(row)

        return await until_it_stands(write)

    async def delete(self, owner_id: str, glossary_id: str) -> None:
        """Deletes a glossary; dubs that named it keep its terms.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            await session.delete(await owned(session, GlossaryRow, owner_id, glossary_id))

    async def terms_of(self, owner_id: str, glossary_ids: Sequence[str]) -> tuple[Term, ...]:
        """The terms of several glossaries, each once.

        Raises:
            StageError: ``not_found``; ``invalid_request`` where they are too many together.
        """
        found = [
            term
            for glossary_id in dict.fromkeys(glossary_ids)
            for term in (await self.get(owner_id, glossary_id)).terms
        ]
        if len(found) > MAX_TERMS:
            raise StageError(
                "invalid_request", f"These glossaries have more than {MAX_TERMS} terms together."
            )
        return tuple(dict.fromkeys(found))


def _write(row: GlossaryRow, name: str, terms: Sequence[Term]) -> None:
    row.name, row.terms, row.updated_at_ms = name, [asdict(term) for term in terms], now_ms()


def _glossary(row: GlossaryRow) -> Glossary:
    terms = tuple(Term(**term) for term in row.terms)
    return Glossary(row.id, row.name, terms, row.revision, row.updated_at_ms)
