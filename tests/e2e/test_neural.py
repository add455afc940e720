"""A dub through the whole stack in which every stage works with a neural engine."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Run, RunningStack, started
from toy_models import MEANT, SAID, fill, make_talk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEEDED = ("cv2", "ctranslate2", "faster_whisper", "onnxruntime", "sentencepiece", "sherpa_onnx")
ENGINES = {
    "separation": "sherpa-uvr",
    "diarization": "sherpa",
    "asr": "faster-whisper",
    "translation": "marian",
    "tts": "piper",
    "lipsync": "command",
}
NEGATIVE = "ffmpeg -v error -i {video} -i {audio} -map 0:v -map 1:a -vf negate -y {output}"
"""Stands for a lip sync program: it makes a picture that one can tell from the old one."""


@pytest.fixture(scope="module")
def neural_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing or shutil.which("espeak-ng") is None:
        pytest.skip(f"not installed: {', '.join(missing) or 'espeak-ng'}")
    var = tmp_path_factory.mktemp("neural")
    yield from started(
        var,
        POLYDUB_MODEL_DIR=str(fill(var / "models")),
        POLYDUB_LIPSYNC_COMMAND=NEGATIVE,
    )


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_talk(tmp_path_factory.mktemp("talk") / "talk.mp4")


@pytest.fixture(scope="module")
def dubbed(
    neural_stack: RunningStack, talk: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    out = tmp_path_factory.mktemp("out")
    return neural_stack.polydub("dub", talk, "--to", "es", "--lipsync", "-o", out, "--json"), out


def test_every_stage_took_its_neural_engine(dubbed: tuple[Run, Path]) -> None:
    run, _ = dubbed
    assert run.status == 0, run.output + run.errors
    used = {each["stage"]: each["id"] for each in run.result["dub"]["engines_used"]}
    assert ENGINES.items() <= used.items()


def test_what_was_said_is_written_and_translated_word_for_word(dubbed: tuple[Run, Path]) -> None:
    run, out = dubbed
    transcript = json.loads((out / "talk.transcript.json").read_text())
    assert tuple(line["text"] for line in transcript["lines"]) == SAID
    assert run.result["dub"]["detected_language"] == "en"
    report = json.loads((out / "talk.es.report.json").read_text())
    assert len(report["line_reports"]) == len(MEANT)
    for line, ways in zip(report["line_reports"], MEANT, strict=True):
        assert line["text"] in ways


def test_the_voices_come_when_the_lines_do(dubbed: tuple[Run, Path]) -> None:
    report = json.loads((dubbed[1] / "talk.es.report.json").read_text())
    assert report["onset_offset_ms"]["p95"] <= 250
    assert report["truncated_ms"] == 0


def test_the_picture_is_the_lip_sync_program_s_and_as_long(
    dubbed: tuple[Run, Path], talk: Path, tmp_path: Path
) -> None:
    def frame(path: Path, *filters: str) -> bytes:
        command = ["ffmpeg", "-v", "error", "-ss", "2", "-i", str(path), "-frames:v", "1"]
        command += ["-vf", ",".join((*filters, "scale=48:36", "format=gray"))]
        return subprocess.check_output([*command, "-f", "rawvideo", "-"])

    def apart(one: bytes, other: bytes) -> float:
        return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)

    file = dubbed[1] / "talk.es.mp4"
    assert apart(frame(file), frame(talk, "negate")) < 3
    assert apart(frame(file), frame(talk)) > 3
    assert abs(seconds(file) - seconds(talk)) <= 1 / 25


def seconds(path: Path) -> float:
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    return float(subprocess.check_output([*command, str(path)]))
