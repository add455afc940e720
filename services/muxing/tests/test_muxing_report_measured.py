"""The report's figures against measurements of the finished file by other means, made here."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile
from muxing_jobs import (
    RATE_HZ,
    VOICE_RATE_HZ,
    Job,
    SaidLine,
    Sound,
    decoded,
    ffmpeg,
    make_job,
    music,
)

from polydub.errors import WARNINGS
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import stage_context
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.report import listening, vad
from polydub_muxing.report.measure import Span
from polydub_muxing.report.schema import report_schema
from polydub_muxing.report.vad import FRAME_MS
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.integration

CLIP_MS = 16_000
SAID = (
    ("u1", "S1", 1500, "Good morning and welcome.", "Buenos días y bienvenidos."),
    ("u2", "S2", 5000, "Good to be here.", "Gracias por invitarme."),
    ("u3", "S1", 8500, "Do we begin today?", "Dónde empezamos hoy?"),
    ("u4", "S2", 12000, "By the harvest of course.", "Depende de la cosecha."),
)


def spoken(folder: Path, text: str, voice: str) -> Sound:
    """A voice that begins with its first sample, at ``VOICE_RATE_HZ``."""
    path = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-w", path, text], check=True)
    sound, _ = soundfile.read(path, dtype="float32")
    loud = np.flatnonzero(np.abs(sound) > 0.02)
    return np.asarray(sound[loud[0] : loud[-1]], np.float32)


def wide_bed() -> Sound:
    """Quiet music that differs from side to side."""
    return music(CLIP_MS, level=0.01)


async def make_speech_job(tmp_path: Path) -> Job:
    original, lines, dubs = wide_bed(), [], {}
    for name, speaker, start_ms, english, spanish in SAID:
        said = spoken(tmp_path, english, "en")
        wide = np.repeat(said, 2)[: 2 * len(said)]  # 44.1 kHz
        ratio = np.linspace(0, len(wide) - 1, len(said) * RATE_HZ // VOICE_RATE_HZ)
        at_rate = np.interp(ratio, np.arange(len(wide)), wide).astype(np.float32)
        first = start_ms * RATE_HZ // 1000
        original[first : first + len(at_rate)] += 0.4 * at_rate[:, None]
        dubs[name] = spoken(tmp_path, spanish, "es")
        end_ms = start_ms + len(said) * 1000 // VOICE_RATE_HZ
        lines.append(SaidLine(name, speaker, start_ms, end_ms, 1))
    sound, clip = tmp_path / "o.wav", tmp_path / "clip.mp4"
    soundfile.write(sound, original, RATE_HZ)
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=16", "-i", sound,
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", clip,
    )  # fmt: skip
    job = await make_job(
        stage_context("muxing", tmp_path), clip, bed=wide_bed(), original=original, lines=lines,
        video=common_pb2.VideoStream(codec="h264", frame_rate="25/1"), dubs=dubs,
    )  # fmt: skip
    for event in job.events:
        event.spec.min_quality = 100
    return job


@dataclass(frozen=True)
class Finished:
    """A job that was muxed once for all tests here."""

    job: Job
    emission: Emission
    folder: Path

    @property
    def report(self) -> muxing_pb2.ReportDocument:
        return self.emission.products.muxing.headline


@pytest.fixture(scope="module")
async def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("muxed")
    job = await make_speech_job(folder)
    handler = MuxingHandler(open_registry(MuxingSettings(), CommonSettings()), MuxingSettings())
    (emission,) = await handler.handle(job.events[0], job.context)
    return Finished(job, emission, folder)


def loudnorm(path: Path) -> dict[str, float]:
    """What another of ffmpeg's meters says: loudnorm's first pass."""
    command = ["ffmpeg", "-hide_banner", "-i", path, "-af", "loudnorm=print_format=json",
               "-f", "null", "-"]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = json.loads(re.findall(r"\{[^{}]*\}", said)[-1])
    return {name: float(found[name]) for name in ("input_i", "input_tp")}


def last_packet_s(path: Path, stream: str) -> float:
    """Where a stream ends by its packets, whatever the headers claim."""
    command = ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
               "packet=pts_time,duration_time", "-of", "csv=p=0", path]  # fmt: skip
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return max(sum(float(figure) for figure in row.split(",")[:2]) for row in rows)


def energy_onset_ms(mono: Sound, due_ms: int) -> float:
    """Where the level first stands 10 dB above the pause before."""
    around = mono[(due_ms - 600) * 48 : (due_ms + 600) * 48]
    levels = np.square(around[: len(around) // 240 * 240].reshape(-1, 240)).mean(axis=1)
    pause = np.median(levels[:60])
    return due_ms - 600 + 5.0 * int(np.argmax(levels > 10 * pause))


async def test_loudness_and_lengths_agree_with_other_meters(finished: Finished) -> None:
    dub = await finished.job.output(finished.emission.products, "video", finished.folder)
    report, other = finished.report, loudnorm(dub)
    # In so short a file it matters to the gate where a meter's first block begins.
    assert report.dub_lufs == pytest.approx(other["input_i"], abs=0.5)
    assert report.true_peak_dbtp == pytest.approx(other["input_tp"], abs=0.3)
    ends_s = [last_packet_s(dub, stream) for stream in ("v:0", "a:0")]
    assert report.dub_duration_s == pytest.approx(max(ends_s), abs=0.03)
    assert report.source_duration_s == pytest.approx(CLIP_MS / 1000, abs=0.03)
    assert report.duration_delta_ms == pytest.approx(
        1000 * (report.dub_duration_s - report.source_duration_s), abs=1
    )


async def test_onsets_agree_with_the_rise_of_the_level(finished: Finished) -> None:
    dub = await finished.job.output(finished.emission.products, "video", finished.folder)
    heard, source = decoded(dub)[:, 0], decoded(finished.folder / "o.wav")[:, 0]
    late_ms = [
        abs(energy_onset_ms(heard, start_ms) - energy_onset_ms(source, start_ms))
        for _, _, start_ms, *_ in SAID
    ]
    assert max(late_ms) <= 40
    found = finished.report.heard_onset_offset_ms
    assert 0 <= found.p50 <= found.p95 <= found.max
    assert found.p50 == pytest.approx(float(np.median(late_ms)), abs=FRAME_MS)
    assert found.max == pytest.approx(max(late_ms), abs=2 * FRAME_MS)


async def test_the_rest_of_the_report(finished: Finished) -> None:
    stored = await finished.job.output(finished.emission.products, "report", finished.folder)
    jsonschema.validate(json.loads(stored.read_text()), report_schema())
    report = finished.report
    assert report.speech_overlap > 0.7
    assert report.bed_stereo_width == pytest.approx(1, abs=0.1)
    assert report.bed_sides_under_lines == pytest.approx(1, abs=0.2)
    assert report.back_recognition_error == report.source_leakage == -1
    assert 70 <= report.quality < 100
    assert "quality_below_minimum" in {warning.code for warning in finished.emission.warnings}
    assert WARNINGS["quality_below_minimum"].grave


async def test_the_page_stands_beside_the_report(finished: Finished) -> None:
    files = [file for file in finished.emission.products.muxing.files if file.kind == "report"]
    assert [(file.name, file.media_type) for file in files] == [
        ("My talk.es.report.json", "application/json"),
        ("My talk.es.report.html", "text/html"),
    ]
    page = await finished.job.context.store.get_bytes(files[1].key)
    assert len(page) == files[1].size_bytes < 2_000_000
    assert page.count(b"<svg") == 4
    # The first line was heard unsurely: it has a player, and the sound in it is that line.
    (clip,) = re.findall(rb'<audio[^>]* src="data:audio/mp4;base64,([^"]+)"', page)
    path = finished.folder / "clip.m4a"
    path.write_bytes(base64.b64decode(clip))
    loud = np.abs(decoded(path)[:, 0])
    assert np.argmax(loud > 0.3 * loud.max()) / 48 == pytest.approx(300, abs=60)


@pytest.mark.parametrize("sides", [0.0, 0.4], ids=["mono", "turned-down"])
async def test_sides_that_are_gone_are_missed(finished: Finished, sides: float) -> None:
    """A background that was made mono, or whose sides were turned down by 8 dB."""
    dub = await finished.job.output(finished.emission.products, "video", finished.folder)
    worse = finished.folder / "worse.m4a"
    same, other = (1 + sides) / 2, (1 - sides) / 2
    narrow = f"pan=stereo|c0={same}*c0+{other}*c1|c1={other}*c0+{same}*c1"
    ffmpeg("-i", dub, "-vn", "-af", narrow, worse)
    model = vad.find_model()
    assert model is not None
    source, made = [
        await listening.listen(path, finished.folder / "heard.flac", model, timeout_s=60)
        for path in (finished.folder / "o.wav", worse)
    ]
    spans = [Span(name, at, at + 1500, at, at + 1500) for name, _, at, *_ in SAID]
    heard = listening.compare(source, made, spans, offset_ms=0)
    assert heard.sides_under_lines == pytest.approx(sides**2, abs=0.04)


async def test_a_file_that_is_late_is_heard_to_be_late(finished: Finished) -> None:
    """Whatever the plan says: a finished file whose sound slipped by 240 ms, and is now mono."""
    source, late = finished.folder / "o.wav", finished.folder / "late.m4a"
    ffmpeg("-i", source, "-af", "adelay=240:all=1", "-ac", "1", late)
    spans = [Span(name, at, at + 1500, at, at + 1500) for name, _, at, *_ in SAID]
    model = vad.find_model()
    assert model is not None
    track = await listening.listen(source, finished.folder / "heard.flac", model, timeout_s=60)
    slipped = await listening.listen(late, finished.folder / "heard.flac", model, timeout_s=60)
    heard = listening.compare(track, slipped, spans, offset_ms=0)
    assert heard.onset_offsets_ms == pytest.approx([240] * len(SAID), abs=2 * FRAME_MS)
    assert heard.bed_stereo_width < 0.1
