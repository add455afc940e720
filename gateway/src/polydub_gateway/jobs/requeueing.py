"""After the broker's data was lost: jobs that were under way are started anew."""

from __future__ import annotations

from google.protobuf import json_format
from sqlalchemy import select

from polydub.v1 import events_pb2
from polydub_gateway.db import Database, DubRow, until_it_stands
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import State, load

_RUNNING = [state.value for state in State if not state.ended]


async def requeue(database: Database) -> int:
    """Has every job that was started and has not ended wait for its start again; how many.

    Each becomes its next revision, which counts whatever the new stream's sequences are. What was
    made already is found in the store. Gateways start them as there is room.
    """
    async with database.session() as session:
        started = await session.scalars(
            select(DubRow.id).where(
                DubRow.state.in_(_RUNNING), DubRow.dispatched_at_ms.is_not(None)
            )
        )
        dub_ids = list(started)
    for dub_id in dub_ids:
        await until_it_stands(lambda dub_id=dub_id: _requeue(database, dub_id))  # type: ignore[misc]
    return len(dub_ids)


async def _requeue(database: Database, dub_id: str) -> None:
    async with database.session() as session:
        row = await session.get_one(DubRow, dub_id)
        spec = json_format.ParseDict(row.spec, events_pb2.DubSpec(), ignore_unknown_fields=True)
        state = load(row.folded)
        row.revision += 1
        row.dispatched_at_ms = None
        write_state(row, state.again(row.revision, spec, state.expected))
