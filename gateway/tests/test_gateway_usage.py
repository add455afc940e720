"""What was there before usage was counted is counted when the tables are made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from polydub_gateway.db import Database
from polydub_gateway.jobs.listing import Sought, listed
from polydub_gateway.limits.usage import Usage

pytestmark = pytest.mark.integration


async def _insert(database: Database, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    async with database.session() as session:
        await session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


async def test_jobs_from_before_are_found_and_counted(database_url: str) -> None:
    database = Database(database_url)
    await database.migrate("0005")
    video = {
        "id": "vid_1", "owner_id": "local", "filename": "Über.mp4", "source_key": "k",
        "sha256": "0", "media": json.dumps({"duration_s": 60.0}), "created_at_ms": 1,
    }  # fmt: skip
    states = {"es": {"state": "completed"}, "fr": {"state": "failed"}}
    billed = [{"stage": "tts", "engine": "e", "unit": "characters", "quantity": 7.0}]
    dub = {
        "id": "dub_1", "owner_id": "local", "video_id": "vid_1", "revision": 0,
        "spec": json.dumps({"filename": "Über.mp4", "target_languages": ["es", "fr"]}),
        "state": "completed_with_warnings", "progress": 1.0, "version": 1, "request_digest": "0",
        "folded": json.dumps({"languages": states, "usage": billed}), "created_at_ms": 1,
    }  # fmt: skip
    await _insert(database, "videos", video)
    await _insert(database, "dubs", dub)
    await database.migrate()

    [month, *_] = [m for m in await Usage(database).months("local", 1) if m.jobs]
    assert (month.month, month.minutes, month.languages) == ("1970-01", 1.0, 1)
    assert month.billed[0].quantity == 7
    async with database.session() as session:
        sought = Sought(text="ÜBER", target_language="fr")
        [row] = await session.scalars(listed("local", sought, None))
        assert (row.id, row.target_tags) == ("dub_1", ",es,fr,")
    await database.migrate("base")
    await database.aclose()
