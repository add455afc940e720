"""The contract of a lipsync engine."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from polydub.artifacts import Parameter
from polydub.blocking import OnProgress
from polydub.engines import Engine
from polydub.errors import EngineFailed, StageError


@dataclass(frozen=True)
class SyncTask:
    """What an engine works on. Paths are local; the first two are read-only."""

    video: Path
    """MP4: the picture as it was shot, and the dub."""
    audio: Path
    """WAV, mono, 16 kHz, signed 16 bit: the dub, exactly as long as the picture."""
    duration_s: float
    folder: Path
    """An empty folder of this task's own."""


class LipsyncEngine(Engine):
    """Gives a video whose lips say what is heard."""

    stage: ClassVar[str] = "lipsync"

    def parameters(self) -> dict[str, Parameter]:
        """What changes its results beside its version."""
        return {}

    async def sync(self, task: SyncTask, *, timeout_s: float, on_progress: OnProgress) -> Path:
        """A video file in the task's folder; only its picture counts, its sound is dropped.

        Cancelling ends the work, wherever it is done.

        Raises:
            StageError: ``engine_unavailable``, ``engine_failed``, ``engine_timeout``.
        """
        with self.timed():
            try:
                async with asyncio.timeout(timeout_s):
                    picture = await self._sync(task, on_progress)
            except TimeoutError as error:
                raise StageError("engine_timeout", f"{self.id} took too long.") from error
        if not picture.is_file() or picture.stat().st_size == 0:
            raise EngineFailed(f"{self.id} gave no video.", retryable=False)
        return picture

    @abstractmethod
    async def _sync(self, task: SyncTask, on_progress: OnProgress) -> Path: ...
