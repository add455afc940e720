"""A server on loopback that speaks Google Speech-to-Text's protocol, version 2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import grpc.aio
import numpy as np
from google.cloud.speech_v2 import types
from google.rpc import error_details_pb2, status_pb2

from polydub.pcm import RATE_HZ, to_float

LOUD = 0.02
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class Refusal:
    """How a call is refused."""

    code: grpc.StatusCode
    retry_after_s: float | None = None


@dataclass
class SpeechServer:
    """Hears the same sentence wherever it is loud, and does as it is told."""

    text: str = "Where is the station?"
    language: str = "en-US"
    confidence: float = 0.9
    word_times: bool = True
    billed_s: float | None = None
    delay_s: float = 0.0
    refusals: list[Refusal] = field(default_factory=list)
    """For the next calls, in order."""
    secret: str = "AIza-what-nobody-may-read"
    """In the words of each refusal."""
    requests: list[Any] = field(default_factory=list)
    address: str = ""
    listening: grpc.aio.Server | None = None
    under_way: int = 0
    most_under_way: int = 0

    async def recognize(self, request: Any, context: Context) -> Any:
        self.requests.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.delay_s)
            if self.refusals:
                await self._refuse(self.refusals.pop(0), context)
            return self._answer(request)
        finally:
            self.under_way -= 1

    async def _refuse(self, refusal: Refusal, context: Context) -> None:
        status = status_pb2.Status(code=refusal.code.value[0], message=self.secret)
        if refusal.retry_after_s is not None:
            info = error_details_pb2.RetryInfo()
            info.retry_delay.FromTimedelta(timedelta(seconds=refusal.retry_after_s))
            status.details.add().Pack(info)
        details = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(refusal.code, self.secret, trailing_metadata=details)

    def _answer(self, request: Any) -> Any:
        answer = types.RecognizeResponse()
        if self.billed_s is not None:
            answer.metadata.total_billed_duration = timedelta(seconds=self.billed_s)
        loud = np.flatnonzero(np.abs(to_float(request.content)) > LOUD) / RATE_HZ
        if loud.size:
            answer.results = [self._result(float(loud[0]), float(loud[-1]))]
        return answer

    def _result(self, start_s: float, end_s: float) -> Any:
        texts = self.text.split()
        edges = [timedelta(seconds=each) for each in np.linspace(start_s, end_s, len(texts) + 1)]
        words = [
            types.WordInfo(word=word, start_offset=a, end_offset=b, confidence=self.confidence)
            for word, a, b in zip(texts, edges, edges[1:], strict=False)
        ]
        best = types.SpeechRecognitionAlternative(
            transcript=self.text, words=words if self.word_times else []
        )
        return types.SpeechRecognitionResult(alternatives=[best], language_code=self.language)


@asynccontextmanager
async def serving(server: SpeechServer) -> AsyncIterator[SpeechServer]:
    """Lets it listen while the context is open."""
    handler = grpc.unary_unary_rpc_method_handler(
        server.recognize,
        request_deserializer=types.RecognizeRequest.deserialize,
        response_serializer=types.RecognizeResponse.serialize,
    )
    listening = grpc.aio.server()
    listening.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                "google.cloud.speech.v2.Speech", {"Recognize": handler}
            ),
        )
    )
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    try:
        server.address, server.listening = f"127.0.0.1:{port}", listening
        yield server
    finally:
        await listening.stop(None)


def phrases_of(request: Any) -> Sequence[str]:
    """The words that a request tells Google to expect."""
    sets = request.config.adaptation.phrase_sets
    return [phrase.value for each in sets for phrase in each.inline_phrase_set.phrases]
