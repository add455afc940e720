"""What a call to another stage is billed for counts for the work that made the call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from polydub import engines
from polydub.errors import StageError
from polydub.peers import Peers, addresses
from polydub.rpc import RpcServer, Served
from polydub.v1 import translation_pb2, translation_pb2_grpc

pytestmark = pytest.mark.contract


class Billing(engines.Engine):
    stage = "translation"
    id = "cloudy"


class Translation(translation_pb2_grpc.TranslationServicer):
    """Is billed for each call, and refuses what has no text."""

    async def Rephrase(self, request: Any, context: Any) -> translation_pb2.RephraseResponse:
        if request.ratio:
            Billing().charge(len(request.source_text), "characters")
            Billing().charge(1, "requests")
        if not request.text:
            raise StageError("invalid_request", "There is no text.")
        return translation_pb2.RephraseResponse()


@asynccontextmanager
async def served() -> AsyncIterator[Peers]:
    server = RpcServer(Served("translation", "Translation", Translation()))
    port = await server.start("127.0.0.1", 0)
    peers = Peers({**addresses(), "translation": f"127.0.0.1:{port}"})
    try:
        yield peers
    finally:
        await peers.aclose()
        await server.stop(0)


async def rephrase(peers: Peers, **asked: Any) -> None:
    request = translation_pb2.RephraseRequest(source_text="twelve chars", **asked)
    await peers.call("translation", "Rephrase", request, timeout_s=20)


async def test_what_calls_are_billed_for_adds_up_even_where_they_fail() -> None:
    spent = engines.EngineWork()
    token = engines.work.set(spent)
    try:
        async with served() as peers:
            await rephrase(peers, text="a", ratio=0.5)
            with pytest.raises(StageError) as refused:
                await rephrase(peers, ratio=0.5)
            await rephrase(peers, text="free")
    finally:
        engines.work.reset(token)
    assert refused.value.code == "invalid_request"
    assert spent.used == {("cloudy", "characters"): 24, ("cloudy", "requests"): 2}


async def test_a_call_for_no_work_in_particular_is_answered_as_well() -> None:
    async with served() as peers:
        await rephrase(peers, text="a", ratio=0.5)
