"""Progress, and changes of the list of dubs, as messages."""

from __future__ import annotations

from typing import Any

from polydub.v1 import dubbing_pb2
from polydub_gateway.jobs.consequences import DELETED
from polydub_gateway.jobs.feed import Entry, Start
from polydub_gateway.jobs.state import State
from polydub_gateway.jobs.stories import Sight
from polydub_gateway.rpc.messages.dubs import fault_message, state_message


def progress_message(sight: Sight) -> dubbing_pb2.DubProgress:
    state = sight.state
    return dubbing_pb2.DubProgress(
        sequence=sight.sequence,
        job_id=state.job_id,
        timestamp_ms=state.updated_at_ms,
        state=state_message(state.state),
        progress=state.progress,
        stage=state.stage,
        stage_progress=state.stage_progress,
        message=state.message,
        eta_s=state.eta_s or 0.0,
        ended=sight.last,
        languages=[
            dubbing_pb2.LanguageProgress(
                language=tag, state=state_message(each.state), progress=each.progress
            )
            for tag, each in state.languages.items()
        ],
        pieces={
            stage: dubbing_pb2.Pieces(done=done, total=total)
            for stage, (done, total) in sight.pieces.items()
        },
        seconds=state.seconds,
        lines_spoken=state.lines_spoken,
        lines_reused=state.lines_reused,
        error=fault_message(state.error),
        detected_language=state.source_language,
        detected_speakers=state.speakers,
    )


def feed_message(item: Start | Entry) -> dubbing_pb2.WatchDubsResponse:
    """What a feed gives, as it is sent."""
    if isinstance(item, Start):
        start = dubbing_pb2.FeedStart(sequence=item.sequence, missed=item.missed)
        return dubbing_pb2.WatchDubsResponse(start=start)
    return dubbing_pb2.WatchDubsResponse(change=_change(item, item.payload))


def _change(entry: Entry, told: dict[str, Any]) -> dubbing_pb2.DubChange:
    deleted = told["state"] == DELETED
    return dubbing_pb2.DubChange(
        sequence=entry.sequence,
        timestamp_ms=entry.at_ms,
        job_id=told["job_id"],
        video_id=told["video_id"],
        state=None if deleted else state_message(State(told["state"])),
        deleted=deleted,
        progress=told.get("progress", 0.0),
        languages={
            tag: state_message(State(state)) for tag, state in told.get("languages", {}).items()
        },
    )
