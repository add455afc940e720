"""Videos and dubs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("source_key", sa.String(900), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_videos"),
        sa.UniqueConstraint("owner_id", "sha256", name="uq_videos_owner_id"),
    )
    op.create_index("ix_videos_owner_id", "videos", ["owner_id"])
    op.create_table(
        "dubs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("video_id", sa.String(40), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("folded", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=True),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="fk_dubs_video_id_videos"),
        sa.PrimaryKeyConstraint("id", name="pk_dubs"),
        sa.UniqueConstraint("owner_id", "idempotency_key", name="uq_dubs_owner_id"),
    )
    op.create_index("ix_dubs_video_id", "dubs", ["video_id"])
    op.create_index("ix_dubs_state", "dubs", ["state"])
    op.create_index("ix_dubs_newest_first", "dubs", ["owner_id", "created_at_ms", "id"])


def downgrade() -> None:
    op.drop_table("dubs")
    op.drop_table("videos")
