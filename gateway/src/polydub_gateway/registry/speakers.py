"""Registered speakers: an organisation keeps them, and a dub's speaker may be one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.db import Database, owned, until_it_stands
from polydub_gateway.db.ownership import check_room
from polydub_gateway.db.registry import RegisteredSpeakerRow
from polydub_gateway.db.revisions import check_revision
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.asking import checked_tag

MOST_SPEAKERS = 500
LONGEST_NAME = 100


@dataclass(frozen=True)
class RegisteredSpeaker:
    """Someone who speaks again and again."""

    id: str
    name: str
    voices: Mapping[str, str]
    """Target language -> the id of the voice."""
    revision: int
    updated_at_ms: int


class Registry:
    """The registered speakers of all organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, owner_id: str, name: str, voices: Mapping[str, str]
    ) -> RegisteredSpeaker:
        """Keeps a new one.

        Raises:
            StageError: ``invalid_request``, ``quota_exceeded``; ``conflict`` for a name that
                another has.
        """
        async with self._database.session() as session:
            return registered(await register(session, owner_id, name, voices))

    async def list(self, owner_id: str) -> list[RegisteredSpeaker]:
        """All of an organisation, by name."""
        query = select(RegisteredSpeakerRow).where(RegisteredSpeakerRow.owner_id == owner_id)
        async with self._database.session() as session:
            rows = await session.scalars(query.order_by(RegisteredSpeakerRow.folded_name))
            return [registered(row) for row in rows]

    async def get(self, owner_id: str, registered_id: str) -> RegisteredSpeaker:
        """One of them.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            return registered(await owned(session, RegisteredSpeakerRow, owner_id, registered_id))

    async def replace(
        self,
        owner_id: str,
        registered_id: str,
        name: str,
        voices: Mapping[str, str],
        *,
        revision: int,
    ) -> RegisteredSpeaker:
        """Writes one anew; the speakers of dubs stay as they are.

        Raises:
            StageError: ``not_found``, ``revision_mismatch``, ``invalid_request``; ``conflict``
                for a name that another has.
        """

        async def change() -> RegisteredSpeaker:
            async with self._database.session() as session:
                row = await owned(session, RegisteredSpeakerRow, owner_id, registered_id)
                check_revision(row.revision, revision, row.noun, lambda: registered(row))
                await _write(session, row, name, voices)
            return registered(row)

        return await until_it_stands(change)

    async def delete(self, owner_id: str, registered_id: str) -> None:
        """Deletes one; speakers of dubs keep the name and the voices, and are linked no more.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await owned(session, RegisteredSpeakerRow, owner_id, registered_id)
            await session.delete(row)


async def register(
    session: AsyncSession, owner_id: str, name: str, voices: Mapping[str, str]
) -> RegisteredSpeakerRow:
    """A new registered speaker, in the caller's transaction.

    Raises:
        StageError: ``invalid_request``, ``quota_exceeded``; ``conflict`` for a name that another
            has.
    """
    await check_room(
        session, RegisteredSpeakerRow, owner_id, most=MOST_SPEAKERS, nouns="registered speakers"
    )
    row = RegisteredSpeakerRow(id=new_id("spk"), owner_id=owner_id)
    session.add(row)
    await _write(session, row, name, voices)
    return row


def registered(row: RegisteredSpeakerRow) -> RegisteredSpeaker:
    """The registered speaker in a row."""
    return RegisteredSpeaker(row.id, row.name, dict(row.voices), row.revision, row.updated_at_ms)


async def _write(
    session: AsyncSession, row: RegisteredSpeakerRow, name: str, voices: Mapping[str, str]
) -> None:
    row.name = called = _checked_name(name)
    # People see no difference between letters with a mark and letters that a mark follows.
    row.folded_name = normalize("NFC", called).casefold()
    row.voices = {checked_tag(tag): voice for tag, voice in sorted(voices.items())}
    row.updated_at_ms = now_ms()
    try:
        await session.flush()
    except IntegrityError as error:
        raise StageError(
            "conflict",
            f"There is a registered speaker {called!r} already.",
            hint="Change that one, or give this one another name.",
        ) from error


def _checked_name(name: str) -> str:
    trimmed = name.strip()
    if not 0 < len(trimmed) <= LONGEST_NAME:
        raise StageError(
            "invalid_request",
            f"A registered speaker's name has 1 to {LONGEST_NAME} characters.",
        )
    return trimmed
