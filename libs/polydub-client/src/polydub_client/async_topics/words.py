"""Glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import words as calls
from polydub_client.models import Glossary, MemoryEntry, MemoryPage, Term


class AsyncGlossaries:
    """Glossaries that dubs name in ``glossary_ids``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> tuple[Glossary, ...]:
        """All of them, by name."""
        return await self._transport.send(calls.list_glossaries())

    async def get(self, glossary_id: str) -> Glossary:
        return await self._transport.send(calls.get_glossary(glossary_id))

    async def create(self, name: str, terms: Sequence[Term]) -> Glossary:
        return await self._transport.send(calls.create_glossary(name, terms))

    async def replace(
        self, glossary_id: str, *, revision: int, name: str, terms: Sequence[Term]
    ) -> Glossary:
        """Writes it anew. Dubs that named it keep the terms that they began with."""
        return await self._transport.send(
            calls.replace_glossary(glossary_id, revision, name, terms)
        )

    async def delete(self, glossary_id: str) -> None:
        await self._transport.send(calls.delete_glossary(glossary_id))


class AsyncMemory:
    """What people corrected, which is used again where the same is said."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def page(self, target_language: str, *, limit: int = 100, cursor: str = "") -> MemoryPage:
        """Some corrections in a language, newest first."""
        return await self._transport.send(calls.list_memory(target_language, limit, cursor))

    async def iter(self, target_language: str) -> AsyncIterator[MemoryEntry]:
        """All corrections in a language, newest first."""
        page = await self.page(target_language)
        while True:
            for entry in page.entries:
                yield entry
            if not page.next_cursor:
                return
            page = await self.page(target_language, cursor=page.next_cursor)

    async def delete(self, entry_id: str) -> None:
        """Forgets a correction."""
        await self._transport.send(calls.forget(entry_id))
