"""Glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from dataclasses import dataclass

from polydub_client.models.asking import Term


@dataclass(frozen=True)
class Glossary:
    """Terms that dubs may name by the glossary's id."""

    id: str = ""
    name: str = ""
    terms: tuple[Term, ...] = ()
    revision: int = 0
    """What a change is based on."""
    updated_at: str = ""


@dataclass(frozen=True)
class MemoryEntry:
    """A correction that is used again where the same is said."""

    id: str = ""
    source_language: str = ""
    target_language: str = ""
    source_text: str = ""
    text: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class MemoryPage:
    """Corrections, newest first."""

    entries: tuple[MemoryEntry, ...] = ()
    next_cursor: str = ""
