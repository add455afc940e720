"""Jobs wait for their organisation's share: how urgent, how much, and since when they run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("priority", sa.String(8), server_default="normal", nullable=False),
        sa.Column("cost_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dispatched_at_ms", sa.BigInteger(), nullable=True),
    ):
        op.add_column("dubs", column)
    op.execute("UPDATE dubs SET dispatched_at_ms = 0")  # all there is was started


def downgrade() -> None:
    for name in ("dispatched_at_ms", "bulk", "cost_ms", "priority"):
        op.drop_column("dubs", name)
