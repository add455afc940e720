"""Stories: one look at the stream for all who follow a job, and nobody holds up others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any, cast

import pytest

from polydub.errors import StageError
from polydub.events import Recorded
from polydub_gateway.jobs.state import JobState, State
from polydub_gateway.jobs.stories import Sight, Stories
from polydub_gateway.jobs.watching import BATCH, Watching

pytestmark = pytest.mark.unit

JOB = "dub_1"


class PlayedBus:
    """A broker's stream of one job: what was put into it, from the beginning, to each who follows.

    It is its own link to itself.
    """

    def __init__(self) -> None:
        self.records: list[Recorded] = []
        self.following = self.begun = 0
        self.is_gone = False
        self._news = asyncio.Condition()

    @property
    def bus(self) -> PlayedBus:
        return self

    async def follow(self, filters: str, *, after: int = 0) -> AsyncGenerator[Recorded, None]:
        self.begun += 1
        self.following += 1
        try:
            given = 0
            while not self.is_gone:
                for recorded in self.records[given:]:
                    yield recorded
                    given += 1
                async with self._news:
                    if given == len(self.records) and not self.is_gone:
                        await self._news.wait()
            raise StageError("bus_unavailable", "The broker is gone.")
        finally:
            self.following -= 1

    async def put(self, *records: Recorded) -> None:
        async with self._news:
            self.records += records
            self._news.notify_all()

    async def go(self, gone: bool) -> None:
        async with self._news:
            self.is_gone = gone
            self._news.notify_all()


@pytest.fixture
async def bus() -> PlayedBus:
    return PlayedBus()


@pytest.fixture
async def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def stories(bus: PlayedBus, stopping: asyncio.Event) -> Stories:
    return Stories(cast(Any, bus), stopping)


@pytest.fixture
async def watching(stories: Stories, stopping: asyncio.Event) -> Watching:
    return Watching(cast(Any, None), stories, stopping, heartbeat_s=600)


def watch(watching: Watching, **asked: int) -> AsyncGenerator[list[Sight], None]:
    dub = SimpleNamespace(id=JOB, state=JobState(JOB, revision=0))
    return cast(Any, watching.watch("local", cast(Any, dub), **asked))


async def heard(watching: Watching, **asked: int) -> list[int]:
    return [each.sequence async for batch in watch(watching, **asked) for each in batch]


async def test_who_reads_on_is_not_held_up_by_who_does_not(
    bus: PlayedBus, stories: Stories, watching: Watching, story: Any, record: Any
) -> None:
    records = record(story.of(parts=1).whole())
    await bus.put(*records[:3])
    async with aclosing(watch(watching)) as slow:
        first = await anext(slow)
        await bus.put(*records[3:])
        assert await heard(watching) == [each.sequence for each in records]
        assert bus.begun == 1
        rest = [each.sequence async for batch in slow for each in batch]
    assert [each.sequence for each in first] + rest == [each.sequence for each in records]
    await stories.aclose()
    assert bus.following == 0


async def test_a_long_story_comes_in_small_pieces_and_is_resumed_exactly(
    bus: PlayedBus, watching: Watching, story: Any, record: Any
) -> None:
    records = record(story.of(parts=BATCH).whole())
    await bus.put(*records)
    async with aclosing(watch(watching)) as batches:
        found = [[each.sequence for each in batch] async for batch in batches]
    assert max(map(len, found)) <= BATCH < sum(map(len, found))
    whole = [each for batch in found for each in batch]
    assert (whole[0], whole[-1]) == (records[0].sequence, records[-1].sequence)
    assert whole == sorted(set(whole))
    assert await heard(watching, after=whole[BATCH + 7]) == whole[BATCH + 8 :]


async def test_what_is_kept_of_a_story_does_not_grow_with_the_parts(
    bus: PlayedBus, watching: Watching, story: Any, record: Any
) -> None:
    await bus.put(*record(story.of(parts=30).whole()))
    sights = [each async for batch in watch(watching) for each in batch]
    assert {(len(each.state.units), len(each.state.documents)) for each in sights} == {(0, 0)}
    assert (sights[-1].state.state, sights[-1].pieces["asr"]) == (State.COMPLETED, (30, 30))


async def test_all_readers_are_told_when_the_broker_is_gone_and_the_next_begins_anew(
    bus: PlayedBus, stories: Stories, watching: Watching, story: Any, record: Any
) -> None:
    records = record(story.of(parts=1).whole())
    await bus.put(*records[:1])
    async with aclosing(watch(watching)) as one, aclosing(watch(watching)) as other:
        await anext(one)
        await anext(other)
        await bus.go(True)
        for each in (one, other):
            with pytest.raises(StageError) as caught:
                await anext(each)
            assert caught.value.code == "bus_unavailable"
    await bus.go(False)
    await bus.put(*records[1:])
    assert await heard(watching) == [each.sequence for each in records]
    assert bus.begun == 2
    await stories.aclose()


async def test_streams_end_with_the_process(
    bus: PlayedBus, stories: Stories, watching: Watching, stopping: asyncio.Event,
    story: Any, record: Any,
) -> None:  # fmt: skip
    await bus.put(*record(story.of().whole())[:1])
    async with aclosing(watch(watching)) as batches:
        await anext(batches)
        stopping.set()
        assert [batch async for batch in batches] == []
    await stories.aclose()
    assert bus.following == 0
