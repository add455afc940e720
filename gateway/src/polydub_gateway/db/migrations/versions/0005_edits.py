"""What people correct."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dubs", sa.Column("stale", sa.JSON(), nullable=True))
    op.create_table(
        "scripts",
        _dub(),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("touched", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dub_id"], ["dubs.id"], name="fk_scripts_dub_id_dubs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dub_id", name="pk_scripts"),
    )
    op.create_table(
        "segments",
        _dub(),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dub_id"], ["dubs.id"], name="fk_segments_dub_id_dubs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dub_id", "id", name="pk_segments"),
    )
    op.create_index("ix_segments_in_time", "segments", ["dub_id", "start_ms", "id"])
    op.create_table(
        "speakers",
        _dub(),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("voices", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dub_id"], ["dubs.id"], name="fk_speakers_dub_id_dubs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dub_id", "id", name="pk_speakers"),
    )


def downgrade() -> None:
    op.drop_table("speakers")
    op.drop_index("ix_segments_in_time", table_name="segments")
    op.drop_table("segments")
    op.drop_table("scripts")
    with op.batch_alter_table("dubs") as dubs:
        dubs.drop_column("stale")


def _dub() -> sa.Column[str]:
    return sa.Column("dub_id", sa.String(40), nullable=False)
