"""Stages that answer as a test has recorded it, over real gRPC on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from polydub.peers import Peers
from polydub.pipeline import BY_NAME
from polydub.rpc import RpcServer, Served
from polydub.testing.servers import free_port
from polydub.v1 import (
    asr_pb2,
    asr_pb2_grpc,
    common_pb2,
    translation_pb2,
    translation_pb2_grpc,
    tts_pb2,
    tts_pb2_grpc,
)


@dataclass
class Translation(translation_pb2_grpc.TranslationServicer):
    """Gives the same other words for everything."""

    words: list[str] = field(default_factory=list)
    asked: list[translation_pb2.RephraseRequest] = field(default_factory=list)

    async def Rephrase(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        candidates = [translation_pb2.TranslationCandidate(text=text) for text in self.words]
        return translation_pb2.RephraseResponse(candidates=candidates)


@dataclass
class Tts(tts_pb2_grpc.TtsServicer):
    """Speaks as ``take`` says."""

    take: Callable[[tts_pb2.RetakeRequest], tts_pb2.SpokenLine | None]
    asked: list[tts_pb2.RetakeRequest] = field(default_factory=list)

    async def Retake(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        return tts_pb2.RetakeResponse(line=self.take(request))


@dataclass
class Asr(asr_pb2_grpc.AsrServicer):
    """Hears what ``hear`` says, in some languages."""

    hear: Callable[[asr_pb2.TranscribeRequest], Any]
    languages: list[str]
    asked: list[asr_pb2.TranscribeRequest] = field(default_factory=list)

    async def ListEngines(self, request: Any, context: Any) -> Any:
        engine = common_pb2.EngineInfo(id="ear", available=True, languages=self.languages)
        return common_pb2.ListEnginesResponse(stage="asr", engines=[engine])

    async def Transcribe(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        return asr_pb2.TranscribeResponse(words=await self.hear(request))


@asynccontextmanager
async def serving(**servicers: object) -> AsyncIterator[Peers]:
    """Stages by their names, for as long as the context is open; all others don't answer."""
    addresses = {name: f"127.0.0.1:{free_port()}" for name in BY_NAME}
    async with AsyncExitStack() as stack:
        for name, servicer in servicers.items():
            server = RpcServer(Served(name, BY_NAME[name].service, servicer))
            addresses[name] = f"127.0.0.1:{await server.start('127.0.0.1', 0)}"
            stack.push_async_callback(server.stop, 0)
        others = Peers(addresses)
        stack.push_async_callback(others.aclose)
        yield others
