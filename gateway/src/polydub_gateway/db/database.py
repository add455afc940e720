"""The connection to the database, its migrations, and what SQLite needs to behave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, exc, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from polydub import telemetry
from polydub.errors import StageError

log = telemetry.logger(__name__)

T = TypeVar("T")

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # With WAL this can lose the last commits when the power fails, never damage the file; what is
    # lost is folded again from the stream.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)


CONNECTIONS = 20
"""Of one process, and kept: four replicas fit into the 100 that PostgreSQL allows by default."""
_TURN_S = 30.0
"""How long a call waits for a connection where many ask at once."""

_MIGRATION_LOCK = 7700
"""Any number that nothing else in the database locks."""


class DatabaseUnavailable(StageError):
    """The database can't be reached, or has no time."""

    def __init__(self) -> None:
        super().__init__("database_unavailable", "The database does not answer.")


class Database:
    """Sessions on one database."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        is_file = parsed.get_backend_name() == "sqlite"
        self._engine = create_async_engine(
            parsed,
            pool_pre_ping=not is_file,
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
        )
        if is_file:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._turns = asyncio.Semaphore(CONNECTIONS)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on any error.

        Raises:
            DatabaseUnavailable: as soon as it is.
        """
        async with self._turn(), self._sessions() as session:
            with _telling(OSError):  # what the driver says where nothing listens
                await session.connection()
            with _telling():
                yield session
                await session.commit()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Has calls wait in the order in which they came.

        The pool's own queue lets those that come just then pass those that wait: under load some
        waited until their time was over.
        """
        with _telling(TimeoutError):
            async with asyncio.timeout(_TURN_S):
                await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

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


_AWAY: tuple[type[Exception], ...] = (
    exc.TimeoutError,
    exc.OperationalError,
    exc.InterfaceError,
)


@contextmanager
def _telling(*kinds: type[Exception]) -> Iterator[None]:
    """Tells in our own words that the database is away."""
    try:
        yield
    except _AWAY + kinds as error:
        log.warning("the database did not answer", reason=f"{type(error).__name__}: {error}"[:300])
        raise DatabaseUnavailable from error


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
    # Replicas that start together migrate one after the other; both locks hold until the commit.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    else:
        # By itself Python's driver begins no transaction before tables are made.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
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
