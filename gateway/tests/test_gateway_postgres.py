"""The same on PostgreSQL, where there is one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from polydub_gateway.db import Database
from polydub_gateway.db.models import Base

URL = os.environ.get("POLYDUB_TEST_POSTGRES_URL", "")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not URL, reason="POLYDUB_TEST_POSTGRES_URL names no empty database"),
]


async def test_migrations_make_the_models() -> None:
    database = Database(URL)

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    await database.migrate("base")
    await database.migrate()
    async with database.session() as session:
        assert await (await session.connection()).run_sync(differences) == []
    await database.aclose()


async def test_a_dub_runs_to_its_end(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, story_of: Any, tell: Any
) -> None:
    settings = {"database_url": URL}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        await gateway.ready()
        dubs = [await gateway.dub("es") for _ in range(3)]
        stories = [await story_of(dub) for dub in dubs]
        await asyncio.gather(*(tell(told.whole()[1:]) for told in stories))
        for dub in dubs:
            await gateway.until(dub["id"], "completed")
        page = (await gateway.http.get("/v1/dubs", params={"limit": 2})).json()
        params = {"limit": 2, "cursor": page["next_cursor"]}
        rest = (await gateway.http.get("/v1/dubs", params=params)).json()
        assert {d["id"] for d in page["dubs"] + rest["dubs"]} == {d["id"] for d in dubs}
        assert (await gateway.http.delete(f"/v1/videos/{dubs[0]['video_id']}")).status_code == 204
