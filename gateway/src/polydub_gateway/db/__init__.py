"""What the gateway remembers: videos and dubs, in PostgreSQL or SQLite."""

from polydub_gateway.db import accounts, delivery, edits, estimates, sharing
from polydub_gateway.db.database import Database, DatabaseUnavailable, until_it_stands
from polydub_gateway.db.models import DubRow, VideoRow
from polydub_gateway.db.ownership import is_id, no_such, owned

__all__ = [
    "Database",
    "DatabaseUnavailable",
    "DubRow",
    "VideoRow",
    "accounts",
    "delivery",
    "edits",
    "estimates",
    "is_id",
    "no_such",
    "owned",
    "sharing",
    "until_it_stands",
]
