"""What the gateway remembers: videos and dubs, in PostgreSQL or SQLite."""

from polydub_gateway.db.database import Database, until_it_stands
from polydub_gateway.db.models import DubRow, VideoRow

__all__ = ["Database", "DubRow", "VideoRow", "until_it_stands"]
