"""Speakers that an organisation keeps, and who of a dub's speakers they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LINK = "fk_speakers_registered_id_registered_speakers"


def upgrade() -> None:
    op.create_table(
        "registered_speakers",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("folded_name", sa.String(400), nullable=False),
        sa.Column("voices", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registered_speakers"),
        sa.UniqueConstraint("owner_id", "folded_name", name="uq_registered_speakers_owner_id"),
    )
    with op.batch_alter_table("speakers") as speakers:  # SQLite has to write the table anew
        speakers.add_column(sa.Column("registered_id", sa.String(40), nullable=True))
        speakers.create_foreign_key(
            _LINK, "registered_speakers", ["registered_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index("ix_speakers_registered_id", "speakers", ["registered_id"])


def downgrade() -> None:
    op.drop_index("ix_speakers_registered_id", table_name="speakers")
    with op.batch_alter_table("speakers") as speakers:
        speakers.drop_constraint(_LINK, type_="foreignkey")
        speakers.drop_column("registered_id")
    op.drop_table("registered_speakers")
