"""The gRPC face: direct recognition of stored sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc.aio

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import AUTO, normalize
from polydub.pcm import PcmReader
from polydub.rpc import engines_response
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, asr_pb2_grpc, common_pb2
from polydub_asr.documents import word_message
from polydub_asr.engines.base import AsrEngine, Word, engines_for
from polydub_asr.language import guess_language

Context = grpc.aio.ServicerContext[Any, Any]

MAX_MS = 10 * 60_000
"""Of one call; longer talks are what events and parts are for."""


class AsrServicer(asr_pb2_grpc.AsrServicer):
    """Serves ``polydub.v1.Asr``."""

    def __init__(self, registry: EngineRegistry[AsrEngine], store: ObjectStore) -> None:
        self._registry = registry
        self._store = store

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response("asr", self._registry)

    async def Transcribe(  # noqa: N802 - the proto's name
        self, request: asr_pb2.TranscribeRequest, context: Context
    ) -> asr_pb2.TranscribeResponse:
        language = _tag(request.language)
        audio = PcmReader(self._store, request.audio_key)
        end_ms = request.end_ms or await audio.duration_ms()
        if request.start_ms < 0 or end_ms < request.start_ms:
            raise StageError("invalid_request", "The range ends before it starts.")
        if end_ms - request.start_ms > MAX_MS:
            raise StageError("invalid_request", f"At most {MAX_MS // 60_000} minutes in one call.")
        samples = await audio.read(request.start_ms, end_ms)
        if language == AUTO:
            chosen = self._registry.choose(request.engine)
            language = (await guess_language(chosen, samples)).language

        async def by(engine: AsrEngine, _: Sequence[AsrEngine]) -> asr_pb2.TranscribeResponse:
            heard = await engine.transcribe(samples, language=language, hotwords=request.hotwords)
            return asr_pb2.TranscribeResponse(
                words=[word_message(_later(word, request.start_ms)) for word in heard.words],
                language=language,
                engine=engine.use(),
            )

        answer, _ = await engines_for(self._registry, request.engine, language).first_success(by)
        return answer


def _later(word: Word, offset_ms: int) -> Word:
    """The word on the file's timeline."""
    return Word(word.text, offset_ms + word.start_ms, offset_ms + word.end_ms, word.confidence)


def _tag(text: str) -> str:
    if not text or text == AUTO:
        return AUTO
    try:
        return normalize(text)
    except ValueError as error:
        raise StageError("invalid_request", f"{error}.") from error
