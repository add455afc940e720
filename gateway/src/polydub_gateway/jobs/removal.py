"""Deletes jobs, with what was made for them alone."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import delete, select

from polydub import telemetry
from polydub.errors import StageError
from polydub.pipeline import BY_NAME
from polydub.store import ObjectStore
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.broker import BusLink
from polydub_gateway.db import Database, DubRow, owned
from polydub_gateway.db.counts import tell
from polydub_gateway.db.delivery import StoredRow
from polydub_gateway.db.edits import ScriptRow
from polydub_gateway.jobs.consequences import deletion_of
from polydub_gateway.jobs.hls import live_prefix
from polydub_gateway.jobs.state import State

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""What is longer is no document that names artifacts."""

_UNSAID = ("separation",)
"""Stages of which a job's state does not say what it used: it stays as long as there is a job."""

log = telemetry.logger(__name__)


class Removal:
    """Removes jobs for good."""

    def __init__(self, database: Database, link: BusLink, store: ObjectStore) -> None:
        self._database = database
        self._link = link
        self._store = store

    async def delete(self, owner_id: str, dub_id: str, *, by: Actor) -> None:
        """Deletes an ended job: its events, its row, and artifacts that no other job refers to.

        What it counts for stays counted.

        Args:
            by: for the record.

        Raises:
            StageError: ``not_found``; ``conflict`` while it runs; ``bus_unavailable``.
        """
        row = await self._ended(owner_id, dub_id)
        # The stream goes first: a row without events can be deleted again, events without a row
        # can't.
        await self._link.bus.forget(row.id)
        async with self._database.session() as session:
            await tell(session, owner_id, deletion_of(row))
            session.add(entry(by, "dub_deleted", row.id))
            result = await session.execute(
                delete(DubRow).where(DubRow.id == row.id, DubRow.version == row.version)
            )
            if result.rowcount == 0:  # type: ignore[attr-defined]
                raise StageError("conflict", "The job was changed or deleted just now.")
        await self._store.delete_prefix(live_prefix(row.video_id, row.id))
        await self._sweep(row.video_id)
        log.info("deleted", job_id=row.id)

    async def _ended(self, owner_id: str, dub_id: str) -> DubRow:
        async with self._database.session() as session:
            row = await owned(session, DubRow, owner_id, dub_id)
        if not State(row.state).ended:
            raise StageError(
                "conflict",
                f"The job is {row.state}.",
                hint="Cancel it first: POST /v1/dubs/{id}/cancel.",
            )
        return row

    async def _sweep(self, video_id: str) -> None:
        """Deletes the stages' artifacts of a video that none of its jobs refers to.

        While one of them runs nothing goes: it may be about to use what it has found in the
        store. The next deletion comes by again.
        """
        rows = await self._settled(video_id)
        if rows is None:
            return
        kept = await self._referred_to(video_id, rows)
        stages = [stage for stage in BY_NAME if not (rows and stage in _UNSAID)]
        lying = {folder async for folder in self._folders(video_id, stages)}
        if await self._settled(video_id) is None:
            return  # one has begun meanwhile
        for folder in sorted(lying - kept):
            await self._store.delete_prefix(folder)
        async with self._database.session() as session:
            stored = await session.get(StoredRow, video_id)
            if stored is not None:
                stored.stale = True

    async def _settled(self, video_id: str) -> list[DubRow] | None:
        """A video's jobs; None while one runs, or where it is not known what one refers to."""
        async with self._database.session() as session:
            rows = list(await session.scalars(select(DubRow).where(DubRow.video_id == video_id)))
        known = all(State(row.state).ended and _tells_its_documents(row) for row in rows)
        return rows if known else None

    async def _folders(self, video_id: str, stages: Sequence[str]) -> AsyncIterator[str]:
        for stage in stages:
            prefix = f"videos/{video_id}/{stage}"
            async for info in self._store.walk(prefix):
                yield "/".join(info.key.split("/")[:4])

    async def _referred_to(self, video_id: str, rows: list[DubRow]) -> set[str]:
        """The folders that jobs refer to: by themselves, or by documents in such folders."""
        found: set[str] = set()
        bases = await self._bases([row.id for row in rows])
        said = [json.dumps(each).encode() for row in rows for each in (row.folded, row.spec)]
        said += [json.dumps(each).encode() for each in bases]
        ahead = {folder for each in said for folder in _named(video_id, each)}
        while ahead:
            folder = ahead.pop()
            found.add(folder)
            async for info in self._store.walk(folder):
                if info.key.endswith(".json") and info.size_bytes <= MAX_DOCUMENT_BYTES:
                    named = _named(video_id, await self._store.get_bytes(info.key))
                    ahead |= named - found
        return found

    async def _bases(self, dub_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What the jobs' scripts are changes of: it may be of a former revision."""
        query = select(ScriptRow.bases).where(ScriptRow.dub_id.in_(dub_ids))
        async with self._database.session() as session:
            return list(await session.scalars(query))


def _tells_its_documents(row: DubRow) -> bool:
    """Whether a job's state says what it was made of; those of before did not."""
    return bool(row.folded.get("documents")) or not row.folded.get("units")


def _named(video_id: str, data: bytes) -> set[str]:
    """The artifact folders whose keys stand in a document."""
    pattern = rf"videos/{re.escape(video_id)}/[A-Za-z0-9._=+-]+/[A-Za-z0-9._=+-]+(?=/)"
    return {each.decode() for each in re.findall(pattern.encode(), data)}
