"""Watching one job: its events folded as they come, each with its sequence in the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from polydub_gateway.jobs.service import Dub, Dubs
from polydub_gateway.jobs.stories import Sight, Stories

BATCH = 100
"""So many sights are given at a time: what is sent as one piece stays small."""


class Watching:
    """Follows jobs for those who look at them."""

    def __init__(
        self, dubs: Dubs, stories: Stories, stopping: asyncio.Event, *, heartbeat_s: float
    ) -> None:
        self._dubs = dubs
        self._stories = stories
        self._stopping = stopping
        self._heartbeat_s = heartbeat_s

    @property
    def interrupted(self) -> bool:
        """Whether streams end because the process does, and not because all is said."""
        return self._stopping.is_set()

    async def watch(
        self, owner_id: str, dub: Dub, *, after: int = 0
    ) -> AsyncGenerator[Sequence[Sight], None]:
        """What happens to a job behind a sequence, past events first; ends with the job.

        Gives what there is, some at a time, and nothing now and then while nothing happens. Who
        breaks off and comes again with the sequence seen last misses nothing and hears none twice.

        Raises:
            StageError: ``not_found`` where it is deleted meanwhile, ``bus_unavailable``.
        """
        read = 0
        with self._stories.of(dub.id) as story:
            while story.goes_on:
                sights = story.sights[read : read + BATCH]
                read += len(sights)
                sights = [each for each in sights if each.state.revision >= dub.state.revision]
                last = next((n for n, each in enumerate(sights, 1) if each.last), None)
                if new := [each for each in sights[:last] if each.sequence > after]:
                    yield new
                if last is not None:
                    return
                if await story.news(read, within_s=self._heartbeat_s):
                    continue
                stored = (await self._dubs.get(owner_id, dub.id)).state
                if stored.state.ended and stored.last_sequence > story.state.last_sequence:
                    # Its events are older than the stream keeps them.
                    yield [Sight.of(stored)]
                    return
                yield []
