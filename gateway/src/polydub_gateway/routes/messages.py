"""What streams send: one dub's progress, and changes of a list of dubs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.jobs.consequences import DELETED
from polydub_gateway.jobs.feed import Entry, Start
from polydub_gateway.jobs.state import State
from polydub_gateway.jobs.stories import Sight
from polydub_gateway.routes.schemas import ProgressOut, moment

_PROGRESS: WeakKeyDictionary[Sight, str] = WeakKeyDictionary()


class FeedStart(BaseModel):
    """The first message of a feed: a list that is fetched now shows everything before it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"type": "start", "sequence": 41, "missed": False}}
    )

    type: Literal["start"] = "start"
    sequence: int
    missed: bool = Field(description="What was to be resumed from is gone: fetch the list anew")

    @classmethod
    def of(cls, start: Start) -> FeedStart:
        return cls(sequence=start.sequence, missed=start.missed)


class FeedChange(BaseModel):
    """A dub that has changed; `deleted` as its state says that it is gone."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "dub",
                "sequence": 42,
                "timestamp": "2026-01-05T09:30:00Z",
                "job_id": "dub_9a7d24c8e6105b1c0e3f",
                "video_id": "vid_5b1c0e3f9a7d24c8e610",
                "state": "processing",
                "progress": 0.25,
                "languages": {"es": "processing"},
            }
        }
    )

    type: Literal["dub"] = "dub"
    sequence: int
    timestamp: datetime
    job_id: str
    video_id: str
    state: State | Literal["deleted"]
    progress: float
    languages: dict[str, State]

    @classmethod
    def of(cls, entry: Entry) -> FeedChange:
        told = entry.payload
        return cls(
            sequence=entry.sequence,
            timestamp=moment(entry.at_ms),
            job_id=told["job_id"],
            video_id=told["video_id"],
            state=DELETED if told["state"] == DELETED else State(told["state"]),
            progress=told.get("progress", 0.0),
            languages=told.get("languages", {}),
        )


class Ping(BaseModel):
    """Says that the connection still stands."""

    type: Literal["ping"] = "ping"


def progress_json(sight: Sight) -> str:
    """A dub's progress as it is sent; written once for all who follow the dub."""
    found = _PROGRESS.get(sight)
    if found is None:
        found = _PROGRESS[sight] = ProgressOut.of(sight).model_dump_json()
    return found


def feed_message(item: Start | Entry) -> FeedStart | FeedChange:
    """What a feed gives, as it is sent."""
    return FeedStart.of(item) if isinstance(item, Start) else FeedChange.of(item)
