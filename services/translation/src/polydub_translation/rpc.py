"""The gRPC face: direct translations, for previews and integrators."""

from __future__ import annotations

from typing import Any

import grpc.aio

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import normalize
from polydub.rpc import engines_response
from polydub.v1 import common_pb2, translation_pb2, translation_pb2_grpc
from polydub_translation.engines.base import Translated, TranslationEngine
from polydub_translation.fallback import engines_for, first_success
from polydub_translation.handler import candidates_of

Context = grpc.aio.ServicerContext[Any, Any]

MAX_TEXTS = 1_000


class TranslationServicer(translation_pb2_grpc.TranslationServicer):
    """Serves ``polydub.v1.Translation``."""

    def __init__(self, registry: EngineRegistry[TranslationEngine]) -> None:
        self._registry = registry

    async def ListEngines(  # noqa: N802 - the proto's name
        self, request: common_pb2.ListEnginesRequest, context: Context
    ) -> common_pb2.ListEnginesResponse:
        return engines_response("translation", self._registry)

    async def Translate(  # noqa: N802 - the proto's name
        self, request: translation_pb2.TranslateRequest, context: Context
    ) -> translation_pb2.TranslateResponse:
        if len(request.texts) > MAX_TEXTS:
            raise StageError("invalid_request", f"At most {MAX_TEXTS} texts in one call.")
        source, target = _tag(request.source_language), _tag(request.target_language)

        async def by(
            engine: TranslationEngine,
        ) -> tuple[TranslationEngine, tuple[Translated, ...]]:
            found = await engine.translate(
                request.texts, source=source, target=target, candidates=request.candidates or 1
            )
            return engine, found

        engines = engines_for(self._registry, request.engine, source, target)
        engine, results = await first_success(engines, by)
        route = engine.route(source, target)
        return translation_pb2.TranslateResponse(
            results=[
                translation_pb2.TranslationResult(
                    candidates=candidates_of(each), unknown_words=each.unknown_words
                )
                for each in results
            ],
            via=route.via if route else (),
            engine=engine.use(),
        )


def _tag(text: str) -> str:
    try:
        return normalize(text)
    except ValueError as error:
        raise StageError("invalid_request", f"{error}.") from error
