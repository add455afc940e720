"""A gRPC server on loopback that speaks Google's Text-to-Speech, and can misbehave."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud import texttospeech_v1 as speech
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from tts_speech_server import RATE_HZ, tone

from polydub.google import GoogleSettings
from polydub.pcm import to_pcm, wav_header

SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
VOICES = (
    ("es-ES-Standard-A", ["es-ES"], 2),
    ("es-ES-Neural2-B", ["es-ES"], 1),
    ("es-ES-Neural2-A", ["es-ES"], 2),
    ("es-ES-Studio-C", ["es-ES"], 2),
    ("es-ES-Chirp3-HD-Kore", ["es-ES"], 2),
    ("en-GB-Neural2-A", ["en-GB"], 0),
)


@dataclass(frozen=True)
class Trouble:
    """What the server does instead of speaking.

    Attributes:
        wait_s: the pause that it asks for (``google.rpc.RetryInfo``).
        cut: it sends half of the sound.
        hang: it does not answer until the test ends.
    """

    code: grpc.StatusCode | None = None
    wait_s: float = 0.0
    cut: bool = False
    hang: bool = False


@dataclass
class GoogleLog:
    """The server's address, what it was asked, and what it shall do to the next requests."""

    settings: GoogleSettings
    requests: list[Any] = field(default_factory=list)
    listings: int = 0
    troubles: deque[Trouble] = field(default_factory=deque)
    listing_trouble: Trouble | None = None
    end: threading.Event = field(default_factory=threading.Event)


@contextmanager
def google_server() -> Iterator[GoogleLog]:
    """The server, for as long as the context is open."""
    server = grpc.server(ThreadPoolExecutor(8))
    port = server.add_insecure_port("127.0.0.1:0")
    log = GoogleLog(GoogleSettings(endpoint=f"127.0.0.1:{port}"))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _methods(log)),))
    server.start()
    try:
        yield log
    finally:
        log.end.set()
        server.stop(None).wait()


def _methods(log: GoogleLog) -> dict[str, grpc.RpcMethodHandler]:
    def list_voices(_: Any, context: grpc.ServicerContext) -> Any:
        log.listings += 1
        if log.listing_trouble is not None:
            _refuse(context, log.listing_trouble)
        return speech.ListVoicesResponse(
            voices=[
                speech.Voice(name=name, language_codes=codes, ssml_gender=gender)
                for name, codes, gender in VOICES
            ]
        )

    def synthesize(request: Any, context: grpc.ServicerContext) -> Any:
        log.requests.append(request)
        trouble = log.troubles.popleft() if log.troubles else Trouble()
        if trouble.hang:
            log.end.wait(60)
        if trouble.code is not None:
            _refuse(context, trouble)
        samples = tone(request.input.text, request.audio_config.speaking_rate)
        wav = wav_header(len(samples), RATE_HZ) + to_pcm(samples)
        return speech.SynthesizeSpeechResponse(
            audio_content=wav[: len(wav) // 2] if trouble.cut else wav
        )

    return {
        "ListVoices": grpc.unary_unary_rpc_method_handler(
            list_voices,
            speech.ListVoicesRequest.deserialize,
            speech.ListVoicesResponse.serialize,
        ),
        "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
            synthesize,
            speech.SynthesizeSpeechRequest.deserialize,
            speech.SynthesizeSpeechResponse.serialize,
        ),
    }


def _refuse(context: grpc.ServicerContext, trouble: Trouble) -> None:
    assert trouble.code is not None
    details = []
    if trouble.wait_s:
        pause = duration_pb2.Duration(seconds=int(trouble.wait_s))
        packed = any_pb2.Any()
        packed.Pack(error_details_pb2.RetryInfo(retry_delay=pause))
        details.append(packed)
    status = status_pb2.Status(code=trouble.code.value[0], message="no", details=details)
    context.abort_with_status(rpc_status.to_status(status))
