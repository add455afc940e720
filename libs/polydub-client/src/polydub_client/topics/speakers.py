"""Registered speakers: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from collections.abc import Mapping

from polydub_client.calls import speakers as calls
from polydub_client.models import RegisteredSpeaker
from polydub_client.transport import Transport


class Speakers:
    """Registered speakers, whom ``scripts.change_speaker`` links to those of a dub."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> tuple[RegisteredSpeaker, ...]:
        """All of them, by name."""
        return self._transport.send(calls.list_speakers())

    def get(self, registered_id: str) -> RegisteredSpeaker:
        return self._transport.send(calls.get_speaker(registered_id))

    def create(self, name: str, voices: Mapping[str, str] | None = None) -> RegisteredSpeaker:
        """Keeps one, with voices by language. No two have the same name."""
        return self._transport.send(calls.create_speaker(name, voices or {}))

    def replace(
        self, registered_id: str, *, revision: int, name: str, voices: Mapping[str, str]
    ) -> RegisteredSpeaker:
        """Writes one anew. The speakers of dubs stay as they are."""
        return self._transport.send(calls.replace_speaker(registered_id, revision, name, voices))

    def delete(self, registered_id: str) -> None:
        """Deletes one. Speakers of dubs keep the name and the voices."""
        self._transport.send(calls.delete_speaker(registered_id))
