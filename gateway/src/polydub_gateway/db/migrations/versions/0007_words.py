"""Glossaries, and corrections to be used again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "glossaries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_glossaries"),
    )
    op.create_index("ix_glossaries_owner_id", "glossaries", ["owner_id"])
    op.create_table(
        "memory",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("source_language", sa.String(40), nullable=False),
        sa.Column("target_language", sa.String(40), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_memory"),
    )
    op.create_index(
        "ix_memory_newest", "memory", ["owner_id", "target_language", "updated_at_ms", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_memory_newest", table_name="memory")
    op.drop_table("memory")
    op.drop_index("ix_glossaries_owner_id", table_name="glossaries")
    op.drop_table("glossaries")
