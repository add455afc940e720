"""What a change of a job brings with it, written in the change's own transaction."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub_gateway.db import DubRow, VideoRow
from polydub_gateway.db.counts import tell
from polydub_gateway.db.delivery import StoredRow
from polydub_gateway.estimates.keeping import learn
from polydub_gateway.jobs.state import JobState
from polydub_gateway.limits.usage import recount
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.webhooks.messages import messages_of
from polydub_gateway.webhooks.outbox import Outbox

DELETED: Literal["deleted"] = "deleted"


async def write_consequences(
    session: AsyncSession,
    outbox: Outbox,
    row: DubRow,
    before: JobState,
    after: JobState,
    *,
    accepted: bool,
) -> None:
    """The feed's entry, webhooks' messages, what is counted, and what is learnt of it.

    To be called before the job's row is written: who changes an organisation's jobs takes the
    organisation's row first, so that nobody waits for each other in a circle.
    """
    if accepted or _states(before) != _states(after):
        await tell(session, row.owner_id, change_of(row, after))
        await outbox.write(session, row, after, messages_of(before, after, accepted=accepted))
        await recount(session, after)
    elif before.usage != after.usage:
        await recount(session, after)
    if after.state.ended and not before.state.ended:
        await session.execute(
            update(StoredRow).where(StoredRow.video_id == row.video_id).values(stale=True)
        )
        video = await session.get(VideoRow, row.video_id)
        if video is not None:
            await learn(session, after, media_of(video).duration_s, after.finished_at_ms)


def change_of(row: DubRow, state: JobState) -> dict[str, Any]:
    """A job as its organisation's feed shows it."""
    return {
        "job_id": row.id,
        "video_id": row.video_id,
        "state": state.state,
        "revision": state.revision,
        "progress": round(state.progress, 4),
        "languages": {tag: each.state for tag, each in state.languages.items()},
    }


def deletion_of(row: DubRow) -> dict[str, Any]:
    """The feed's last entry about a job."""
    return {"job_id": row.id, "video_id": row.video_id, "state": DELETED}


def _states(state: JobState) -> tuple[object, ...]:
    languages = {tag: each.state for tag, each in state.languages.items()}
    return state.revision, state.state, languages
