"""By what videos are found and in which order they are listed."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "videos", sa.Column("search_name", sa.String(255), server_default="", nullable=False)
    )
    op.create_index("ix_videos_newest_first", "videos", ["owner_id", "created_at_ms", "id"])
    op.drop_index("ix_videos_owner_id", "videos")
    _name_what_there_is()


def downgrade() -> None:
    op.create_index("ix_videos_owner_id", "videos", ["owner_id"])
    op.drop_index("ix_videos_newest_first", "videos")
    op.drop_column("videos", "search_name")


def _name_what_there_is() -> None:
    connection = op.get_bind()
    for video_id, filename in list(connection.execute(sa.text("SELECT id, filename FROM videos"))):
        name = unicodedata.normalize("NFKC", filename).casefold()[:255]
        connection.execute(
            sa.text("UPDATE videos SET search_name = :name WHERE id = :id"),
            {"id": video_id, "name": name},
        )
