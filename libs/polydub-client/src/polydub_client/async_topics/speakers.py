"""Registered speakers: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from collections.abc import Mapping

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import speakers as calls
from polydub_client.models import RegisteredSpeaker


class AsyncSpeakers:
    """Registered speakers, whom ``scripts.change_speaker`` links to those of a dub."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> tuple[RegisteredSpeaker, ...]:
        """All of them, by name."""
        return await self._transport.send(calls.list_speakers())

    async def get(self, registered_id: str) -> RegisteredSpeaker:
        return await self._transport.send(calls.get_speaker(registered_id))

    async def create(self, name: str, voices: Mapping[str, str] | None = None) -> RegisteredSpeaker:
        """Keeps one, with voices by language. No two have the same name."""
        return await self._transport.send(calls.create_speaker(name, voices or {}))

    async def replace(
        self, registered_id: str, *, revision: int, name: str, voices: Mapping[str, str]
    ) -> RegisteredSpeaker:
        """Writes one anew. The speakers of dubs stay as they are."""
        return await self._transport.send(
            calls.replace_speaker(registered_id, revision, name, voices)
        )

    async def delete(self, registered_id: str) -> None:
        """Deletes one. Speakers of dubs keep the name and the voices."""
        await self._transport.send(calls.delete_speaker(registered_id))
