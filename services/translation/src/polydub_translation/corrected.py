"""The translation of one part as a person left it: only what they marked is translated anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydub.artifacts import Parameter, read_document
from polydub.blocking import OnProgress
from polydub.stage import Emission, StageContext
from polydub.v1 import events_pb2, translation_pb2
from polydub_translation.documents import DOCUMENT, candidates_of, products_with, warnings_of
from polydub_translation.engines.base import Batch, TranslationEngine
from polydub_translation.glossary import Glossary
from polydub_translation.lines import render

RECIPE_VERSION = 1
"""Raise it when the same engine would now translate the same marked lines differently."""


def needs_engine(document: translation_pb2.TranslationDocument) -> bool:
    """Whether a person's document has lines to be translated anew."""
    return any(line.stale for line in document.lines)


async def read_edit(
    edit: events_pb2.EditedPart, context: StageContext
) -> translation_pb2.TranslationDocument:
    """The person's document.

    Raises:
        StageError: ``artifact_missing``.
    """
    return await read_document(context.store, edit.key, translation_pb2.TranslationDocument)


def as_it_is(
    edit: events_pb2.EditedPart,
    document: translation_pb2.TranslationDocument,
    event: events_pb2.Event,
    context: StageContext,
) -> Emission:
    """The event's part with the person's document."""
    context.used.append(document.engine)
    products = products_with(event.products, document, key=edit.key, digest=edit.digest)
    return Emission(
        products,
        target_language=document.target_language,
        reused=True,
        warnings=document.warnings,
    )


@dataclass(frozen=True)
class Completion:
    """A person's document whose marked lines are to be translated."""

    edit: events_pb2.EditedPart
    document: translation_pb2.TranslationDocument
    terms: Glossary
    candidates: int
    parameters: dict[str, Parameter]
    """What the terms add to the digest."""

    async def by(
        self,
        engine: TranslationEngine,
        others: Sequence[TranslationEngine],
        event: events_pb2.Event,
        context: StageContext,
        progress: OnProgress,
    ) -> Emission:
        """The document, completed by an engine now or before."""
        folder = context.folder(
            event.envelope.video_id,
            edit=self.edit.digest,
            engine=engine.id,
            version=engine.version,
            candidates=self.candidates,
            edit_recipe=RECIPE_VERSION,
            **self.parameters,
        )
        document = await folder.find_document(DOCUMENT, translation_pb2.TranslationDocument)
        reused = document is not None
        if document is None:
            document = await self._completed(engine, others, progress)
            await folder.put_document(DOCUMENT, document)
        context.used.append(document.engine)
        return Emission(
            products_with(event.products, document, key=folder.key(DOCUMENT), digest=folder.digest),
            target_language=document.target_language,
            reused=reused,
            warnings=document.warnings,
        )

    async def _completed(
        self,
        engine: TranslationEngine,
        others: Sequence[TranslationEngine],
        progress: OnProgress,
    ) -> translation_pb2.TranslationDocument:
        completed = translation_pb2.TranslationDocument()
        completed.CopyFrom(self.document)
        marked = [line for line in completed.lines if line.stale]
        script = Batch(
            texts=tuple(line.source_text for line in marked),
            source=completed.source_language,
            target=completed.target_language,
            candidates=self.candidates,
            slots_ms=tuple(line.end_ms - line.start_ms for line in marked),
            glossary=self.terms,
        )
        rendering = await render(engine, others, script, on_progress=progress)
        for line, translated in zip(marked, rendering.lines, strict=True):
            candidates = candidates_of(translated)
            del line.candidates[:]
            line.candidates.extend(candidates)
            line.text = candidates[0].text if candidates else ""
            line.unknown_words[:] = translated.unknown_words
            line.stale = False
        ids = [line.id for line in marked]
        completed.warnings.extend(warnings_of(rendering, ids, completed.target_language))
        return completed
