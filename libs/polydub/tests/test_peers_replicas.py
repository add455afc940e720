"""Calls to a stage are spread over its replicas, also over those that come later."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from polydub import peers, rpc
from polydub.peers import Peers, addresses
from polydub.rpc import RpcServer, Served
from polydub.testing import poll_until
from polydub.testing.servers import free_port
from polydub.v1 import common_pb2, translation_pb2, translation_pb2_grpc

pytestmark = pytest.mark.contract

ONE, OTHER = "127.0.0.1", "127.0.0.2"
QUESTION_ENDS = 12
"""Bytes of the header of a DNS message (RFC 1035, 4.1.1); its question begins behind them."""
A_RECORD = 1


class Replica(translation_pb2_grpc.TranslationServicer):
    """Says where it listens."""

    def __init__(self, host: str) -> None:
        self._host = host

    async def Rephrase(self, request: Any, context: Any) -> translation_pb2.RephraseResponse:
        return translation_pb2.RephraseResponse(engine=common_pb2.EngineUse(id=self._host))


@asynccontextmanager
async def replica(host: str, port: int) -> AsyncIterator[None]:
    server = RpcServer(Served("translation", "Translation", Replica(host)))
    await server.start(host, port)
    try:
        yield
    finally:
        await server.stop(0)


class Calls:
    """Calls to the translation behind an address, and who answered them."""

    def __init__(self, address: str) -> None:
        self.peers = Peers({**addresses(), "translation": address})
        self.answered: Counter[str] = Counter()

    async def reach(self, hosts: set[str]) -> bool:
        request = translation_pb2.RephraseRequest()
        answer = await self.peers.call("translation", "Rephrase", request, timeout_s=20)
        self.answered[answer.engine.id] += 1
        return hosts <= set(self.answered)


class Names(asyncio.DatagramProtocol):
    """A DNS server that knows one name, as a cluster's does of a headless Service."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = hosts

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        name_ends = data.index(b"\0", QUESTION_ENDS)
        question = data[QUESTION_ENDS : name_ends + 5]
        asked = int.from_bytes(data[name_ends + 1 : name_ends + 3], "big")
        hosts = self.hosts if asked == A_RECORD else ()
        header = data[:2] + b"\x85\x80\0\1" + len(hosts).to_bytes(2, "big") + bytes(4)
        # The name of the question, an address of the internet, good for no second, 4 bytes.
        answers = [b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(each) for each in hosts]
        self._transport.sendto(header + question + b"".join(answers), addr)


@asynccontextmanager
async def naming(hosts: Sequence[str]) -> AsyncIterator[tuple[Names, int]]:
    loop = asyncio.get_running_loop()
    transport, names = await loop.create_datagram_endpoint(
        lambda: Names(hosts), local_addr=(ONE, 0)
    )
    yield names, transport.get_extra_info("sockname")[1]
    transport.close()


async def test_calls_go_to_all_replicas_in_turn() -> None:
    async with AsyncExitStack() as stack:
        port = free_port()
        for host in (ONE, OTHER):
            await stack.enter_async_context(replica(host, port))
        calls = Calls(f"ipv4:{ONE}:{port},{OTHER}:{port}")
        stack.push_async_callback(calls.peers.aclose)
        await poll_until(lambda: calls.reach({ONE, OTHER}), "both replicas to answer")
        before = calls.answered.copy()
        for _ in range(10):
            await calls.reach(set())
        assert calls.answered - before == {ONE: 5, OTHER: 5}


async def test_a_replica_that_comes_later_gets_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "CONNECTION_AGE_MS", 500)
    hurried = {**dict(peers._CHANNEL_OPTIONS), "grpc.dns_min_time_between_resolutions_ms": 200}
    monkeypatch.setattr(peers, "_CHANNEL_OPTIONS", tuple(hurried.items()))
    async with AsyncExitStack() as stack:
        port = free_port()
        names, resolver = await stack.enter_async_context(naming([ONE]))
        await stack.enter_async_context(replica(ONE, port))
        calls = Calls(f"dns://{ONE}:{resolver}/translation.test:{port}")
        stack.push_async_callback(calls.peers.aclose)
        assert await calls.reach({ONE})
        await stack.enter_async_context(replica(OTHER, port))
        names.hosts = [ONE, OTHER]
        await poll_until(lambda: calls.reach({ONE, OTHER}), "the new replica to answer")
        names.hosts = [OTHER]  # as where the first one is stopped
        calls.answered.clear()

        async def only_the_other_answers() -> bool:
            before = calls.answered[ONE]
            for _ in range(4):
                await calls.reach(set())
            return calls.answered[ONE] == before

        await poll_until(only_the_other_answers, "the first replica to be left")
