"""A dub through the whole stack, judged by means that had no part in making it."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from running import Run, RunningStack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FRAME_S = 1 / 30
SECONDS_HEARD = 14.0
PER_LANGUAGE = ("mp4", "srt", "vtt", "ass", "report.json", "report.html")


def ffprobe(path: Path, *entries: str) -> dict:  # type: ignore[type-arg]
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", *entries]
    return json.loads(subprocess.check_output([*command, str(path)]))


def picture_hash(path: Path) -> str:
    """A hash over the video packets as they lie in the file."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy"]
    return subprocess.check_output([*command, "-f", "streamhash", "-"], text=True)


def loudness_lufs(path: Path) -> float:
    command = ["ffmpeg", "-nostats", "-i", str(path), "-map", "0:a:0", "-af", "ebur128"]
    told = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", told)[-1])


def sound(path: Path, seconds: float) -> NDArray[np.float32]:
    """The beginning of the first audio track, mono, 16 kHz."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-t", str(seconds)]
    command += ["-map", "0:a:0", "-ac", "1"]
    pcm = subprocess.check_output([*command, "-ar", "16000", "-f", "f32le", "-"])
    return np.frombuffer(pcm, np.float32)


@pytest.fixture(scope="module")
def dubbed(
    stack: RunningStack, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    out = tmp_path_factory.mktemp("out")
    return stack.dub(clip, out, "es", "ca"), out


def test_the_job_completes_with_every_file(dubbed: tuple[Run, Path]) -> None:
    run, out = dubbed
    assert run.status == 0, run.output + run.errors
    assert sorted(p.name for p in out.iterdir()) == sorted(
        f"polydub-sample.{suffix}"
        for suffix in (
            *(f"{language}.{kind}" for language in ("es", "ca") for kind in PER_LANGUAGE),
            "transcript.json",
        )
    )  # fmt: skip


@pytest.mark.parametrize("language", ["es", "ca"])
def test_the_picture_is_the_sources_and_the_length_too(
    dubbed: tuple[Run, Path], clip: Path, language: str
) -> None:
    file = dubbed[1] / f"polydub-sample.{language}.mp4"
    assert picture_hash(file) == picture_hash(clip)
    was, now = (float(ffprobe(p)["format"]["duration"]) for p in (clip, file))
    assert now == pytest.approx(was, abs=FRAME_S)


def test_the_sound_is_labelled_and_as_loud_as_before(dubbed: tuple[Run, Path], clip: Path) -> None:
    file = dubbed[1] / "polydub-sample.es.mp4"
    audio = next(s for s in ffprobe(file)["streams"] if s["codec_type"] == "audio")
    assert audio["codec_name"] == "aac"
    assert audio["tags"]["language"] == "spa"
    assert loudness_lufs(file) == pytest.approx(loudness_lufs(clip), abs=2.0)


def test_another_language_is_heard(dubbed: tuple[Run, Path], clip: Path) -> None:
    """Where the clip is recognised as English, the dub's words are other ones."""
    from pocketsphinx import Decoder

    def heard(path: Path) -> set[str]:
        decoder = Decoder(samprate=16000, loglevel="FATAL")
        decoder.start_utt()
        pcm = (np.clip(sound(path, SECONDS_HEARD), -1, 1) * 32767).astype("<i2").tobytes()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return {w for w in (hypothesis.hypstr if hypothesis else "").split() if len(w) > 3}

    transcript = json.loads((dubbed[1] / "polydub-sample.transcript.json").read_text())
    said = {
        word.strip(".,?!").lower()
        for line in transcript["lines"]
        if line["end_ms"] <= SECONDS_HEARD * 1000
        for word in line["text"].split()
        if len(word) > 4
    }
    assert len(said) >= 8
    in_clip = len(said & heard(clip)) / len(said)
    in_dub = len(said & heard(dubbed[1] / "polydub-sample.es.mp4")) / len(said)
    assert in_clip >= 0.3
    assert in_dub <= in_clip / 2


def test_the_report_is_within_bounds(dubbed: tuple[Run, Path]) -> None:
    report = json.loads((dubbed[1] / "polydub-sample.es.report.json").read_text())
    assert report["lines"] >= 8
    assert report["onset_offset_ms"]["p95"] <= 250
    assert report["truncated_ms"] == 0
    assert report["clashes"] == 0
    assert abs(report["loudness_delta_lu"]) <= 2.0
    assert report["true_peak_dbtp"] <= -1.0
    assert report["picture"] == "copied"


def test_two_speakers_have_two_voices(dubbed: tuple[Run, Path]) -> None:
    report = json.loads((dubbed[1] / "polydub-sample.es.report.json").read_text())
    speakers = {line["speaker_id"] for line in report["line_reports"]}
    voices = {(line["speaker_id"], line["voice_id"]) for line in report["line_reports"]}
    assert len(speakers) == 2
    assert len(voices) == 2


def test_subtitles_are_read_by_others(dubbed: tuple[Run, Path]) -> None:
    for suffix in ("srt", "vtt"):
        found = ffprobe(dubbed[1] / f"polydub-sample.es.{suffix}")
        assert found["streams"][0]["codec_type"] == "subtitle"


def test_a_second_run_reuses_everything(
    stack: RunningStack, clip: Path, dubbed: tuple[Run, Path], tmp_path: Path
) -> None:
    run = stack.dub(clip, tmp_path, "es", "ca")
    assert run.status == 0
    for file in dubbed[1].iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.stack.base_port + 30}/metrics") as answer:
        metrics = answer.read().decode()
    assert 'polydub_events_total{fault="",outcome="reused",stage="separation"} 1.0' in metrics


def make(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def bad_files(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "text.mp4").write_text("This is a text file, whatever its name says.\n" * 40)
    (folder / "empty.mp4").touch()
    (folder / "cut.mp4").write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    picture = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=320x240"]
    return {
        "media_unreadable": folder / "text.mp4",
        "media_empty": folder / "empty.mp4",
        "media_truncated": folder / "cut.mp4",
        "no_audio_stream": make(folder / "mute.mp4", *picture),
        "no_speech": make(
            folder / "silent.mp4", *picture, "-f", "lavfi", "-i", "anullsrc=r=44100", "-shortest"
        ),
    }


@pytest.mark.parametrize(
    "code", ["media_unreadable", "media_empty", "media_truncated", "no_audio_stream", "no_speech"]
)
def test_a_bad_file_ends_in_a_clear_error(
    stack: RunningStack, bad_files: dict[str, Path], code: str, tmp_path: Path
) -> None:
    run = stack.dub(bad_files[code], tmp_path, "es")
    assert run.status in (1, 3)
    assert run.error["code"] == code
    assert run.error["hint"]
    assert "Traceback" not in run.errors
    states = {process["name"]: process["statename"] for process in stack.stack.processes()}
    assert set(states.values()) == {"RUNNING"}, states


def test_an_unsupported_pair_is_refused_before_any_work(
    stack: RunningStack, clip: Path, tmp_path: Path
) -> None:
    run = stack.dub(clip, tmp_path, "ja")
    assert run.status == 3
    assert run.error["code"] == "unsupported_language_pair"
    assert "es" in run.error["message"] + run.error["hint"]
