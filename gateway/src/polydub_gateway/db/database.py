"""The connection to the database, its migrations, and what SQLite needs to behave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

T = TypeVar("T")

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # With WAL this can lose the last commits when the power fails, never damage the file; what is
    # lost is folded again from the stream.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)


_MIGRATION_LOCK = 7700
"""Any number that nothing else in the database locks."""


class Database:
    """Sessions on one database."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._engine = create_async_engine(parsed, pool_pre_ping=True)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on any error."""
        async with self._sessions.begin() as session:
            yield session

    async def migrate(self, revision: str = "head") -> None:
        """Brings the tables to a revision; to ``base`` removes them all."""
        async with self._engine.begin() as connection:
            await connection.run_sync(_migrate, revision)

    async def check(self) -> None:
        """Returns when the database answers."""
        async with self.session() as session:
            await session.execute(text("SELECT 1"))

    async def aclose(self) -> None:
        await self._engine.dispose()


async def until_it_stands(change: Callable[[], Awaitable[T]]) -> T:
    """Does a change of one versioned row, anew as often as others wrote the row meanwhile."""
    while True:
        try:
            return await change()
        except StaleDataError:
            continue


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: the migrations lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        # Replicas that start together migrate one after the other; held until the commit.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = alembic_config(connection)
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
