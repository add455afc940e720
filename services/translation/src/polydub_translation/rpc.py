"""The gRPC face: direct translations, for previews and integrators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc.aio

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import normalize
from polydub.rpc import engines_response
from polydub.v1 import common_pb2, translation_pb2, translation_pb2_grpc
from polydub_translation.documents import candidate_messages, candidates_of
from polydub_translation.engines.base import Batch, TranslationEngine, Wording, engines_for
from polydub_translation.glossary import Glossary
from polydub_translation.glossary_file import read_glossary
from polydub_translation.handler import job_glossary
from polydub_translation.lines import Rendering, render
from polydub_translation.rephrasing import RATIOS, rephrase

Context = grpc.aio.ServicerContext[Any, Any]

MAX_TEXTS = 1_000


class TranslationServicer(translation_pb2_grpc.TranslationServicer):
    """Serves ``polydub.v1.Translation``."""

    def __init__(
        self, registry: EngineRegistry[TranslationEngine], *, glossary_file: Path | None = None
    ) -> None:
        self._registry = registry
        self._glossary_file = glossary_file

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

        batch = Batch(
            texts=tuple(request.texts),
            source=source,
            target=target,
            candidates=request.candidates or 1,
            glossary=self._terms(request.glossary, source, target),
        )

        async def by(engine: TranslationEngine, others: Sequence[TranslationEngine]) -> Rendering:
            return await render(engine, others, batch)

        engines = engines_for(self._registry, request.engine, source, target)
        rendering, _ = await engines.first_success(by)
        engine = rendering.engines[0]
        route = engine.route(source, target)
        return translation_pb2.TranslateResponse(
            results=[
                translation_pb2.TranslationResult(
                    candidates=candidates_of(each), unknown_words=each.unknown_words
                )
                for each in rendering.lines
            ],
            via=route.via if route else (),
            engine=engine.use(),
        )

    async def Rephrase(  # noqa: N802 - the proto's name
        self, request: translation_pb2.RephraseRequest, context: Context
    ) -> translation_pb2.RephraseResponse:
        wording = self._wording(request)

        async def by(
            engine: TranslationEngine, _: Sequence[TranslationEngine]
        ) -> translation_pb2.RephraseResponse:
            found = await rephrase(engine, wording)
            return translation_pb2.RephraseResponse(
                candidates=candidate_messages(found), engine=engine.use()
            )

        engines = engines_for(self._registry, request.engine, wording.source, wording.target)
        answer, _ = await engines.first_success(by)
        return answer

    def _wording(self, request: translation_pb2.RephraseRequest) -> Wording:
        source, target = _tag(request.source_language), _tag(request.target_language)
        lowest, highest = RATIOS
        if not lowest <= request.ratio <= highest:
            raise StageError("invalid_request", f"The ratio must be {lowest:g} to {highest:g}.")
        return Wording(
            source_text=request.source_text,
            text=request.text,
            source=source,
            target=target,
            ratio=request.ratio,
            glossary=self._terms(request.glossary, source, target),
        )

    def _terms(
        self, given: Sequence[translation_pb2.GlossaryTerm], source: str, target: str
    ) -> Glossary:
        own = read_glossary(self._glossary_file, source, target)
        return job_glossary(given, target).over(own)


def _tag(text: str) -> str:
    try:
        return normalize(text)
    except ValueError as error:
        raise StageError("invalid_request", f"{error}.") from error
