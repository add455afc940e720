"""A render job as the modules of the sound see it: its lines in samples, its original and bed."""

from __future__ import annotations

from collections.abc import Sequence

import soundfile

from polydub.blocking import OnProgress, run_blocking
from polydub_muxing.engines.base import RenderJob
from polydub_muxing.kept import Arrays, Kept, Rows
from polydub_muxing.script import ScriptLine
from polydub_muxing.sound import mixing
from polydub_muxing.sound.backdrop import Layers, Sounds, Stretch, layers
from polydub_muxing.sound.denoising import denoise
from polydub_muxing.sound.loudness import Energies
from polydub_muxing.sound.mixing import PreparedLine


async def sounds_behind(
    job: RenderJob, lines: Sequence[PreparedLine], of_source: Rows, on_progress: OnProgress
) -> tuple[Sounds, Layers]:
    """Original and bed as they are to be heard, and what is done to them."""
    heard = await _heard(job, within(on_progress, 0, 0.5))
    given = await run_blocking(
        lambda tick: layers(split_of(job), _stretches(job, lines), job.sound, of_source, tick),
        on_progress=within(on_progress, 0.5, 1),
    )
    return heard, given


async def _heard(job: RenderJob, on_progress: OnProgress) -> Sounds:
    """Original and bed as they are to be heard."""
    split = split_of(job)
    if not job.sound.noise_reduction:
        return split
    clean = Sounds(job.scratch / "clean-original.flac", job.scratch / "clean-bed.flac")
    for sound, written in ((split.original, clean.original), (split.bed, clean.bed)):
        await run_blocking(
            lambda tick, sound=sound, written=written: denoise(sound, written, tick),  # type: ignore[misc]
            on_progress=on_progress,
        )
    return clean


async def energies_before(kept: Kept, split: Sounds) -> tuple[Energies, Energies]:
    """How loud original and bed are, slot by slot."""

    async def make() -> Arrays:
        original, bed = [
            await run_blocking(lambda tick, path=path: mixing.meter_file(path, tick))  # type: ignore[misc]
            for path in (split.original, split.bed)
        ]
        return {"original": original, "bed": bed}

    found = await kept.found_or_made("energies.npz", make)
    return found["original"], found["bed"]


def split_of(job: RenderJob) -> Sounds:
    """Original and bed as separation left them."""
    return Sounds(job.original, job.bed)


def _stretches(job: RenderJob, prepared: Sequence[PreparedLine]) -> list[Stretch]:
    rate_hz = soundfile.info(job.bed).samplerate
    sounds = {line.id: line for line in prepared}
    found = []
    for line in job.lines:
        sound = sounds.get(line.line.id)
        dub = (sound.start, sound.start + sound.spoken) if sound else None
        found.append(Stretch(source_samples(line, rate_hz), dub))
    return found


def source_samples(line: ScriptLine, rate_hz: int) -> tuple[int, int]:
    """Where a line is said in the source."""
    return line.line.start_ms * rate_hz // 1000, line.line.end_ms * rate_hz // 1000


def within(on_progress: OnProgress, first: float, last: float) -> OnProgress:
    """Progress of one step as progress of the whole."""

    async def scaled(fraction: float) -> None:
        await on_progress(first + (last - first) * min(1.0, fraction))

    return scaled
