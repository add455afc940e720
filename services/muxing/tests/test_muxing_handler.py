"""The whole service on clips made here: real ffmpeg, real rubberband, a store in a folder."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_jobs import (
    LINES,
    RATE_HZ,
    VOICE_RATE_HZ,
    Job,
    SaidLine,
    Sound,
    decoded,
    ffmpeg,
    ffprobe,
    make_job,
    music,
    original_of,
    picture_hash,
)

from polydub import process
from polydub.artifacts import read_document
from polydub.errors import MediaError
from polydub.settings import CommonSettings
from polydub.testing import poll_until, stage_context
from polydub.v1 import common_pb2, events_pb2, muxing_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.integration

CLIP_MS = 12_000
FRAME_MS = 40.0
TESTSRC = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=12")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")


def handler() -> MuxingHandler:
    return MuxingHandler(open_registry(MuxingSettings(), CommonSettings()), MuxingSettings())


def video(codec: str, index: int = 0) -> common_pb2.VideoStream:
    return common_pb2.VideoStream(index=index, codec=codec)


def write_original(folder: Path) -> tuple[Sound, Sound, Path]:
    bed = music(CLIP_MS)
    original = original_of(bed, LINES)
    path = folder / "original.wav"
    soundfile.write(path, original, RATE_HZ)
    return bed, original, path


async def make_clip_job(tmp_path: Path, *arguments: object, name: str, **job: object) -> Job:
    """A job over a clip with the test picture; ``arguments`` say how it is encoded."""
    bed, original, sound = write_original(tmp_path)
    clip = tmp_path / name
    ffmpeg(*TESTSRC, "-i", sound, *arguments, clip)
    return await make_job(
        stage_context("muxing", tmp_path), clip, bed=bed, original=original, **job
    )


async def run(job: Job) -> events_pb2.Products:
    emissions = []
    for event in job.events:
        emissions += await handler().handle(event, job.context)
    assert len(emissions) == 1
    return emissions[0].products


async def report_of(job: Job, products: events_pb2.Products) -> muxing_pb2.ReportDocument:
    key = next(file.key for file in products.muxing.files if file.kind == "report")
    return await read_document(job.context.store, key, muxing_pb2.ReportDocument)


async def test_a_clip_in_two_parts(tmp_path: Path) -> None:
    job = await make_clip_job(
        tmp_path, *H264, "-c:a", "aac", "-metadata", "location=+52.5+013.4/",
        "-metadata:s:v:0", "rotate=90", name="clip.mp4", video=video("h264"),
    )  # fmt: skip
    first, last = job.events
    assert await handler().handle(first, job.context) == []
    (emission,) = await handler().handle(last, job.context)
    assert (emission.part, emission.target_language, emission.reused) == (-1, "es", False)

    dub = await job.output(emission.products, "video", tmp_path)
    clip = tmp_path / "clip.mp4"
    assert dub.name == "My talk.es.mp4"
    assert picture_hash(dub) == picture_hash(clip)
    assert ffprobe(dub, "stream=codec_name,channels", "-select_streams", "a") == ["aac,2"]
    assert ffprobe(dub, "stream_tags=language", "-select_streams", "a") == ["spa"]
    assert ffprobe(dub, "stream_side_data=rotation") == ffprobe(clip, "stream_side_data=rotation")
    assert "52.5" in " ".join(ffprobe(clip, "format_tags"))
    assert "52.5" not in " ".join(ffprobe(dub, "format_tags:stream_tags"))
    assert dub.read_bytes().find(b"moov") < dub.read_bytes().find(b"mdat")

    report = await report_of(job, emission.products)
    assert report.picture == "copied"
    assert abs(report.duration_delta_ms) <= FRAME_MS
    assert abs(report.loudness_delta_lu) <= 1.0
    assert report.true_peak_dbtp <= -1.0
    assert report.truncated_ms == 0 and report.clashes == 0
    assert report.onset_offset_ms.max <= 20
    assert report.low_confidence_lines == 2
    assert {engine.stage for engine in report.engines} == {"separation", "tts", "muxing"}
    assert [w.code for w in report.warnings].count("low_confidence") == 1
    assert not emission.products.muxing.headline.line_reports

    names = {file.kind: file.name for file in emission.products.muxing.files}
    assert names["transcript"] == "My talk.transcript.json"
    transcript = json.loads(
        (await job.output(emission.products, "transcript", tmp_path)).read_text()
    )
    assert [line["id"] for line in transcript["lines"]] == ["u1", "u2", "u3", "u4"]
    assert transcript["language"] == "en"
    assert report.line_reports[0].text == "Hola, aquí la línea u1."


async def test_a_redelivery_reuses_what_is_there(tmp_path: Path) -> None:
    job = await make_clip_job(tmp_path, *H264, "-c:a", "aac", name="c.mp4", video=video("h264"))
    made = await run(job)
    assert await handler().handle(job.events[0], job.context) == []
    (again,) = await handler().handle(job.events[1], job.elsewhere("again").context)
    assert again.reused
    assert again.products.muxing == made.muxing


async def test_two_replicas_at_once_assemble_once(tmp_path: Path) -> None:
    job = await make_clip_job(tmp_path, "-vn", name="c.wav", video=None)
    runs = [
        handler().handle(event, job.elsewhere(f"replica{number}").context)
        for number, event in enumerate(job.events)
    ]
    answers = await asyncio.gather(*runs)
    assert sorted(map(len, answers)) == [0, 1]


async def test_sound_alone_becomes_m4a(tmp_path: Path) -> None:
    job = await make_clip_job(tmp_path, "-vn", name="talk.wav", video=None)
    products = await run(job)
    dub = await job.output(products, "audio", tmp_path)
    assert dub.name == "My talk.es.m4a"
    assert ffprobe(dub, "stream=codec_type") == ["audio"]
    report = await report_of(job, products)
    assert report.picture == "none"
    assert abs(report.duration_delta_ms) <= FRAME_MS


async def test_onsets_in_the_finished_aac_are_exact_however_late_the_track_begins(
    tmp_path: Path,
) -> None:
    burst = np.zeros(VOICE_RATE_HZ // 2, np.float32)
    burst[:] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(len(burst)) / VOICE_RATE_HZ)
    lines = [SaidLine("a", "S1", 2000, 2600, 500), SaidLine("b", "S1", 9123, 9700, 500)]
    bed = music(CLIP_MS, level=0.001)
    sound = tmp_path / "o.wav"
    soundfile.write(sound, original_of(bed, lines), RATE_HZ)
    clip = tmp_path / "late.mkv"
    ffmpeg(*TESTSRC, "-itsoffset", "0.437", "-i", sound, *H264, "-c:a", "flac", clip)
    job = await make_job(
        stage_context("muxing", tmp_path), clip, bed=bed, original=original_of(bed, lines),
        lines=lines, video=video("h264"), audio_offset_s=0.437,
        dubs={"a": burst, "b": burst},
    )  # fmt: skip
    products = await run(job)
    dub = await job.output(products, "video", tmp_path)
    heard = np.abs(decoded(dub)[:, 0])
    for line in lines:
        due = (line.start_ms + 437) * RATE_HZ // 1000
        around = heard[due - RATE_HZ // 10 : due + RATE_HZ // 10]
        onset = int(np.argmax(around > 0.1 * around.max())) - RATE_HZ // 10
        assert abs(onset) <= 5 * RATE_HZ // 1000
    assert picture_hash(dub) == picture_hash(clip)
    shown = (await job.output(products, "subtitles", tmp_path)).read_text()
    assert shown.startswith("1\n00:00:02,437 --> ")


async def test_a_container_that_starts_below_zero(tmp_path: Path) -> None:
    """Opus in Matroska starts 7 ms before the picture, whose packets all stay where they are."""
    job = await make_clip_job(
        tmp_path, *H264, "-c:a", "libopus", name="c.mkv", video=video("h264")
    )  # fmt: skip
    clip = tmp_path / "c.mkv"
    assert float(ffprobe(clip, "format=start_time")[0]) < 0
    dub = await job.output(await run(job), "video", tmp_path)
    assert picture_hash(dub) == picture_hash(clip)
    assert abs(_frame_times(dub)[0] - (_frame_times(clip)[0] + 0.007)) <= 0.001


async def test_a_variable_frame_rate_is_left_alone(tmp_path: Path) -> None:
    job = await make_clip_job(
        tmp_path, "-vf", "select='not(mod(n,3))+not(mod(n,5))'", "-vsync", "vfr", *H264,
        "-c:a", "aac", name="vfr.mp4", video=video("h264"),
    )  # fmt: skip
    clip = tmp_path / "vfr.mp4"
    dub = await job.output(await run(job), "video", tmp_path)
    assert picture_hash(dub) == picture_hash(clip)
    assert len(set(np.diff(_frame_times(clip)).round(3))) > 1
    np.testing.assert_allclose(_frame_times(dub), _frame_times(clip), atol=0.001)


@pytest.mark.parametrize(
    ("codec", "name", "arguments"),
    [
        ("vp8", "c.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus"),
        ("mpeg2video", "c.mpg", "-c:v mpeg2video -c:a mp2"),
        ("mpeg4", "c.avi", "-c:v mpeg4 -vtag XVID -c:a libmp3lame"),
    ],
)
async def test_what_browsers_do_not_show_is_encoded_again_and_said_so(
    codec: str, name: str, arguments: str, tmp_path: Path
) -> None:
    job = await make_clip_job(tmp_path, *arguments.split(), name=name, video=video(codec))
    assert codec in str(ffprobe(tmp_path / name, "stream=codec_name", "-select_streams", "v"))
    products = await run(job)
    dub = await job.output(products, "video", tmp_path)
    assert ffprobe(dub, "stream=codec_name", "-select_streams", "v") == ["h264"]
    report = await report_of(job, products)
    assert report.picture == "reencoded"
    assert "picture_reencoded" in {warning.code for warning in report.warnings}
    assert abs(report.duration_delta_ms) <= FRAME_MS


async def test_loud_speech_keeps_the_true_peak_limit_in_surround(tmp_path: Path) -> None:
    bed = music(CLIP_MS, channels=6, level=0.3)
    original = original_of(bed, LINES, level=0.35)
    soundfile.write(tmp_path / "o.wav", original, RATE_HZ)
    job = await make_job(
        stage_context("muxing", tmp_path), tmp_path / "o.wav", bed=bed, original=original,
        video=None,
    )  # fmt: skip
    products = await run(job)
    report = await report_of(job, products)
    assert report.true_peak_dbtp <= -1.0
    dub = await job.output(products, "audio", tmp_path)
    assert ffprobe(dub, "stream=channels") == ["6"]


async def test_a_line_that_nobody_could_say_keeps_its_original_sound(tmp_path: Path) -> None:
    bed, original, sound = write_original(tmp_path)
    first, second, *others = LINES
    job = await make_job(
        stage_context("muxing", tmp_path), sound, bed=bed, original=original,
        lines=[first, replace(second, spoken_ms=0), *others], video=None,
    )  # fmt: skip
    products = await run(job)
    report = await report_of(job, products)
    kept = next(line for line in report.line_reports if line.id == second.id)
    assert (kept.placed_start_ms, kept.placed_end_ms) == (second.start_ms, second.end_ms)
    assert kept.step == muxing_pb2.FIT_STEP_ORIGINAL_KEPT
    assert list(kept.flags) == ["original_kept"]
    assert kept.text == kept.source_text == "Hello from u2."
    assert "Hello from u2." in (await job.output(products, "subtitles", tmp_path)).read_text()
    heard = decoded(await job.output(products, "audio", tmp_path), channels=2)

    def likeness(start_ms: int, end_ms: int) -> float:
        """Correlation of the dub with the original."""
        stretch = slice((start_ms + 50) * 48, (end_ms - 50) * 48)
        return float(np.corrcoef(heard[stretch, 0], original[stretch, 0])[0, 1])

    assert likeness(second.start_ms, second.end_ms) > 0.95
    assert max(abs(likeness(each.start_ms, each.end_ms)) for each in (first, *others)) < 0.5


async def test_nothing_recognized(tmp_path: Path) -> None:
    bed, original, sound = write_original(tmp_path)
    job = await make_job(
        stage_context("muxing", tmp_path), sound, bed=bed, original=original, lines=[], video=None
    )
    with pytest.raises(MediaError) as caught:
        await run(job)
    assert caught.value.code == "nothing_recognized"


async def test_cancelling_kills_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await make_clip_job(
        tmp_path, "-vn", "-af", "aloop=loop=-1:size=576000,atrim=duration=600", name="long.flac",
        video=None,
    )  # fmt: skip
    killed: list[int | None] = []
    real_kill = process.kill

    async def watched_kill(child: asyncio.subprocess.Process) -> None:
        ended_by_itself = child.returncode
        await real_kill(child)
        if ended_by_itself is None:
            killed.append(child.returncode)

    monkeypatch.setattr(process, "kill", watched_kill)
    started = asyncio.Event()
    real_start = asyncio.create_subprocess_exec

    async def watched_start(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        child = await real_start(*arguments, **options)  # type: ignore[arg-type]
        if "aac" in arguments:
            # Stopped, it can't end by itself before the cancellation comes.
            child.send_signal(signal.SIGSTOP)
            started.set()
        return child

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched_start)
    await handler().handle(job.events[0], job.context)
    task = asyncio.create_task(handler().handle(job.events[1], job.context))

    async def encoding() -> bool:
        return started.is_set()

    await poll_until(encoding, "ffmpeg to encode")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert killed == [-9]
    # What was measured of the source is whole, and the next try finds it.
    left = [info.key async for info in job.context.store.walk("videos/v1/muxing")]
    assert sorted(key.rpartition("/")[2] for key in left) == ["energies.npz", "rows.npz"]


def _frame_times(path: Path) -> list[float]:
    rows = ffprobe(path, "packet=pts_time", "-select_streams", "v")
    return sorted(float(row.rstrip(",")) for row in rows)
