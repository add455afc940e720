"""What is said when the database is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from polydub.testing.servers import free_port
from polydub_gateway.db import Database, DatabaseUnavailable
from polydub_gateway.db.database import CONNECTIONS

pytestmark = pytest.mark.integration


async def test_nothing_listens_where_it_should_be() -> None:
    database = Database(f"postgresql+asyncpg://polydub@127.0.0.1:{free_port()}/polydub")
    with pytest.raises(DatabaseUnavailable) as refused:
        await database.check()
    assert refused.value.retryable
    await database.aclose()


async def test_its_file_cannot_be_opened(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        await database.check()
    await database.aclose()


async def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    async with database.session() as session:
        await session.execute(text("CREATE TABLE kept (id INTEGER)"))
        await session.execute(text("INSERT INTO kept VALUES (1)"))
    with pytest.raises(ZeroDivisionError):
        async with database.session() as session:
            await session.execute(text("INSERT INTO kept VALUES (2)"))
            raise ZeroDivisionError
    async with database.session() as session:
        assert list(await session.scalars(text("SELECT id FROM kept"))) == [1]
    await database.aclose()


async def test_calls_get_their_turn_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    asked: list[int] = []
    served: list[int] = []

    async def call(number: int) -> None:
        asked.append(number)
        async with database.session() as session:
            served.append(number)
            await session.execute(text("SELECT 1"))
        if number < 1000:
            calls.create_task(call(number + 200))  # comes when a connection has just become free

    await _connect_all(database)
    async with asyncio.TaskGroup() as calls:
        for number in range(200):
            calls.create_task(call(number))
    passed = max(place - asked.index(number) for place, number in enumerate(served))
    assert passed <= CONNECTIONS
    await database.aclose()


async def _connect_all(database: Database) -> None:
    """Has the pool make all its connections, for which their callers wait longer than others."""
    everyone = asyncio.Barrier(CONNECTIONS)

    async def connect() -> None:
        async with database.session():
            await everyone.wait()

    await asyncio.gather(*(connect() for _ in range(CONNECTIONS)))
