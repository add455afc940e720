"""Glossaries and corrections as messages."""

from __future__ import annotations

from polydub.v1 import translation_pb2, words_pb2
from polydub_gateway.words.glossaries import Glossary
from polydub_gateway.words.memory import Entry


def glossary_message(glossary: Glossary) -> words_pb2.Glossary:
    return words_pb2.Glossary(
        id=glossary.id,
        name=glossary.name,
        terms=[
            translation_pb2.GlossaryTerm(
                source=term.source, target=term.target, target_language=term.target_language
            )
            for term in glossary.terms
        ],
        revision=glossary.revision,
        updated_at_ms=glossary.updated_at_ms,
    )


def correction_message(entry: Entry) -> words_pb2.Correction:
    said = entry.correction
    return words_pb2.Correction(
        id=entry.id,
        source_language=said.source_language,
        target_language=said.target_language,
        source_text=said.source_text,
        text=said.text,
        updated_at_ms=entry.updated_at_ms,
    )
