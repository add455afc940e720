"""The contract of a muxing engine."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from polydub.blocking import OnProgress
from polydub.engines import Engine
from polydub.errors import StageError
from polydub_muxing.fit.placement import Placement
from polydub_muxing.fit.slowing import UNSLOWED, TimeMap
from polydub_muxing.kept import NOTHING_KEPT, Kept
from polydub_muxing.outputs.files import Muxed, Picture
from polydub_muxing.outputs.subtitle_layout import Cue
from polydub_muxing.script import ScriptLine
from polydub_muxing.sound.options import AS_IT_IS, SoundOptions
from polydub_muxing.sound.windows import Digests

OpenAudio = Callable[[str], AbstractAsyncContextManager[Path]]


@dataclass(frozen=True)
class RenderJob:
    """All that is needed to render one language. Paths are local and read-only.

    Everything but the source's own picture is in the slowed time.
    """

    source: Path
    original: Path
    bed: Path
    picture: Picture | None
    audio_offset_s: float
    """Presentation time of the track's first sample after the container's start."""
    sound_end_s: float
    """The sound is drawn out with silence to here, after the container's start; 0: not at all."""
    lines: Sequence[ScriptLine]
    placements: Sequence[Placement]
    """One for each line, in the same order."""
    open_audio: OpenAudio
    """Opens a line's sound by its key."""
    language: str
    scratch: Path
    time_map: TimeMap = UNSLOWED
    """What is to be done to the picture."""
    sound: SoundOptions = AS_IT_IS
    kept: Kept = NOTHING_KEPT
    """What is known of original and bed from earlier."""
    earlier: Kept = NOTHING_KEPT
    """What is known of the revision before."""


@dataclass(frozen=True)
class Rendered:
    """The finished file and what is measured on."""

    output: Path
    muxed: Muxed
    speech: Path
    """The dubbed speech alone, mono, on the timeline."""
    speech_windows: Digests
    """What each window of it is made of."""
    rendered_ms: Sequence[int]
    """Each line's true length, in the order of the job's lines."""
    cues: Sequence[Cue]
    """The subtitles, in the file's time."""
    timeline_ms: int
    tail_ms: int = 0
    """How long lines may ring on behind their length."""


class MuxingEngine(Engine):
    """Mixes placed lines into the bed and puts the sound to the picture."""

    stage: ClassVar[str] = "muxing"

    async def render(
        self, job: RenderJob, *, timeout_s: float, on_progress: OnProgress
    ) -> Rendered:
        """Renders one language. Cancelling ends the children and the threads.

        Raises:
            StageError: ``engine_timeout``, ``engine_failed``.
        """
        with self.timed():
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._render(job, timeout_s, on_progress)
            except TimeoutError as error:
                raise StageError("engine_timeout", "Mixing and muxing took too long.") from error

    async def mix(self, job: RenderJob, *, timeout_s: float, on_progress: OnProgress) -> Path:
        """Mixes one language as :meth:`render` does, and leaves it there: FLAC, as long as the bed.

        Raises:
            StageError: ``engine_timeout``, ``engine_failed``.
        """
        with self.timed():
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._mix(job, on_progress)
            except TimeoutError as error:
                raise StageError("engine_timeout", "Mixing took too long.") from error

    @abstractmethod
    async def _mix(self, job: RenderJob, on_progress: OnProgress) -> Path: ...

    @abstractmethod
    async def _render(
        self, job: RenderJob, timeout_s: float, on_progress: OnProgress
    ) -> Rendered: ...
