"""What every separation engine offers."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import anyio.to_thread
import soundfile

from polydub.blocking import OnProgress
from polydub.engines import Engine
from polydub.errors import EngineFailed, StageError


@dataclass(frozen=True)
class Separated:
    """Voice and the rest, each as long as the original and starting with it."""

    voice_16k: Path
    """WAV, 16 kHz mono, signed 16 bit, canonical 44 byte header."""
    bed: Path
    """FLAC with the original's rate, channels, depth and exact number of samples."""
    snr_db: float
    """Voice over background while someone speaks; 0 where nobody does."""
    speech_fraction: float
    """Share of the time in which someone speaks, 0 to 1."""


class SeparationEngine(Engine):
    """Parts voice from background.

    Args:
        timeout_s: how long one file may take.
    """

    stage: ClassVar[str] = "separation"

    def __init__(self, timeout_s: float = 3600.0) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    async def separate(
        self, original: Path, out_dir: Path, on_progress: OnProgress | None = None
    ) -> Separated:
        """Separates one file.

        Args:
            original: FLAC of any rate and 1 to 8 channels.
            out_dir: an existing folder for the results and for temporary files.
            on_progress: told the fraction done now and then.

        Raises:
            StageError: ``engine_timeout``; ``engine_failed`` when the result does not fit the
                original.
        """
        await anyio.to_thread.run_sync(self.load)
        try:
            with self.timed():
                async with asyncio.timeout(self._timeout_s):
                    result = await self._separate(original, out_dir, on_progress)
        except TimeoutError as error:
            raise StageError("engine_timeout", f"{self.id} took too long to separate.") from error
        if _shape(result.bed) != _shape(original):
            raise EngineFailed(f"{self.id} gave a background of another shape than the original.")
        return result

    @abstractmethod
    async def _separate(
        self, original: Path, out_dir: Path, on_progress: OnProgress | None
    ) -> Separated:
        """The engine's work; may be cancelled."""


def _shape(path: Path) -> tuple[int, int, int]:
    info = soundfile.info(path)
    return info.frames, info.channels, info.samplerate
