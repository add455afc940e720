"""What the gateway remembers: videos and dubs, in PostgreSQL or SQLite."""

from polydub_gateway.db import accounts, delivery, edits
from polydub_gateway.db.database import Database, until_it_stands
from polydub_gateway.db.models import DubRow, VideoRow
from polydub_gateway.db.ownership import is_id, no_such, owned

__all__ = [
    "Database",
    "DubRow",
    "VideoRow",
    "accounts",
    "delivery",
    "edits",
    "is_id",
    "no_such",
    "owned",
    "until_it_stands",
]
