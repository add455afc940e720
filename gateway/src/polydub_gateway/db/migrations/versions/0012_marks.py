"""Videos that are being deleted, when a language was last corrected, and what operators grant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "videos", sa.Column("deleting", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "scripts", sa.Column("changed_at", sa.JSON(), server_default="{}", nullable=False)
    )
    op.add_column("organisation_limits", sa.Column("granted", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("organisation_limits", "granted")
    op.drop_column("scripts", "changed_at")
    op.drop_column("videos", "deleting")
