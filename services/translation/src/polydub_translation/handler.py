"""The event face: one part's transcript becomes one translation per target language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from polydub.artifacts import Parameter, read_document
from polydub.blocking import OnProgress, run_blocking
from polydub.cues import translation_in
from polydub.edits import edited_part, memory_for
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.languages import name
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import asr_pb2, events_pb2, translation_pb2
from polydub_translation.corrected import Completion, as_it_is, needs_engine, read_edit
from polydub_translation.documents import DOCUMENT, candidates_of, products_with, warnings_of
from polydub_translation.engines.base import Batch, Translated, TranslationEngine, engines_for
from polydub_translation.glossary import Entry, Glossary, glossary_for
from polydub_translation.glossary_file import read_glossary
from polydub_translation.lines import Rendering, render
from polydub_translation.memory import Memory, remember
from polydub_translation.subtitled import subtitled

RECIPE_VERSION = 2
"""Raise it when the same engine would now say the same transcript differently."""


class TranslationHandler(StageHandler):
    """Consumes ``asr.completed`` of one part, emits one event per target language.

    Args:
        registry: the engines.
        candidates: how many translations of a line are kept at most.
        glossary_file: the terms that count in all jobs; see :func:`read_glossary`.
    """

    def __init__(
        self,
        registry: EngineRegistry[TranslationEngine],
        *,
        candidates: int,
        glossary_file: Path | None = None,
    ) -> None:
        self._registry = registry
        self._candidates = candidates
        self._glossary_file = glossary_file

    async def warm_up(self) -> None:
        engine = self._registry.choose()
        await run_blocking(lambda _: engine.capabilities())

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        targets = list(event.spec.target_languages)
        emissions = []
        for done, target in enumerate(targets):

            async def progress(fraction: float, done: int = done, target: str = target) -> None:
                await context.progress((done + fraction) / len(targets), f"into {name(target)}")

            try:
                emissions.append(await self._into(target, event, context, progress))
            except StageError as error:
                # A lost transcript concerns every language, and a passing trouble passes.
                if error.retryable or error.code == "artifact_missing":
                    raise
                emissions.append(Emission(event.products, target_language=target, failure=error))
        return emissions

    async def aclose(self) -> None:
        self._registry.close()

    async def _into(
        self, target: str, event: events_pb2.Event, context: StageContext, progress: OnProgress
    ) -> Emission:
        spec = event.spec
        edit = edited_part(spec, event.envelope.part, target)
        if edit is not None:
            return await self._corrected(edit, event, context, progress)
        own = translation_in(spec.subtitles, spec.source_language, target)
        if own is not None:
            return await subtitled(own, event, context)
        source = event.products.asr.language
        terms = self._terms(spec, source, target)
        engines = engines_for(self._registry, spec.engines.get("translation", ""), source, target)
        emission, warnings = await engines.first_success(
            lambda engine, others: self._by(
                engine, others, target, terms, event, context, progress
            ),
        )
        return replace(emission, warnings=[*warnings, *emission.warnings])

    async def _corrected(
        self,
        edit: events_pb2.EditedPart,
        event: events_pb2.Event,
        context: StageContext,
        progress: OnProgress,
    ) -> Emission:
        """What a person left, and translations of the lines that they marked."""
        document = await read_edit(edit, context)
        if not needs_engine(document):
            return as_it_is(edit, document, event, context)
        source, target = document.source_language, document.target_language
        terms = self._terms(event.spec, source, target)
        completion = Completion(edit, document, terms, self._candidates, _parameters(terms))
        engines = engines_for(
            self._registry, event.spec.engines.get("translation", ""), source, target
        )
        emission, warnings = await engines.first_success(
            lambda engine, others: completion.by(engine, others, event, context, progress)
        )
        return replace(emission, warnings=[*warnings, *emission.warnings])

    def _terms(self, spec: events_pb2.DubSpec, source: str, target: str) -> Glossary:
        """The job's terms, over those that count in all jobs."""
        return job_glossary(spec.glossary, target).over(
            read_glossary(self._glossary_file, source, target)
        )

    async def _by(
        self,
        engine: TranslationEngine,
        others: Sequence[TranslationEngine],
        target: str,
        terms: Glossary,
        event: events_pb2.Event,
        context: StageContext,
        progress: OnProgress,
    ) -> Emission:
        """The translation that one engine makes, or has made before."""
        asr = event.products.asr
        memory = memory_for(event.spec, target)
        folder = context.folder(
            event.envelope.video_id,
            transcript=asr.digest,
            target=target,
            engine=engine.id,
            version=engine.version,
            candidates=self._candidates,
            recipe=RECIPE_VERSION,
            **_parameters(terms),
            **({"memory": memory.digest} if memory else {}),
        )
        document = await folder.find_document(DOCUMENT, translation_pb2.TranslationDocument)
        reused = document is not None
        if document is None:
            transcript = await read_document(
                context.store, asr.document_key, asr_pb2.TranscriptDocument
            )
            batch = self._batch(transcript, target, terms)
            rendering = await render(engine, others, batch, on_progress=progress)
            document = _document(transcript, target, rendering)
            remember(document, await _read_memory(memory, context))
            await folder.put_document(DOCUMENT, document)
            context.used.extend(each.use() for each in rendering.engines[1:])
        context.used.insert(0, document.engine)
        products = products_with(
            event.products, document, key=folder.key(DOCUMENT), digest=folder.digest
        )
        return Emission(products, target_language=target, reused=reused, warnings=document.warnings)

    def _batch(self, transcript: asr_pb2.TranscriptDocument, target: str, terms: Glossary) -> Batch:
        return Batch(
            texts=tuple(line.text for line in transcript.lines),
            source=transcript.language,
            target=target,
            candidates=self._candidates,
            slots_ms=tuple(line.end_ms - line.start_ms for line in transcript.lines),
            glossary=terms,
        )


def job_glossary(terms: Iterable[translation_pb2.GlossaryTerm], target: str) -> Glossary:
    """The terms of a request that concern a target language."""
    entries = (Entry(each.source, each.target_language, each.target) for each in terms)
    return glossary_for(entries, target)


async def _read_memory(
    memory: events_pb2.TranslationMemory | None, context: StageContext
) -> Memory:
    if memory is None:
        return Memory()
    document = await read_document(context.store, memory.key, translation_pb2.MemoryDocument)
    return Memory(document.entries)


def _parameters(terms: Glossary) -> dict[str, Parameter]:
    """What a glossary adds to a digest: nothing where there is none."""
    return {"glossary": [[term.source, term.wanted] for term in terms.terms]} if terms else {}


def _document(
    transcript: asr_pb2.TranscriptDocument, target: str, rendering: Rendering
) -> translation_pb2.TranslationDocument:
    engine = rendering.engines[0]
    route = engine.route(transcript.language, target)
    return translation_pb2.TranslationDocument(
        schema_version=1,
        engine=engine.use(),
        source_language=transcript.language,
        target_language=target,
        via=route.via if route else (),
        part=transcript.part,
        lines=[_line(*pair) for pair in zip(transcript.lines, rendering.lines, strict=True)],
        warnings=warnings_of(rendering, [line.id for line in transcript.lines], target),
    )


def _line(spoken: asr_pb2.TranscriptLine, translated: Translated) -> translation_pb2.TranslatedLine:
    candidates = candidates_of(translated)
    return translation_pb2.TranslatedLine(
        id=spoken.id,
        speaker_id=spoken.speaker_id,
        start_ms=spoken.start_ms,
        end_ms=spoken.end_ms,
        source_text=spoken.text,
        text=candidates[0].text if candidates else "",
        candidates=candidates,
        unknown_words=translated.unknown_words,
        source_confidence=spoken.confidence,
        prosody=spoken.prosody if spoken.HasField("prosody") else None,
    )
