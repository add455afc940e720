"""Watching one job: its events folded as they come, each with its sequence in the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from polydub.events import Recorded
from polydub.pipeline import job_subjects
from polydub_gateway.broker import BusLink
from polydub_gateway.jobs.progress import apply
from polydub_gateway.jobs.service import Dub, Dubs
from polydub_gateway.jobs.state import JobState


@dataclass(frozen=True)
class Sight:
    """The job behind one of its events."""

    state: JobState
    last: bool
    """The job has ended: nothing follows."""

    @property
    def sequence(self) -> int:
        return self.state.last_sequence


class Watching:
    """Follows jobs for those who look at them."""

    def __init__(
        self, dubs: Dubs, link: BusLink, stopping: asyncio.Event, *, heartbeat_s: float
    ) -> None:
        self._dubs = dubs
        self._link = link
        self._stopping = stopping
        self._heartbeat_s = heartbeat_s

    @property
    def interrupted(self) -> bool:
        """Whether streams end because the process does, and not because all is said."""
        return self._stopping.is_set()

    async def watch(
        self, owner_id: str, dub: Dub, *, after: int = 0
    ) -> AsyncGenerator[Sight | None, None]:
        """What happens to a job behind a sequence, past events first; ends with the job.

        Gives None now and then while nothing happens. Whoever breaks off and comes again with the
        sequence seen last misses nothing and sees nothing twice.

        Raises:
            StageError: ``not_found`` where it is deleted meanwhile, ``bus_unavailable``.
        """
        revision = dub.state.revision
        state = JobState(dub.id)
        async with aclosing(self._events(dub.id)) as records:
            async for recorded in records:
                if recorded is None:
                    stored = (await self._dubs.get(owner_id, dub.id)).state
                    if stored.state.ended and stored.last_sequence > state.last_sequence:
                        # Its events are older than the stream keeps them.
                        yield Sight(stored, last=True)
                        return
                    yield None
                    continue
                before, state = state, apply(state, recorded)
                last = state.state.ended and state.revision >= revision
                new = state.revision >= revision and recorded.sequence > after
                if new and _differ(before, state):
                    yield Sight(state, last)
                if last:
                    return

    async def _events(self, dub_id: str) -> AsyncGenerator[Recorded | None, None]:
        """The job's events; None after each while without one; ends when the process does."""
        async with aclosing(self._link.bus.follow(job_subjects(dub_id))) as records:
            stopping = asyncio.create_task(self._stopping.wait())
            upcoming: asyncio.Task[Recorded] = asyncio.ensure_future(anext(records))
            try:
                while not stopping.done():
                    await asyncio.wait(
                        {upcoming, stopping},
                        timeout=self._heartbeat_s,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    if upcoming.done():
                        yield upcoming.result()
                        upcoming = asyncio.ensure_future(anext(records))
                    elif not stopping.done():
                        yield None
            finally:
                stopping.cancel()
                upcoming.cancel()
                await asyncio.gather(stopping, upcoming, return_exceptions=True)


def _differ(before: JobState, after: JobState) -> bool:
    """Whether there is something to tell, apart from when it was said."""
    same_moment = replace(
        before, last_sequence=after.last_sequence, updated_at_ms=after.updated_at_ms
    )
    return same_moment != after
