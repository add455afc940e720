"""The gRPC face: voices to choose from, and direct speech for previews and integrators."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc.aio

from polydub.errors import StageError
from polydub.languages import normalize
from polydub.rpc import engines_response
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, tts_pb2, tts_pb2_grpc
from polydub_tts.engines.base import EngineVoice, TtsEngine
from polydub_tts.fitting import RateLimits
from polydub_tts.lines import LineSpeaker
from polydub_tts.retake import retake
from polydub_tts.settings import TtsSettings
from polydub_tts.voices import Registry, engines_for, find_voice, voice_message

Context = grpc.aio.ServicerContext[Any, Any]


class TtsServicer(tts_pb2_grpc.TtsServicer):
    """Serves ``polydub.v1.Tts``.

    Args:
        gate: bounds the lines that the process speaks at the same time.
    """

    def __init__(
        self,
        registry: Registry,
        store: ObjectStore,
        settings: TtsSettings,
        gate: asyncio.Semaphore | None = None,
    ) -> None:
        self._registry = registry
        self._store = store
        self._limits = RateLimits(settings.min_rate, settings.max_rate)
        self._gate = gate or asyncio.Semaphore(settings.lines_at_once)

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return await asyncio.to_thread(engines_response, "tts", self._registry)

    async def ListVoices(  # noqa: N802 - the proto's name
        self, request: tts_pb2.ListVoicesRequest, context: Context
    ) -> tts_pb2.ListVoicesResponse:
        language = _tag(request.language) if request.language else ""
        return tts_pb2.ListVoicesResponse(voices=self._voices(language))

    async def Synthesize(  # noqa: N802 - the proto's name
        self, request: tts_pb2.SynthesizeRequest, context: Context
    ) -> tts_pb2.SynthesizeResponse:
        engine, voice = self._chosen(request.voice, _tag(request.language))
        sound = await engine.speak(
            request.text, voice=voice, rate=request.rate or 1.0, f0_hz=request.voice.f0_hz
        )
        return tts_pb2.SynthesizeResponse(
            audio=sound.to_wav(),
            sample_rate_hz=sound.rate_hz,
            duration_ms=sound.duration_ms,
            engine=engine.use(),
        )

    async def Retake(  # noqa: N802 - the proto's name
        self, request: tts_pb2.RetakeRequest, context: Context
    ) -> tts_pb2.RetakeResponse:
        language = _tag(request.language)
        if not request.video_id or request.room_ms < 0:
            raise StageError("invalid_request", "Name the video; a room can't be negative.")
        speaking = LineSpeaker(
            store=self._store,
            video_id=request.video_id,
            registry=self._registry,
            limits=self._limits,
            natural=request.own_pace,
            gate=self._gate,
        )
        return tts_pb2.RetakeResponse(line=await retake(request, language, speaking))

    def _voices(self, language: str) -> Iterator[tts_pb2.Voice]:
        for engine in self._registry.all():
            if self._registry.availability(engine).ok:
                tags = [language] if language else sorted(engine.capabilities().languages)
                for tag in tags:
                    yield from (voice_message(engine, voice) for voice in engine.voices(tag))

    def _chosen(self, wanted: tts_pb2.Voice, language: str) -> tuple[TtsEngine, EngineVoice]:
        """The voice asked for by its id, else the first of the engine asked for, if any."""
        engine_id, _, voice_id = wanted.id.partition("/")
        engine = engines_for(self._registry, engine_id or wanted.engine, language)[0]
        if voice_id:
            return engine, find_voice(self._registry, engine.id, voice_id, language)
        return engine, engine.voices(language)[0]


def _tag(text: str) -> str:
    try:
        return normalize(text)
    except ValueError as error:
        raise StageError("invalid_request", f"{error}.") from error
