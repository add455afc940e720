"""Messages are written with the change that they tell of: both stand, or neither does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.events import now_ms
from polydub_gateway.db import DubRow
from polydub_gateway.db.delivery import DeliveryRow, EndpointRow
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.state import JobState
from polydub_gateway.webhooks.messages import Message, Told, body_of

PENDING = "pending"
DELIVERED = "delivered"
FAILED = "failed"


class Outbox:
    """Where changes of jobs put their messages.

    Args:
        public_url: what people's addresses of this gateway begin with; empty: links are paths.
    """

    def __init__(self, public_url: str = "") -> None:
        self._public_url = public_url.rstrip("/")
        self.written = asyncio.Event()
        """Set when this process wrote a message, for its own sender."""

    async def write(
        self, session: AsyncSession, dub: DubRow, state: JobState, messages: Sequence[Message]
    ) -> None:
        """Adds messages about a job, for each of its owner's endpoints that wants them."""
        if not messages:
            return
        endpoints = await session.scalars(
            select(EndpointRow).where(
                EndpointRow.owner_id == dub.owner_id, EndpointRow.enabled.is_(True)
            )
        )
        for endpoint in endpoints:
            for message in messages:
                if wants(endpoint, message.type):
                    body = body_of(message, dub.video_id, state, public_url=self._public_url)
                    session.add(delivery(endpoint.id, message.type, body, dub_id=dub.id))

    def wake(self) -> None:
        """To be called when what was written is committed."""
        self.written.set()


def wants(endpoint: EndpointRow, type_: Told) -> bool:
    """Whether an endpoint is to be told of a type; without a choice, of all."""
    return not endpoint.events or type_ in endpoint.events


def delivery(endpoint_id: str, type_: Told, body: str, *, dub_id: str | None) -> DeliveryRow:
    """A message that is to be sent at once."""
    now = now_ms()
    return DeliveryRow(
        id=new_id("msg"),
        endpoint_id=endpoint_id,
        dub_id=dub_id,
        type=type_,
        body=body,
        state=PENDING,
        tries=0,
        due_at_ms=now,
        created_at_ms=now,
    )
