"""What speech engines that ask a service have in common: a line is a request, which is billed."""

from __future__ import annotations

import ssl
from abc import abstractmethod
from functools import cached_property
from pathlib import Path

from polydub.cloud import CloudService
from polydub.errors import EngineFailed
from polydub_tts.engines.base import EngineVoice, Raw, TtsEngine
from polydub_tts.sound import Sound
from polydub_tts.style import Style

MAX_BYTES = 128 * 2**20
"""More than the longest line takes up at 48 kHz in float."""


class RemoteTtsEngine(TtsEngine):
    """An engine whose lines are spoken by a service.

    Args:
        service: which, and how it is asked.
    """

    def __init__(self, service: CloudService, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._service = service

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """For each request's client: reading the certificates takes longer than the rest of it."""
        import httpx

        return httpx.create_ssl_context()

    @abstractmethod
    async def _fetch(self, text: str, voice: EngineVoice, rate: float, style: Style) -> Sound:
        """Asks the service once.

        Raises:
            Refused: it did not give the speech.
            ValueError: what it gave is no sound.
        """

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        try:
            sound = await self._service.ask(lambda: self._fetch(text, voice, rate, style))
        except ValueError as error:
            raise EngineFailed(f"{self.id} gave no readable sound: {error}.") from error
        self.charge(len(text), "characters")
        return Raw(sound, voice.f0_hz)
