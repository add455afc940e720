"""Streams: one dub's progress, and what changes in the list of dubs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from polydub.errors import StageError
from polydub.v1 import dubbing_pb2
from polydub_gateway.identity import Role
from polydub_gateway.routes.welcome import while_welcome
from polydub_gateway.rpc.calls import Call, Servicer, stream
from polydub_gateway.rpc.messages.progress import feed_message, progress_message


class WatchCalls(Servicer):
    """The calls of ``polydub.v1.Dubbing`` that go on."""

    @stream(Role.VIEWER)
    async def WatchDub(  # noqa: N802
        self, call: Call, request: dubbing_pb2.WatchDubRequest
    ) -> AsyncGenerator[dubbing_pb2.DubProgress, None]:
        dub = await self.gateway.dubs.get(call.owner_id, request.id)
        if dub.state.is_told(request.after_sequence):
            return
        watching = self.gateway.watching
        watch = watching.watch(call.owner_id, dub, after=request.after_sequence)
        async with (
            aclosing(watch) as batches,
            aclosing(while_welcome(self.gateway.callers, call.caller, batches)) as seen,
        ):
            async for sights in seen:
                for sight in sights:
                    yield progress_message(sight)
                if sights and sights[-1].last:
                    return
        if watching.interrupted:
            raise _restarting()

    @stream(Role.VIEWER)
    async def WatchDubs(  # noqa: N802
        self, call: Call, request: dubbing_pb2.WatchDubsRequest
    ) -> AsyncGenerator[dubbing_pb2.WatchDubsResponse, None]:
        after = request.after_sequence if request.HasField("after_sequence") else None
        async with (
            aclosing(self.gateway.feed.follow(call.owner_id, after=after)) as items,
            aclosing(while_welcome(self.gateway.callers, call.caller, items)) as seen,
        ):
            async for item in seen:
                if item is not None:
                    yield feed_message(item)
        raise _restarting()


def _restarting() -> StageError:
    """Not all is said: a stream that just ended would say so."""
    return StageError(
        "stage_unavailable",
        "The gateway restarts.",
        hint="Come again in a moment, with the sequence that you saw last.",
    )
