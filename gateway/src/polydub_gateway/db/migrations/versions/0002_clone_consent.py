"""Who allowed that voices are imitated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dubs", sa.Column("clone_consent", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("dubs") as dubs:
        dubs.drop_column("clone_consent")
