"""Glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polydub_client.calls import words as calls
from polydub_client.models import Glossary, MemoryEntry, MemoryPage, Term
from polydub_client.transport import Transport


class Glossaries:
    """Glossaries that dubs name in ``glossary_ids``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> tuple[Glossary, ...]:
        """All of them, by name."""
        return self._transport.send(calls.list_glossaries())

    def get(self, glossary_id: str) -> Glossary:
        return self._transport.send(calls.get_glossary(glossary_id))

    def create(self, name: str, terms: Sequence[Term]) -> Glossary:
        return self._transport.send(calls.create_glossary(name, terms))

    def replace(
        self, glossary_id: str, *, revision: int, name: str, terms: Sequence[Term]
    ) -> Glossary:
        """Writes it anew. Dubs that named it keep the terms that they began with."""
        return self._transport.send(calls.replace_glossary(glossary_id, revision, name, terms))

    def delete(self, glossary_id: str) -> None:
        self._transport.send(calls.delete_glossary(glossary_id))


class Memory:
    """What people corrected, which is used again where the same is said."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def page(self, target_language: str, *, limit: int = 100, cursor: str = "") -> MemoryPage:
        """Some corrections in a language, newest first."""
        return self._transport.send(calls.list_memory(target_language, limit, cursor))

    def iter(self, target_language: str) -> Iterator[MemoryEntry]:
        """All corrections in a language, newest first."""
        page = self.page(target_language)
        while True:
            yield from page.entries
            if not page.next_cursor:
                return
            page = self.page(target_language, cursor=page.next_cursor)

    def delete(self, entry_id: str) -> None:
        """Forgets a correction."""
        self._transport.send(calls.forget(entry_id))
