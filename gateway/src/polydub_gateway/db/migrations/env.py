"""Alembic's environment: runs migrations on the connection that the gateway hands in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from polydub_gateway.db.models import Base


def run(connection: Connection) -> None:
    # SQLite can't alter most things in place; batch mode makes the table anew there.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
