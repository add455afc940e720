"""The translation's document, and how it is told of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polydub.errors import warning
from polydub.v1 import common_pb2, events_pb2, translation_pb2
from polydub_translation.engines.base import Candidate, Translated
from polydub_translation.lines import Rendering

DOCUMENT = "translation.json"


def products_with(
    products: events_pb2.Products,
    document: translation_pb2.TranslationDocument,
    *,
    key: str,
    digest: str,
) -> events_pb2.Products:
    """The products with a translation that is stored under a key."""
    extended = events_pb2.Products()
    extended.CopyFrom(products)
    extended.translation.CopyFrom(
        translation_pb2.TranslationProducts(
            document_key=key,
            engine=document.engine,
            via=document.via,
            digest=digest,
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


def warnings_of(
    rendering: Rendering, line_ids: Sequence[str], target: str
) -> list[common_pb2.Warning]:
    """What a person should know of the lines, in the order in which they were rendered."""
    return [
        warning(
            note.code,
            note.message,
            stage="translation",
            line_id=line_ids[note.at],
            target_language=target,
        )
        for note in rendering.notes
    ]
