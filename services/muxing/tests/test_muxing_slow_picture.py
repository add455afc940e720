"""Slowing picture and sound for real: flashes and beeps stay together, to a frame."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_jobs import (
    RATE_HZ,
    VOICE_RATE_HZ,
    SaidLine,
    Sound,
    decoded,
    ffmpeg,
    ffprobe,
    make_job,
    music,
)

from polydub.artifacts import read_document
from polydub.settings import CommonSettings
from polydub.testing import stage_context
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.fit.placement import Limits, Line, Mode
from polydub_muxing.fit.slowing import TimeMap, arrange
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.settings import MuxingSettings
from polydub_muxing.sound.retiming import slow_sound

pytestmark = pytest.mark.integration

CLIP_MS = 9_000
FRAME_MS = 40
OFFSET_MS = 200
"""The picture begins this long before the sound."""
FLASHES_MS = (400, 1600, 2800, 4000, 5200, 6400, 8600)
"""In the sound's time; those from the second to the fifth lie in slowed stretches."""
LINES = tuple(
    SaidLine(f"u{n}", "S1", 1200 * n + 200, 1200 * n + 1200, spoken_ms=1180 + 120 * n)
    for n in range(1, 6)
)


def beeps() -> Sound:
    """A soft chord, and over it a short tone at each flash."""
    sound = music(CLIP_MS, channels=1, level=0.002)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ // 10) / RATE_HZ)
    for moment in FLASHES_MS:
        first = moment * RATE_HZ // 1000
        sound[first : first + len(tone)] += tone[:, None].astype(np.float32)
    return sound


def flash_clip(folder: Path, sound: Sound, rate: str = "25") -> Path:
    """Black, white for two frames at each flash; the sound comes in later."""
    soundfile.write(folder / "beeps.wav", sound, RATE_HZ)
    white = "+".join(
        f"between(t,{(moment + OFFSET_MS) / 1000 - 0.001},{(moment + OFFSET_MS) / 1000 + 0.079})"
        for moment in FLASHES_MS
    )
    clip = folder / "flashes.mp4"
    ffmpeg(
        "-f", "lavfi", "-i",
        f"color=black:s=64x48:r={rate}:d={(CLIP_MS + OFFSET_MS) / 1000},"
        f"drawbox=color=white:t=fill:enable='{white}'",
        "-itsoffset", OFFSET_MS / 1000, "-i", folder / "beeps.wav",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", clip,
    )  # fmt: skip
    return clip


def flashes_ms(path: Path) -> list[float]:
    """When the picture turns white."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
               "-vf", "scale=1:1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]  # fmt: skip
    done = subprocess.run(map(str, command), check=True, capture_output=True)
    bright = np.frombuffer(done.stdout, np.uint8) > 128
    rows = ffprobe(path, "frame=pts_time", "-select_streams", "v:0")
    times = [1000 * float(row.rstrip(",")) for row in rows]
    assert len(times) == len(bright)
    begins = np.flatnonzero(bright[1:] & ~bright[:-1]) + 1
    return [times[at] for at in begins]


def whisper(duration_ms: int) -> Sound:
    return np.full(duration_ms * VOICE_RATE_HZ // 1000, 1e-4, np.float32)


def beeps_ms(heard: Sound, due_ms: list[float]) -> list[float]:
    """When the tone of each flash comes in, looked for around where it is due."""
    mono = np.abs(heard[:, 0])
    found = []
    for due in due_ms:
        first = round((due - 300) * RATE_HZ / 1000)
        around = mono[first : first + 600 * RATE_HZ // 1000]
        found.append((first + int(np.argmax(around > 0.15))) * 1000 / RATE_HZ)
    return found


async def test_flashes_and_beeps_stay_together_through_slowed_stretches(tmp_path: Path) -> None:
    sound = beeps()
    clip = flash_clip(tmp_path, sound)
    quiet = {line.id: whisper(line.spoken_ms) for line in LINES}
    job = await make_job(
        stage_context("muxing", tmp_path), clip, bed=sound, original=sound, lines=LINES,
        video=common_pb2.VideoStream(codec="h264", frame_rate="25/1"),
        audio_offset_s=OFFSET_MS / 1000, dubs=quiet,
    )  # fmt: skip
    [event] = job.events
    event.spec.fit_mode = muxing_pb2.FIT_MODE_SLOW_PICTURE
    settings = MuxingSettings()
    handler = MuxingHandler(open_registry(settings, CommonSettings()), settings)
    [emission] = await handler.handle(event, job.context)
    dub = await job.output(emission.products, "video", tmp_path)

    time_map = arrange(
        [
            Line(x.id, x.speaker, x.start_ms, x.end_ms, len(quiet[x.id]) * 1000 // VOICE_RATE_HZ)
            for x in LINES
        ],
        timeline_ms=CLIP_MS, mode=Mode.SLOW_PICTURE, limits=Limits(),
    ).time_map  # fmt: skip
    assert len(time_map.slowed()) == 4 and time_map.added_ms > 1300
    due = [float(time_map.at(moment) + OFFSET_MS) for moment in FLASHES_MS]
    seen = flashes_ms(dub)
    heard = beeps_ms(decoded(dub), due)
    assert np.abs(np.subtract(seen, due)).max() <= 2
    assert np.abs(np.subtract(seen, heard)).max() <= FRAME_MS / 2

    key = next(file.key for file in emission.products.muxing.files if file.kind == "report")
    report = await read_document(job.context.store, key, muxing_pb2.ReportDocument)
    assert report.picture == "reencoded"
    assert "picture_reencoded" in {warning.code for warning in report.warnings}
    ends_s = [float(*ffprobe(dub, "stream=duration", "-select_streams", kind)) for kind in "av"]
    due_s = (time_map.at(CLIP_MS) + OFFSET_MS) / 1000
    assert np.abs(np.subtract(ends_s, due_s)).max() <= FRAME_MS / 1000
    assert abs(report.av_duration_delta_ms) <= FRAME_MS
    assert abs(report.duration_delta_ms) <= FRAME_MS
    for line in report.line_reports:
        source = next(each for each in LINES if each.id == line.id)
        assert line.source_start_ms == time_map.at(source.start_ms)
        assert line.placed_start_ms >= line.source_start_ms
    assert report.line_reports[0].tempo == pytest.approx(1.0, abs=0.002)
    assert report.tempo.max <= settings.hard_tempo


async def test_slowed_sound_keeps_its_pitch_and_the_rest_its_samples(tmp_path: Path) -> None:
    moments = np.arange(6 * RATE_HZ) / RATE_HZ
    tone = np.stack([0.2 * np.sin(2 * np.pi * hz * moments) for hz in (440, 660)], axis=1)
    sound, slowed = tmp_path / "bed.flac", tmp_path / "slowed.flac"
    soundfile.write(sound, tone, RATE_HZ, subtype="PCM_24")
    time_map = TimeMap(((0, 0), (1000, 1000), (2000, 2400), (4500, 4900), (6000, 7150)))
    await slow_sound(sound, slowed, time_map, tmp_path)
    heard, _ = soundfile.read(slowed)
    assert len(heard) == round(7.15 * RATE_HZ)
    np.testing.assert_allclose(heard[:RATE_HZ], tone[:RATE_HZ], atol=1e-6)
    copied = slice(round(2.4 * RATE_HZ), round(4.9 * RATE_HZ))
    np.testing.assert_allclose(heard[copied], tone[2 * RATE_HZ : round(4.5 * RATE_HZ)], atol=1e-6)
    inside = heard[round(1.1 * RATE_HZ) : round(2.3 * RATE_HZ)]
    for channel, hz in enumerate((440, 660)):
        spectrum = np.abs(np.fft.rfft(inside[:, channel] * np.hanning(len(inside))))
        assert abs(np.argmax(spectrum) * RATE_HZ / len(inside) - hz) <= 1
    levels = np.abs(heard).reshape(-1, RATE_HZ // 20, 2).max(axis=1)
    assert levels.min() > 0.1 and levels.max() < 0.3
    assert not list(tmp_path.glob("slowed-*"))
