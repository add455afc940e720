"""Webhooks, the feed of changes, what is counted, and what dubs are found by."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = (
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
    "organisation_counts",
    "organisation_limits",
    "dub_changes",
    "rate_buckets",
    "dub_usage",
    "stored_videos",
)


def upgrade() -> None:
    op.add_column(
        "dubs", sa.Column("search_name", sa.String(255), server_default="", nullable=False)
    )
    op.add_column(
        "dubs", sa.Column("target_tags", sa.String(2500), server_default="", nullable=False)
    )
    _create_webhooks()
    _create_counts()
    _count_what_there_is()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("dubs", "target_tags")
    op.drop_column("dubs", "search_name")


def _create_webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(200), nullable=False),
        sa.Column("secret", sa.String(500), nullable=False),
        sa.Column("previous_secret", sa.String(500), nullable=True),
        sa.Column("previous_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("failing_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
    )
    op.create_index(
        "ix_webhook_endpoints_newest_first",
        "webhook_endpoints",
        ["owner_id", "created_at_ms", "id"],
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(40), nullable=False),
        sa.Column("dub_id", sa.String(40), nullable=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_before", sa.Integer(), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("lease", sa.String(40), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name="fk_webhook_deliveries_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["dub_id"],
            ["dubs.id"],
            name="fk_webhook_deliveries_dub_id_dubs",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index(
        "ix_webhook_deliveries_newest_first",
        "webhook_deliveries",
        ["endpoint_id", "created_at_ms", "id"],
    )
    for column in ("dub_id", "due_at_ms", "created_at_ms"):
        op.create_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries", [column])
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("error", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name="fk_webhook_attempts_delivery_id_webhook_deliveries",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
    )


def _create_counts() -> None:
    op.create_table(
        "organisation_counts",
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_organisation_counts"),
    )
    op.create_table(
        "organisation_limits",
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_organisation_limits"),
    )
    op.create_table(
        "dub_changes",
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "sequence", name="pk_dub_changes"),
    )
    op.create_index("ix_dub_changes_at_ms", "dub_changes", ["at_ms"])
    op.create_table(
        "rate_buckets",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("arrival_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rate_buckets"),
    )
    op.create_index("ix_rate_buckets_arrival_us", "rate_buckets", ["arrival_us"])
    op.create_table(
        "dub_usage",
        sa.Column("dub_id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("video_id", sa.String(40), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("source_ms", sa.BigInteger(), nullable=False),
        sa.Column("languages", sa.Integer(), nullable=False),
        sa.Column("billed", sa.JSON(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dub_id", name="pk_dub_usage"),
    )
    op.create_index(
        "ix_dub_usage_newest_first", "dub_usage", ["owner_id", "created_at_ms", "dub_id"]
    )
    op.create_index("ix_dub_usage_month", "dub_usage", ["owner_id", "month"])
    op.create_table(
        "stored_videos",
        sa.Column("video_id", sa.String(40), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"],
            ["videos.id"],
            name="fk_stored_videos_video_id_videos",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("video_id", name="pk_stored_videos"),
    )
    op.create_index("ix_stored_videos_owner_id", "stored_videos", ["owner_id"])
    op.create_index("ix_stored_videos_stale", "stored_videos", ["stale"])


def _count_what_there_is() -> None:
    """Jobs and videos from before: what they are found by, and what they count for."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO stored_videos (video_id, owner_id, size_bytes, stale) "
            "SELECT id, owner_id, 0, :stale FROM videos"
        ).bindparams(sa.bindparam("stale", True, sa.Boolean()))
    )
    found = connection.execute(
        sa.text(
            "SELECT dubs.id, dubs.owner_id, video_id, spec, folded, state, dubs.created_at_ms, "
            "media FROM dubs JOIN videos ON videos.id = dubs.video_id"
        )
    ).mappings()
    for row in list(found):
        _count(connection, {**row, **{n: _json(row[n]) for n in ("spec", "folded", "media")}})


def _count(connection: sa.Connection, row: dict[str, Any]) -> None:
    tags = row["spec"].get("target_languages", [])
    connection.execute(
        sa.text("UPDATE dubs SET search_name = :name, target_tags = :tags WHERE id = :id"),
        {
            "id": row["id"],
            "name": unicodedata.normalize("NFKC", row["spec"].get("filename", "")).casefold()[:255],
            "tags": f",{','.join(tags)},",
        },
    )
    lost = ("failed", "canceled")
    states = [each["state"] for each in row["folded"].get("languages", {}).values()]
    month = datetime.fromtimestamp(row["created_at_ms"] / 1000, UTC).strftime("%Y-%m")
    connection.execute(
        sa.text(
            "INSERT INTO dub_usage (dub_id, owner_id, video_id, month, state, source_ms, "
            "languages, billed, created_at_ms) VALUES (:id, :owner_id, :video_id, :month, :state, "
            ":source_ms, :languages, :billed, :created_at_ms)"
        ).bindparams(sa.bindparam("billed", type_=sa.JSON())),
        {
            "id": row["id"],
            "owner_id": row["owner_id"],
            "video_id": row["video_id"],
            "month": month,
            "state": row["state"],
            "source_ms": round(1000 * row["media"].get("duration_s", 0)),
            "languages": sum(state not in lost for state in states),
            "billed": row["folded"].get("usage", []),
            "created_at_ms": row["created_at_ms"],
        },
    )


def _json(value: Any) -> Any:
    """A JSON column as raw SQL gives it: text, or read already, as the driver has it."""
    return json.loads(value) if isinstance(value, str) else value
