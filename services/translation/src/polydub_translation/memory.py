"""Corrections that people made before, used again where the same is said. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from polydub.edits import normalized
from polydub.v1 import translation_pb2


class Memory:
    """What was said, and how a person wants it said.

    Case, punctuation and spaces do not count; everything else has to be the same. A sentence that
    is only like another says something else, and is for people to decide.
    """

    def __init__(self, entries: Iterable[translation_pb2.MemoryEntry] = ()) -> None:
        self._texts = {normalized(each.source_text): each.text for each in entries}

    def find(self, source_text: str) -> str:
        """The person's words for it; empty where there are none."""
        return self._texts.get(normalized(source_text), "")


def remember(document: translation_pb2.TranslationDocument, memory: Memory) -> int:
    """Puts people's own words into the lines that they have some for; how many there are."""
    found = 0
    for line in document.lines:
        text = memory.find(line.source_text)
        if not text:
            continue
        found += 1
        line.text, line.corrected = text, True
        del line.candidates[:], line.unknown_words[:]
        line.candidates.add(text=text, score=1.0)
    return found
