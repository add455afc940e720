"""The engine of this machine: numpy mixes, rubberband stretches, ffmpeg encodes and muxes."""

from __future__ import annotations

import asyncio
import math
import re
import shutil
import subprocess
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import StageError
from polydub_muxing.engines.base import MuxingEngine, Rendered, RenderJob
from polydub_muxing.engines.levelled import MANNER, Bed, Levelled, level, open_bed
from polydub_muxing.engines.sounding import within
from polydub_muxing.outputs import files
from polydub_muxing.outputs.captions import planned_cues
from polydub_muxing.outputs.earlier_sound import EarlierSound
from polydub_muxing.outputs.splicing import Encoding, frames_of
from polydub_muxing.outputs.subtitle_layout import Cue
from polydub_muxing.outputs.subtitles import srt
from polydub_muxing.report.document import TRUE_PEAK_DBTP
from polydub_muxing.report.frames import frames_of_adts
from polydub_muxing.report.of_dub import OfDub
from polydub_muxing.sound import manner, retiming, stretch
from polydub_muxing.sound.mixing import Mix, PreparedLine

APT_PACKAGES = {"ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", stretch.COMMAND: "rubberband-cli"}
FIRST_CEILING_DBTP = -1.5
"""The limiter's first ceiling: encoding as AAC raises peaks by about half a decibel."""
ENCODINGS = 3
A = TypeVar("A")
B = TypeVar("B")
_SPARE_DB = 0.2
_SHARE_LEVELS, _SHARE_MIX, _SHARE_ENCODE = 0.5, 0.7, 0.85


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
        bed = open_bed(job.bed)
        with ExitStack() as stack:
            levelled = await level(job, bed, stack, within(on_progress, 0, _SHARE_LEVELS))
            encoded = await self._encode(job, bed, levelled, timeout_s, on_progress)
            lines = levelled.voices.lines
            rendered_ms = _rendered_ms(job, lines, bed.rate_hz)
            cues = _cues(job, rendered_ms, bed)
            (output, muxed), (speech, windows) = await _together(
                self._joined(job, bed, encoded, cues, timeout_s, on_progress),
                levelled.speech_alone(job.earlier, job.scratch / "speech.flac"),
            )
        return Rendered(
            output=output,
            muxed=muxed,
            speech=speech,
            speech_windows=windows,
            rendered_ms=rendered_ms,
            cues=cues,
            timeline_ms=bed.frames * 1000 // bed.rate_hz,
            tail_ms=max((line.tail for line in lines), default=0) * 1000 // bed.rate_hz,
        )

    async def _joined(
        self, job: RenderJob, bed: Bed, encoded: Path, cues: Sequence[Cue], timeout_s: float,
        on_progress: OnProgress,
    ) -> tuple[Path, files.Muxed]:  # fmt: skip
        """The finished file."""
        if job.picture is None:
            return encoded, files.Muxed(files.PICTURE_NONE)
        output = job.scratch / "dub.mp4"
        muxed = await files.join_picture(
            job.source, job.picture, encoded, output, language=job.language,
            duration_s=bed.duration_s, timeout_s=timeout_s, slowing=_slowing(job),
            subtitles=_subtitle_file(cues, job.scratch),
            on_fraction=within(on_progress, _SHARE_ENCODE, 1),
        )  # fmt: skip
        return output, muxed

    async def _mix(self, job: RenderJob, on_progress: OnProgress) -> Path:
        bed, dub = open_bed(job.bed), job.scratch / "dub.flac"
        with ExitStack() as stack:
            levelled = await level(job, bed, stack, within(on_progress, 0, _SHARE_LEVELS))
            await levelled.write(
                levelled.mix(FIRST_CEILING_DBTP), dub, within(on_progress, _SHARE_LEVELS, 1)
            )
        return dub

    async def _encode(
        self, job: RenderJob, bed: Bed, levelled: Levelled, timeout_s: float,
        on_progress: OnProgress,
    ) -> Path:  # fmt: skip
        """Mixes and encodes until the encoded sound itself keeps the true peak limit."""
        encoded, mixed = job.scratch / "dub.m4a", levelled.manner
        earlier, encoding = EarlierSound(job.earlier), _encoding(job, bed)
        ceiling = FIRST_CEILING_DBTP if mixed.ceiling_dbtp is None else mixed.ceiling_dbtp
        end_s = max(job.sound_end_s, job.audio_offset_s + bed.duration_s)
        for _ in range(ENCODINGS):
            mix = levelled.mix(ceiling)
            if not await _spliced(job, levelled, mix, encoding, encoded, timeout_s):
                await self._encode_all(job, bed, levelled, mix, encoded, timeout_s, on_progress)
            # At once: the next round differs only where the limiter acts.
            adts = encoded.with_suffix(".aac")
            await frames_of(encoded, adts, timeout_s=timeout_s)
            await earlier.keep(adts, mix.digests, encoding)
            made = OfDub(job.earlier, encoded, await frames_of_adts(adts), job.scratch, timeout_s)
            peak = (await made.loudness(end_s)).whole.true_peak_dbtp
            if peak < TRUE_PEAK_DBTP:  # not equal: the meter rounds to a tenth
                break
            ceiling -= peak - TRUE_PEAK_DBTP + _SPARE_DB
        await job.earlier.put(MANNER, manner.to_arrays(replace(mixed, ceiling_dbtp=ceiling)))
        await job.earlier.put_rows(levelled.rows)
        return encoded

    async def _encode_all(
        self, job: RenderJob, bed: Bed, levelled: Levelled, mix: Mix, encoded: Path,
        timeout_s: float, on_progress: OnProgress,
    ) -> None:  # fmt: skip
        dub = job.scratch / "dub.flac"
        await levelled.write(mix, dub, within(on_progress, _SHARE_LEVELS, _SHARE_MIX))
        await files.encode_audio(
            dub, encoded, language=job.language, offset_s=job.audio_offset_s,
            rate_hz=bed.rate_hz, channels=bed.channels, duration_s=bed.duration_s,
            end_s=job.sound_end_s, timeout_s=timeout_s,
            on_fraction=within(on_progress, _SHARE_MIX, _SHARE_ENCODE),
        )  # fmt: skip


async def _together(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """The results of both, which do not wait for each other; where one fails the other ends."""
    try:
        async with asyncio.TaskGroup() as group:
            first, second = group.create_task(one), group.create_task(other)
    except* StageError as failures:
        failure = failures.exceptions[0]
    else:
        return first.result(), second.result()
    raise failure


async def _spliced(
    job: RenderJob, levelled: Levelled, mix: Mix, encoding: Encoding, encoded: Path,
    timeout_s: float,
) -> bool:  # fmt: skip
    """Writes the sound with all earlier frames that are still right; False where they are too few
    or gone."""
    earlier = EarlierSound(job.earlier)
    changed = await earlier.pieces(mix.digests, encoding)
    if changed is None:
        return False
    for piece in changed:
        await levelled.ready(mix, *encoding.of_mix(piece))
    return await earlier.splice(
        mix, changed, encoding, encoded, language=job.language, timeout_s=timeout_s
    )


def _cues(job: RenderJob, rendered_ms: Sequence[int], bed: Bed) -> tuple[Cue, ...]:
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


def _slowing(job: RenderJob) -> str:
    """The filters that slow the picture; empty where it stays as it is."""
    if not job.time_map.added_ms:
        return ""
    return retiming.picture_filter(job.time_map, job.audio_offset_s)


def _rendered_ms(job: RenderJob, prepared: Sequence[PreparedLine], rate_hz: int) -> list[int]:
    """Each line's true length; where the original stays, the one planned."""
    samples = {line.id: line.spoken for line in prepared}
    return [
        round(samples[placed.line_id] * 1000 / rate_hz)
        if placed.line_id in samples
        else placed.duration_ms
        for placed in job.placements
    ]


def _encoding(job: RenderJob, bed: Bed) -> Encoding:
    delay = files.samples_before(job.audio_offset_s, bed.rate_hz)
    whole = max(delay + bed.frames, round(job.sound_end_s * bed.rate_hz))
    return Encoding(bed.rate_hz, bed.channels, bed.frames, delay, whole)


@cache
def _ffmpeg_version() -> str:
    if shutil.which("ffmpeg") is None:
        return "none"
    said = subprocess.run(
        ["ffmpeg", "-version"], capture_output=True, text=True, timeout=30, check=False
    )
    match = re.match(r"ffmpeg version (\S+)", said.stdout)
    return match[1] if match else "unknown"
