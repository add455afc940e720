"""A film through separation's demuxing and muxing's rendering, without a stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from timelines import CLICK_S, click, onsets_s

from polydub.v1 import common_pb2
from polydub_muxing.engines.base import Rendered, RenderJob
from polydub_muxing.engines.ffmpeg import FfmpegEngine
from polydub_muxing.fit.placement import Limits, Line, Mode
from polydub_muxing.fit.slowing import arrange
from polydub_muxing.outputs.files import Picture
from polydub_muxing.report import measure
from polydub_muxing.script import ScriptLine
from polydub_separation import probe
from polydub_separation.demux import demux
from polydub_separation.work import probe_stored

TIMEOUT_S = 300
SPOKEN_HZ = 22_050
LINE_MS = 200


async def dub(source: Path, scratch: Path) -> Rendered:
    """Replaces every click that is found in the demuxed sound by another one."""
    facts = await probe_stored(source, "en")
    demuxed = await demux(source, facts, scratch, timeout_s=TIMEOUT_S)
    sound, rate_hz = soundfile.read(demuxed.original, dtype="float32", always_2d=True)
    starts_ms = [round(at * 1000) for at in onsets_s(sound.mean(axis=1), rate_hz)]
    bed = scratch / "bed.flac"
    soundfile.write(bed, np.zeros_like(sound), rate_hz, subtype="PCM_24")
    soundfile.write(scratch / "spoken.wav", click(2500, SPOKEN_HZ), SPOKEN_HZ)
    lines = [_line(number, at) for number, at in enumerate(starts_ms)]
    return await FfmpegEngine().render(
        RenderJob(
            source=source,
            original=demuxed.original,
            bed=bed,
            picture=Picture(facts.video[0].index, facts.video[0].codec),
            audio_offset_s=probe.audio_offset_s(facts),
            sound_end_s=measure.sound_end_s(await measure.lengths(source), _frame_s(facts)),
            lines=lines,
            placements=arrange(
                [line.line for line in lines],
                timeline_ms=round(demuxed.duration_s * 1000),
                mode=Mode.BALANCED,
                limits=Limits(),
            ).placements,
            open_audio=lambda key: _opened(scratch / key),
            language="es",
            scratch=scratch,
        ),
        timeout_s=TIMEOUT_S,
        on_progress=_unwatched,
    )


def _line(number: int, start_ms: int) -> ScriptLine:
    return ScriptLine(
        line=Line(f"u{number}", "S1", start_ms, start_ms + LINE_MS, round(CLICK_S * 1000)),
        source_text="Click.",
        text="Clac.",
        audio_key="spoken.wav",
        overlaps=False,
        voice_id="test/click",
        source_confidence=1.0,
    )


def _frame_s(facts: common_pb2.MediaInfo) -> float:
    return float(1 / Fraction(facts.video[0].frame_rate))


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[Path]:
    yield path


async def _unwatched(fraction: float) -> None:
    """Nobody asks."""
