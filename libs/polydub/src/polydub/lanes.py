"""A stage's two queues as its workers see them: prompt work first, bulk work never forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from polydub.pipeline import STREAM, Lane

BULK_EVERY = 4
"""At every fourth turn bulk work comes first."""
IDLE_S = 0.5
"""How long a worker without work waits for prompt work until it looks at both lanes again."""
_ANSWER_S = 2.0
_ONE_AT_ONCE = json.dumps({"batch": 1, "no_wait": True}).encode()


class Lanes:
    """The consumers of a stage, one for each lane."""

    def __init__(
        self,
        connection: Client,
        names: Mapping[Lane, str],
        prompt: JetStreamContext.PullSubscription,
    ) -> None:
        self._connection = connection
        self._names = names
        self._prompt = prompt
        self._turn = 0

    async def fetch(self, count: int) -> list[Msg]:
        """The next messages, ``count`` at most; none where none came for a while."""
        messages: list[Msg] = []
        try:
            while len(messages) < count and (message := await self._next()) is not None:
                messages.append(message)
        except NatsError:
            if not messages:  # else what is here is done first
                raise
        if messages:
            return messages
        return await fetched(self._prompt, count, timeout_s=IDLE_S)

    async def aclose(self) -> None:
        with suppress(NatsError):
            await self._prompt.unsubscribe()

    async def _next(self) -> Msg | None:
        self._turn += 1
        for lane in lanes_at(self._turn):
            if (message := await self._at_once(lane)) is not None:
                return message
        return None

    async def _at_once(self, lane: Lane) -> Msg | None:
        """A message that waits in a lane; None where none does.

        The client's own ``fetch`` can't be told not to wait.
        """
        where = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._names[lane]}"
        try:
            # Old style: a message keeps its own subject, by which the new style would not know it.
            message = await self._connection.request(
                where, _ONE_AT_ONCE, timeout=_ANSWER_S, old_style=True
            )
        except TimeoutError:
            return None
        return message if message.reply else None


async def fetched(
    subscription: JetStreamContext.PullSubscription, count: int, *, timeout_s: float
) -> list[Msg]:
    """The next messages, ``count`` at most; none where none came in time.

    nats-py may tell of a cancellation as of a time-out: here it stays one.
    """
    try:
        return await subscription.fetch(count, timeout=timeout_s)
    except TimeoutError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from None
        return []


def lanes_at(turn: int) -> Sequence[Lane]:
    """The lanes in the order in which they are looked at."""
    return (Lane.PROMPT, Lane.BULK) if turn % BULK_EVERY else (Lane.BULK, Lane.PROMPT)
