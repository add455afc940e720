"""What a gateway on PostgreSQL does as one on SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from polydub_gateway.db import Database
from polydub_gateway.db.models import Base

pytestmark = pytest.mark.integration


async def test_migrations_make_the_models_and_go_back(postgres_url: str) -> None:
    database = Database(postgres_url)

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    await asyncio.gather(database.migrate(), database.migrate())
    async with database.session() as session:
        assert await (await session.connection()).run_sync(differences) == []
    await database.migrate("base")
    async with database.session() as session:
        assert await (await session.connection()).run_sync(tables) == {"alembic_version"}
    await database.migrate()
    await database.aclose()


async def test_a_dub_runs_to_its_end(
    start_gateway: Any,
    tmp_path: Path,
    nats_url: str,
    stages: Any,
    story_of: Any,
    tell: Any,
    postgres_url: str,
) -> None:
    settings = {"database_url": postgres_url}
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
