"""The translation's document, and how it is told of."""

from __future__ import annotations

from collections.abc import Iterable

from polydub.artifacts import ArtifactFolder
from polydub.v1 import events_pb2, translation_pb2
from polydub_translation.engines.base import Candidate, Translated

DOCUMENT = "translation.json"


def products_with(
    products: events_pb2.Products,
    document: translation_pb2.TranslationDocument,
    folder: ArtifactFolder,
) -> events_pb2.Products:
    """The products with a translation that is stored in a folder."""
    extended = events_pb2.Products()
    extended.CopyFrom(products)
    extended.translation.CopyFrom(
        translation_pb2.TranslationProducts(
            document_key=folder.key(DOCUMENT),
            engine=document.engine,
            via=document.via,
            digest=folder.digest,
        )
    )
    return extended


def candidates_of(translated: Translated) -> list[translation_pb2.TranslationCandidate]:
    """The candidates as they travel."""
    return candidate_messages(translated.candidates)


def candidate_messages(
    candidates: Iterable[Candidate],
) -> list[translation_pb2.TranslationCandidate]:
    """Wordings of a line as they travel."""
    return [
        translation_pb2.TranslationCandidate(text=each.text, score=each.score, via=each.via)
        for each in candidates
    ]
