"""What can be heard of a language while its other parts are still spoken."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile

from polydub import telemetry
from polydub.artifacts import read_document
from polydub.blocking import Tick, run_blocking
from polydub.errors import StageError
from polydub.v1 import diarization_pb2, events_pb2
from polydub_muxing import script
from polydub_muxing.assembly import MODES, read_parts
from polydub_muxing.engines.base import MuxingEngine, RenderJob
from polydub_muxing.fit.placement import Limits, Placement
from polydub_muxing.fit.slowing import arrange
from polydub_muxing.hls.asked import Asked
from polydub_muxing.hls.grid import Grid
from polydub_muxing.hls.renditions import RenditionFolder
from polydub_muxing.hls.showing import part_file, show
from polydub_muxing.hls.sound import LIVE, SegmentCutter, SoundRendition, encode_window
from polydub_muxing.hls.stretches import Stretch, Timeline, expected_lines, part_ends, settled
from polydub_muxing.join import parts_so_far
from polydub_muxing.outputs import files
from polydub_muxing.script import PartDocuments, ScriptLine
from polydub_muxing.sound.options import SoundOptions

FAILURES = (
    StageError,
    OSError,
    soundfile.SoundFileError,
    ArithmeticError,
    LookupError,
    ValueError,
)
"""What decoders, encoders, the store and sound too odd for a mix fail with."""

log = telemetry.logger(__name__)


async def go_live(asked: Asked, engine: MuxingEngine, limits: Limits) -> None:
    """Makes what this event allows to be played: the job's first one the picture and the original
    sound, each one the segments of its language that are ready now.

    It never fails: what can't be made now is made when the language is assembled.
    """
    await asyncio.gather(
        _attempt("picture and original sound", asked, _share(asked)),
        _attempt("live segments", asked, _Live(asked, engine, limits).make()),
    )


async def _attempt(what: str, asked: Asked, work: Awaitable[None]) -> None:
    try:
        await work
    except FAILURES as error:
        key = asked.event.envelope
        log.warning(
            "left for the assembly", what=what, reason=str(error), job_id=key.job_id,
            part=key.part, language=key.target_language,
        )  # fmt: skip


async def _share(asked: Asked) -> None:
    key = asked.event.envelope
    own = f"{key.target_language}-{key.part}".encode()
    if await asked.context.ledger.decide(key.job_id, f"hls-shared-{key.revision}", own) == own:
        await asked.make_shared()


@dataclass(frozen=True)
class _Live:
    """The segments that one language has ready."""

    asked: Asked
    engine: MuxingEngine
    limits: Limits

    async def make(self) -> None:
        """Whatever order parts come in: the ones from the first on that are there are made, each
        from itself and those before it, so that every replica makes the same of it. Each is made
        by the first event that could; the last one is the assembly's.
        """
        spoken = await parts_so_far(self.asked.event, self.asked.context.ledger)
        document_key = self.asked.event.products.diarization.document_key
        if 0 not in spoken or not document_key:
            return
        folder = self.asked.folder(self.asked.language)
        heard = await read_document(
            self.asked.store, document_key, diarization_pb2.DiarizationDocument
        )
        for part in range(len(heard.parts) - 1):
            if part not in spoken:
                break
            stands = await folder.store.exists(folder.key(part_file(part)))
            if not stands and await self._is_ours(part):
                await self._make_part(folder, part, spoken, heard)
        await show(folder)

    async def _is_ours(self, part: int) -> bool:
        key = self.asked.event.envelope
        own = str(key.part).encode()
        name = f"hls-{key.revision}-{key.target_language}-{part}"
        return await self.asked.context.ledger.decide(key.job_id, name, own) == own

    async def _make_part(
        self,
        folder: RenditionFolder,
        part: int,
        spoken: Mapping[int, events_pb2.Products],
        heard: diarization_pb2.DiarizationDocument,
    ) -> None:
        made = self.asked.separation
        async with AsyncExitStack() as stack:
            bed = await stack.enter_async_context(self.asked.store.local_file(made.bed_key))
            about = await run_blocking(lambda _: soundfile.info(str(bed)))
            rate_hz = about.samplerate
            if files.aac_rate_hz(rate_hz) != rate_hz:
                return  # resampled sound has no samples in common with the grid
            delay = files.samples_before(made.audio_offset_s, rate_hz)
            timeline = Timeline(Grid(rate_hz), delay, part_ends(heard))
            stretch = timeline.stretch(part)
            rendition = SoundRendition(
                folder, self.asked.language, LIVE,
                SegmentCutter(stretch.first, timeline.lead_in(stretch)),
            )  # fmt: skip
            if stretch.last > stretch.first:
                original = await stack.enter_async_context(
                    self.asked.store.local_file(made.original_key)
                )
                mixed = await self._mix(bed, original, stretch, spoken, heard)
                start = timeline.fed_from(stretch) - delay - stretch.start_ms * rate_hz // 1000
                frames = mixed.with_suffix(".aac")
                await encode_window(
                    mixed, frames, rate_hz=rate_hz, channels=about.channels, first=start,
                    timeout_s=self.asked.timeout_s,
                )  # fmt: skip
                await rendition.put_file(frames, until=stretch.last)
                shutil.rmtree(mixed.parent)  # a backlog of parts is made by one event
            await folder.write(await rendition.listed(complete=False), part_file(part))

    async def _mix(
        self,
        bed: Path,
        original: Path,
        stretch: Stretch,
        spoken: Mapping[int, events_pb2.Products],
        heard: diarization_pb2.DiarizationDocument,
    ) -> Path:
        scratch = self.asked.context.scratch / f"live-{stretch.part}"
        scratch.mkdir(exist_ok=True)
        lines, placements = await self._placed(stretch, spoken, heard)
        windows = {}
        for name, path in (("bed", bed), ("original", original)):
            windows[name] = scratch / f"{name}.flac"
            await run_blocking(
                lambda tick, path=path, name=name: cut_window(  # type: ignore[misc]
                    path, windows[name], stretch.start_ms, stretch.end_ms, tick
                )
            )
        return await self.engine.mix(
            RenderJob(
                source=original,
                original=windows["original"],
                bed=windows["bed"],
                picture=None,
                audio_offset_s=0.0,
                sound_end_s=0.0,
                lines=[_earlier(line, stretch.start_ms) for line in lines],
                placements=[
                    replace(placed, start_ms=placed.start_ms - stretch.start_ms)
                    for placed in placements
                ],
                open_audio=self.asked.store.local_file,
                language=self.asked.language,
                scratch=scratch,
                sound=SoundOptions.of(self.asked.event.spec.sound),
            ),
            timeout_s=self.asked.timeout_s,
            on_progress=_unwatched,
        )

    async def _placed(
        self,
        stretch: Stretch,
        spoken: Mapping[int, events_pb2.Products],
        heard: diarization_pb2.DiarizationDocument,
    ) -> tuple[list[ScriptLine], list[Placement]]:
        """The lines of the stretch and of what leads up to it, and where they stand."""
        ends_ms = part_ends(heard)
        first = next(part for part, end_ms in enumerate(ends_ms) if end_ms > stretch.start_ms)
        documents = await read_parts(
            self.asked.store, {part: spoken[part] for part in range(first, stretch.part + 1)}
        )
        now = self._plan(documents, heard, stretch.part)
        before = self._plan(documents[:-1], heard, stretch.part - 1)
        lines = {line.line.id: line for line in script.sounding_lines(documents)}
        placements = [
            placed
            for placed in settled(now, before, stretch.heard_from_ms)
            if min(placed.start_ms, lines[placed.line_id].line.start_ms) >= stretch.start_ms
            and placed.start_ms < stretch.end_ms
        ]
        return [lines[placed.line_id] for placed in placements], placements

    def _plan(
        self,
        documents: list[PartDocuments],
        heard: diarization_pb2.DiarizationDocument,
        part: int,
    ) -> list[Placement]:
        known = [line.line for line in script.sounding_lines(documents)]
        arranged = arrange(
            [*known, *expected_lines(heard, part + 1)],
            timeline_ms=self.asked.separation.duration_ms,
            mode=MODES[self.asked.event.spec.fit_mode],
            limits=self.limits,
        )
        spoken = {line.id for line in known}
        return [placed for placed in arranged.placements if placed.line_id in spoken]


def cut_window(sound: Path, window: Path, start_ms: int, end_ms: int, tick: Tick) -> None:
    """Copies a stretch of a sound, its start in whole seconds; what lies beyond its end is left
    out."""
    with soundfile.SoundFile(sound) as whole:
        rate_hz = whole.samplerate
        left = min(whole.frames, end_ms * rate_hz // 1000) - start_ms * rate_hz // 1000
        whole.seek(min(whole.frames, start_ms * rate_hz // 1000))
        with soundfile.SoundFile(
            window, "w", rate_hz, whole.channels, "PCM_24", format="FLAC"
        ) as part:
            while left > 0 and len(block := whole.read(min(left, rate_hz), "int32", True)):
                part.write(block)
                left -= len(block)
                tick(0.0)


def _earlier(line: ScriptLine, by_ms: int) -> ScriptLine:
    moved = replace(line.line, start_ms=line.line.start_ms - by_ms, end_ms=line.line.end_ms - by_ms)
    return replace(line, line=moved)


async def _unwatched(_: float) -> None:
    """The stage's progress is the assembly's."""
