"""A worker of the last release: it knows its contract and its one consumer, and nothing newer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from nats.js import JetStreamContext
from simulated import Tally

from polydub.pipeline import STREAM

CONTRACT = Path(__file__).with_name("contract") / "released.binpb"
"""Written by `make release-protos`."""


def released_class(name: str) -> type[Message]:
    """A message of the released contract, beside today's of the same name."""
    pool = DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(CONTRACT.read_bytes()).file:
        pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"polydub.v1.{name}"))


@asynccontextmanager
async def released_worker(
    url: str, stage: str, seconds: float, replica: int, tally: Tally
) -> AsyncIterator[asyncio.Event]:
    """At work until it is told to stop; what it has begun by then it ends."""
    connection = await nats.connect(url)
    js = connection.jetstream()
    stop = asyncio.Event()
    working = asyncio.create_task(_work(js, stage, seconds, replica, tally, stop))
    try:
        yield stop
    finally:
        stop.set()
        await working
        await connection.close()


async def _work(
    js: JetStreamContext,
    stage: str,
    seconds: float,
    replica: int,
    tally: Tally,
    stop: asyncio.Event,
) -> None:
    kind: Any = released_class("Event")
    subscription = await js.pull_subscribe_bind(stage, STREAM)
    while not stop.is_set():
        try:
            [message] = await subscription.fetch(1, timeout=0.5)
        except TimeoutError:
            continue
        cause = kind.FromString(message.data)
        await asyncio.sleep(seconds)  # the engine at work
        after = kind(envelope=cause.envelope, spec=cause.spec, products=cause.products)
        after.envelope.stage = stage
        after.completed.elapsed_ms = round(1000 * seconds)
        key = after.envelope
        identity = f"{key.job_id}.{stage}.{key.part}.{key.target_language}.{key.revision}.completed"
        await js.publish(
            f"polydub.v1.{stage}.completed.{key.job_id}",
            after.SerializeToString(),
            headers={"Nats-Msg-Id": identity},
        )
        tally.handled.append((replica, key.job_id, key.part, key.target_language))
        await message.ack_sync()
    await subscription.unsubscribe()
