"""The contract of diarization engines."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import anyio.to_thread

from polydub.blocking import OnProgress
from polydub.engines import Engine
from polydub.errors import StageError
from polydub_diarization.sound import Talk
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn

MOST_SPEAKERS = 20
"""How many a user may ask for."""


@dataclass(frozen=True)
class Diarized:
    """Who speaks when. Both empty where nobody does."""

    turns: tuple[Turn, ...]
    """Each inside speech, but for pauses within it; turns of different speakers may overlap."""
    speech: tuple[Span, ...]
    """Where anybody speaks, in order and apart from each other."""
    overlaps: tuple[Span, ...] = ()
    """Where several people speak at once, from engines whose turns do not overlap there."""


class DiarizationEngine(Engine):
    """Finds who speaks when. What is made of that afterwards is the same for all engines."""

    stage: ClassVar[str] = "diarization"

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    async def diarize(
        self, talk: Talk, *, speakers: int = 0, on_progress: OnProgress | None = None
    ) -> Diarized:
        """Who speaks when in a talk of any length.

        Args:
            speakers: how many people speak, where that is known; 0: find out.
            on_progress: told the fraction done.

        Raises:
            StageError: ``invalid_request`` for a number of speakers that can't be,
                ``engine_timeout``, ``engine_failed``.
        """
        check_speakers(speakers)
        try:
            with self.timed():
                async with asyncio.timeout(self._timeout_s):
                    await anyio.to_thread.run_sync(self.load)
                    return await self._diarize(talk, speakers, on_progress)
        except TimeoutError as error:
            raise StageError(
                "engine_timeout", f"Finding the speakers took over {self._timeout_s:g} s."
            ) from error

    @abstractmethod
    async def _diarize(self, talk: Talk, speakers: int, on_progress: OnProgress | None) -> Diarized:
        """The engine's own work, after :meth:`load`. Must end soon after being cancelled."""


def check_speakers(speakers: int) -> None:
    """Raises ``invalid_request`` for a number of speakers that can't be."""
    if not 0 <= speakers <= MOST_SPEAKERS:
        raise StageError(
            "invalid_request",
            f"The number of speakers must be from 1 to {MOST_SPEAKERS}, or 0 to find out.",
        )
