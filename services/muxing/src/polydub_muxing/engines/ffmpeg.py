"""The engine of this machine: numpy mixes, rubberband stretches, ffmpeg encodes and muxes."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import soundfile

from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub_muxing.engines.base import MuxingEngine, Rendered, RenderJob
from polydub_muxing.engines.sounding import (
    energies_before,
    lay_backdrop,
    split_of,
    spoken_lines,
    within,
)
from polydub_muxing.fit.placement import Placement
from polydub_muxing.outputs import files
from polydub_muxing.outputs.captions import planned_cues
from polydub_muxing.outputs.earlier_sound import EarlierSound
from polydub_muxing.outputs.splicing import Encoding
from polydub_muxing.outputs.subtitle_layout import Cue
from polydub_muxing.outputs.subtitles import srt
from polydub_muxing.report.document import TRUE_PEAK_DBTP
from polydub_muxing.report.frames import frames_in
from polydub_muxing.report.of_dub import OfDub
from polydub_muxing.sound import levels, manner, mixing, retiming, stretch
from polydub_muxing.sound.backdrop import Backdrop
from polydub_muxing.sound.loudness import Energies
from polydub_muxing.sound.manner import Manner
from polydub_muxing.sound.matching import Match, matched, matches
from polydub_muxing.sound.mixing import MixPaths, PreparedLine
from polydub_muxing.sound.windows import Digests

APT_PACKAGES = {"ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", stretch.COMMAND: "rubberband-cli"}
FIRST_CEILING_DBTP = -1.5
"""The limiter's first ceiling: encoding as AAC raises peaks by about half a decibel."""
ENCODINGS = 3
MANNER = "manner.npz"
_SPARE_DB = 0.2
_SHARE_LINES, _SHARE_MATCH, _SHARE_LAY = 0.3, 0.35, 0.45
_SHARE_LEVELS, _SHARE_MIX, _SHARE_ENCODE = 0.5, 0.7, 0.85


@dataclass(frozen=True)
class _Bed:
    path: Path
    rate_hz: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz


class FfmpegEngine(MuxingEngine):
    """Mix, limiter and levels of our own; ffmpeg and rubberband as child processes."""

    id: ClassVar[str] = "ffmpeg"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="ffmpeg with rubberband",
            version=_ffmpeg_version(),
            quality=Quality.STUDIO,
            licence="GPL-2.0-or-later (child processes)",
            commercial_use=True,
            limits=("Speech gets half the colour and little of the room of the original's.",),
        )

    def available(self) -> Availability:
        missing = [command for command in APT_PACKAGES if shutil.which(command) is None]
        if not missing:
            return Availability.yes()
        packages = " ".join(dict.fromkeys(APT_PACKAGES[command] for command in missing))
        return Availability.no(
            f"{' and '.join(missing)} not found", f"Run `apt-get install {packages}`."
        )

    async def _render(self, job: RenderJob, timeout_s: float, on_progress: OnProgress) -> Rendered:
        bed = _open_bed(job.bed)
        prepared, mixed, paths = await self._levelled(job, bed, on_progress)
        encoded = await self._encode(job, bed, paths, prepared, mixed, timeout_s, on_progress)
        rendered_ms = _rendered_ms(job, prepared, bed.rate_hz)
        cues = _cues(job, rendered_ms, bed)
        output, muxed = encoded, files.Muxed(files.PICTURE_NONE)
        if job.picture is not None:
            output = job.scratch / "dub.mp4"
            muxed = await files.join_picture(
                job.source, job.picture, encoded, output, language=job.language,
                duration_s=bed.duration_s, timeout_s=timeout_s, slowing=_slowing(job),
                subtitles=_subtitle_file(cues, job.scratch),
                on_fraction=within(on_progress, _SHARE_ENCODE, 1),
            )  # fmt: skip
        return Rendered(
            output=output,
            muxed=muxed,
            speech=paths.speech,
            rendered_ms=rendered_ms,
            cues=cues,
            timeline_ms=bed.frames * 1000 // bed.rate_hz,
            tail_ms=max((line.tail for line in prepared), default=0) * 1000 // bed.rate_hz,
        )

    async def _mix(self, job: RenderJob, on_progress: OnProgress) -> Path:
        bed = _open_bed(job.bed)
        prepared, mixed, paths = await self._levelled(job, bed, on_progress)
        await self._mix_once(
            job, bed, paths, prepared, mixed.gains, FIRST_CEILING_DBTP, on_progress
        )
        return paths.dub

    async def _levelled(
        self, job: RenderJob, bed: _Bed, on_progress: OnProgress
    ) -> tuple[list[PreparedLine], Manner, MixPaths]:
        """The lines as they are to be placed, what they are given, and what lies behind them."""
        prepared = await self._prepare_lines(job, bed, within(on_progress, 0, _SHARE_LINES))
        before = manner.from_arrays(await job.earlier.find(MANNER))
        given: Mapping[str, Match] = {}
        if prepared and not job.sound.plain_voices:
            prepared, given = await self._matched(
                job, prepared, before, within(on_progress, _SHARE_LINES, _SHARE_MATCH)
            )
        backdrop = await lay_backdrop(job, prepared, within(on_progress, _SHARE_MATCH, _SHARE_LAY))
        energies = await energies_before(job.kept, split_of(job))
        gains = await run_blocking(
            lambda tick: _levels(job, bed, energies, backdrop, prepared, tick),
            on_progress=within(on_progress, _SHARE_LAY, _SHARE_LEVELS),
        )
        paths = MixPaths(backdrop.path, job.scratch / "dub.flac", job.scratch / "speech.flac")
        gains = manner.settled_gains(gains, before.gains)
        return prepared, Manner(gains, given, before.ceiling_dbtp), paths

    async def _matched(
        self, job: RenderJob, prepared: Sequence[PreparedLine], before: Manner,
        on_progress: OnProgress,
    ) -> tuple[list[PreparedLine], Mapping[str, Match]]:  # fmt: skip
        """The lines as they are to sound, and what each speaker was given."""
        lines, rate_hz = spoken_lines(job, prepared), soundfile.info(job.bed).samplerate

        def work(tick: Tick) -> tuple[list[PreparedLine], Mapping[str, Match]]:
            found = matches(split_of(job), lines, lambda fraction: tick(fraction / 2))
            given = manner.settled_matches(found, before.matches)
            return matched(lines, given, rate_hz, lambda done: tick(0.5 + done / 2)), given

        return await run_blocking(work, on_progress=on_progress)

    async def _prepare_lines(
        self, job: RenderJob, bed: _Bed, on_progress: OnProgress
    ) -> list[PreparedLine]:
        prepared = []
        for number, (line, placement) in enumerate(zip(job.lines, job.placements, strict=True)):
            if not line.line.keeps_original:
                async with job.open_audio(line.audio_key) as spoken:
                    prepared.append(await _prepare(spoken, placement, number, bed, job.scratch))
            await on_progress((number + 1) / len(job.lines))
        return prepared

    async def _encode(
        self, job: RenderJob, bed: _Bed, paths: MixPaths, prepared: Sequence[PreparedLine],
        mixed: Manner, timeout_s: float, on_progress: OnProgress,
    ) -> Path:  # fmt: skip
        """Mixes and encodes until the encoded sound itself keeps the true peak limit."""
        encoded = job.scratch / "dub.m4a"
        earlier, encoding = EarlierSound(job.earlier), _encoding(job, bed)
        ceiling = FIRST_CEILING_DBTP if mixed.ceiling_dbtp is None else mixed.ceiling_dbtp
        end_s = max(job.sound_end_s, job.audio_offset_s + bed.duration_s)
        for _ in range(ENCODINGS):
            windows = await self._mix_once(
                job, bed, paths, prepared, mixed.gains, ceiling, on_progress
            )
            if not await earlier.splice(
                paths.dub, windows, encoding, encoded, language=job.language, timeout_s=timeout_s
            ):
                await files.encode_audio(
                    paths.dub, encoded, language=job.language, offset_s=job.audio_offset_s,
                    rate_hz=bed.rate_hz, channels=bed.channels, duration_s=bed.duration_s,
                    end_s=job.sound_end_s, timeout_s=timeout_s,
                    on_fraction=within(on_progress, _SHARE_MIX, _SHARE_ENCODE),
                )  # fmt: skip
            # At once: the next round differs only where the limiter acts.
            await earlier.keep(encoded, windows, encoding, timeout_s=timeout_s)
            frames = await frames_in(encoded, job.scratch, timeout_s=timeout_s)
            made = OfDub(job.earlier, encoded, frames, job.scratch, timeout_s)
            peak = (await made.loudness(end_s)).whole.true_peak_dbtp
            if peak < TRUE_PEAK_DBTP:  # not equal: the meter rounds to a tenth
                break
            ceiling -= peak - TRUE_PEAK_DBTP + _SPARE_DB
        mixed = replace(mixed, ceiling_dbtp=ceiling)
        await job.earlier.put(MANNER, manner.to_arrays(mixed))
        return encoded

    async def _mix_once(
        self, job: RenderJob, bed: _Bed, paths: MixPaths, prepared: Sequence[PreparedLine],
        gains: Mapping[str, float], ceiling_dbtp: float, on_progress: OnProgress,
    ) -> Digests:  # fmt: skip
        return await run_blocking(
            lambda tick: mixing.mix(paths, prepared, gains, ceiling_dbtp=ceiling_dbtp, tick=tick),
            on_progress=within(on_progress, _SHARE_LEVELS, _SHARE_MIX),
        )


async def _prepare(
    spoken: Path, placement: Placement, number: int, bed: _Bed, scratch: Path
) -> PreparedLine:
    stretched = scratch / f"line-{number}.wav"
    paced = spoken
    if stretch.needs_stretch(placement):
        await stretch.stretch(spoken, stretched, tempo=placement.tempo)
        paced = stretched
    prepared = await run_blocking(
        lambda _: mixing.prepare_line(
            paced,
            scratch / f"line-{number}.f32",
            name=placement.line_id,
            start_ms=placement.start_ms,
            rate_hz=bed.rate_hz,
        )
    )
    stretched.unlink(missing_ok=True)
    return prepared


def _cues(job: RenderJob, rendered_ms: Sequence[int], bed: _Bed) -> tuple[Cue, ...]:
    end_s = max(job.sound_end_s, job.audio_offset_s + bed.duration_s)
    return planned_cues(
        job.lines,
        job.placements,
        rendered_ms,
        offset_ms=round(job.audio_offset_s * 1000),
        end_ms=math.floor(end_s * 1000),
    )


def _subtitle_file(cues: Sequence[Cue], scratch: Path) -> Path | None:
    """The cues as SubRip; None where there are none, which ffmpeg takes for no subtitles at all."""
    if not cues:
        return None
    path = scratch / "dub.srt"
    path.write_text(srt(cues), encoding="utf-8")
    return path


def _slowing(job: RenderJob) -> Path | None:
    """The filters that slow the picture, in a file; None where it stays as it is."""
    if not job.time_map.added_ms:
        return None
    script = job.scratch / "slowing.txt"
    script.write_text(retiming.picture_filter(job.time_map, job.audio_offset_s))
    return script


def _levels(
    job: RenderJob, bed: _Bed, before: tuple[Energies, Energies], backdrop: Backdrop,
    prepared: Sequence[PreparedLine], tick: Tick,
) -> dict[str, float]:  # fmt: skip
    original, less_voice = before
    behind = less_voice
    if backdrop.path != bed.path:
        behind = mixing.meter_file(backdrop.path, lambda fraction: tick(0.5 + fraction / 2))
    found = []
    lines = {line.line.id: line for line in job.lines}
    for sound in prepared:
        line = lines[sound.id]
        found.append(
            mixing.meter_line(
                sound,
                speaker_id=line.line.speaker_id,
                source_ms=(line.line.start_ms, line.line.end_ms),
                overlaps=line.overlaps,
                rate_hz=bed.rate_hz,
                channels=bed.channels,
            )
        )
        tick(1.0)
    trim = levels.trim_of(job.sound)
    return levels.line_gains(found, original, less_voice, behind, trim=trim)


def _rendered_ms(job: RenderJob, prepared: Sequence[PreparedLine], rate_hz: int) -> list[int]:
    """Each line's true length; where the original stays, the one planned."""
    samples = {line.id: line.spoken for line in prepared}
    return [
        round(samples[placed.line_id] * 1000 / rate_hz)
        if placed.line_id in samples
        else placed.duration_ms
        for placed in job.placements
    ]


def _encoding(job: RenderJob, bed: _Bed) -> Encoding:
    delay = files.samples_before(job.audio_offset_s, bed.rate_hz)
    whole = max(delay + bed.frames, round(job.sound_end_s * bed.rate_hz))
    return Encoding(bed.rate_hz, bed.channels, bed.frames, delay, whole)


def _open_bed(path: Path) -> _Bed:
    found = soundfile.info(path)
    return _Bed(path, found.samplerate, found.channels, found.frames)


@cache
def _ffmpeg_version() -> str:
    if shutil.which("ffmpeg") is None:
        return "none"
    said = subprocess.run(
        ["ffmpeg", "-version"], capture_output=True, text=True, timeout=30, check=False
    )
    match = re.match(r"ffmpeg version (\S+)", said.stdout)
    return match[1] if match else "unknown"
