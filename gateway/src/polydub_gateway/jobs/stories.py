"""The stories of jobs: what their events say, read once for all who follow them in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace

from polydub.bus import Bus
from polydub.errors import StageError
from polydub.pipeline import job_subjects
from polydub_gateway.broker import BusLink
from polydub_gateway.jobs.progress import apply, pieces
from polydub_gateway.jobs.state import JobState
from polydub_gateway.tasks import end


@dataclass(frozen=True, eq=False)
class Sight:
    """The job behind one of its events; each is one of its own, so that it can be a key."""

    state: JobState
    """Without what grows with the job and no message tells: all sights of a story are kept."""
    pieces: dict[str, tuple[int, int]]
    """Stage -> pieces of its work that are done, and all; 0 of 0 while they are not known."""

    @classmethod
    def of(cls, state: JobState) -> Sight:
        kept = replace(state, units={}, documents={}, files=(), warnings=(), usage=())
        return cls(kept, pieces(state))

    @property
    def sequence(self) -> int:
        return self.state.last_sequence

    @property
    def last(self) -> bool:
        """The job has ended: nothing follows."""
        return self.state.state.ended


class Story:
    """One job's story, read from the stream until all readers have left or the process ends.

    It is a list that only grows. Each reader goes through it at its own pace: nobody holds up
    others, nothing piles up for who is slow, and who comes late finds all of it.
    """

    def __init__(self, job_id: str, bus: Bus, stopping: asyncio.Event) -> None:
        self.state = JobState(job_id)
        self.sights: list[Sight] = []
        self.readers = 0
        self._stopping = stopping
        self._left = asyncio.Event()
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read(bus))
        self.telling = asyncio.create_task(self._tell())

    @property
    def goes_on(self) -> bool:
        """Whether there may come more; not when the process ends.

        Raises:
            StageError: ``bus_unavailable``: the broker is gone.
        """
        if self._reading.done() and not self._stopping.is_set():
            self._reading.result()
        return not self._is_over()

    async def news(self, known: int, *, within_s: float) -> bool:
        """Waits for more than so many sights, or the end; whether either came within the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while len(self.sights) <= known and not self._is_over():
                    await self._news.wait()
        return len(self.sights) > known or self._is_over()

    def leave(self) -> None:
        """Ends the story: nobody reads it any more."""
        self._left.set()

    async def _tell(self) -> None:
        ends = [asyncio.create_task(each.wait()) for each in (self._left, self._stopping)]
        await asyncio.wait({self._reading, *ends}, return_when=asyncio.FIRST_COMPLETED)
        self._wake()
        for each in ends:
            each.cancel()
        with suppress(StageError):  # readers are told of it
            await end(self._reading)

    async def _read(self, bus: Bus) -> None:
        async with aclosing(bus.follow(job_subjects(self.state.job_id))) as records:
            async for recorded in records:
                before, self.state = self.state, apply(self.state, recorded)
                if _differ(before, self.state):
                    self.sights.append(Sight.of(self.state))
                    self._wake()

    def _is_over(self) -> bool:
        return self._reading.done() or self._stopping.is_set()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class Stories:
    """One story for each job that is followed, however many follow it."""

    def __init__(self, link: BusLink, stopping: asyncio.Event) -> None:
        self._link = link
        self._stopping = stopping
        self._told: dict[str, Story] = {}
        self._telling: set[asyncio.Task[None]] = set()

    @contextmanager
    def of(self, job_id: str) -> Iterator[Story]:
        """A job's story: the one that others read, or a new one.

        Raises:
            StageError: ``bus_unavailable``.
        """
        bus = self._link.bus
        story = self._told.get(job_id)
        if story is None or story.telling.done():
            story = self._told[job_id] = Story(job_id, bus, self._stopping)
            self._telling.add(story.telling)
            story.telling.add_done_callback(self._telling.discard)
        story.readers += 1
        try:
            yield story
        finally:
            story.readers -= 1
            if not story.readers:
                story.leave()
                if self._told.get(job_id) is story:
                    del self._told[job_id]

    async def aclose(self) -> None:
        """Ends all stories; returns when the broker holds nothing for them any more."""
        for story in self._told.values():
            story.leave()
        await asyncio.gather(*self._telling, return_exceptions=True)


def _differ(before: JobState, after: JobState) -> bool:
    """Whether there is something to tell, apart from when it was said."""
    same_moment = replace(
        before, last_sequence=after.last_sequence, updated_at_ms=after.updated_at_ms
    )
    return same_moment != after
