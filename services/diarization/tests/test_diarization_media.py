"""Real recordings, where ``POLYDUB_TEST_MEDIA`` names a folder that has them."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from polydub import artifacts
from polydub.settings import CommonSettings
from polydub.testing import stage_context
from polydub.v1 import diarization_pb2
from polydub_diarization.diarizer import Diarizer, Task
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.settings import DiarizationSettings

pytestmark = pytest.mark.integration

MEDIA = os.environ.get("POLYDUB_TEST_MEDIA", "")
needs_media = pytest.mark.skipif(not MEDIA, reason="POLYDUB_TEST_MEDIA is not set")
COLLAR_MS = 250
STEP_MS = 10

Turns = Sequence[tuple[str, int, int]]


def error_rate(truth: Turns, found: Turns, duration_ms: int) -> float:
    """Diarization error rate (NIST) with a collar of 250 ms, overlaps scored."""
    true, heard = activity(truth, duration_ms), activity(found, duration_ms)
    scored = np.ones(duration_ms // STEP_MS, bool)
    for _, start_ms, end_ms in truth:
        for edge_ms in (start_ms, end_ms):
            first = max(0, edge_ms - COLLAR_MS) // STEP_MS
            scored[first : (edge_ms + COLLAR_MS) // STEP_MS] = False
    true, heard = true[:, scored], heard[:, scored]
    agreement = true.astype(int) @ heard.T.astype(int)
    pairs = linear_sum_assignment(-agreement)
    errors = np.maximum(true.sum(axis=0), heard.sum(axis=0)).sum() - agreement[pairs].sum()
    return float(errors / true.sum())


def activity(turns: Turns, duration_ms: int) -> np.ndarray:
    """Who speaks at each moment, shape (speakers, moments)."""
    names = sorted({speaker for speaker, _, _ in turns})
    active = np.zeros((len(names), duration_ms // STEP_MS), bool)
    for speaker, start_ms, end_ms in turns:
        active[names.index(speaker), start_ms // STEP_MS : end_ms // STEP_MS] = True
    return active


def read_rttm(path: Path, uri: str) -> list[tuple[str, int, int]]:
    rows = [line.split() for line in path.read_text().splitlines()]
    return [
        (row[7], round(float(row[3]) * 1000), round((float(row[3]) + float(row[4])) * 1000))
        for row in rows
        if row and row[1] == uri
    ]


def spoken(document: diarization_pb2.DiarizationDocument) -> list[tuple[str, int, int]]:
    return [(u.speaker_id, u.start_ms, u.end_ms) for u in document.utterances]


def decode(media: Path, wav: Path) -> Path:
    """The sound as separation leaves it."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", media, "-vn", "-ac", "1", "-ar", "16000"]
    exact = ["-c:a", "pcm_s16le", "-map_metadata", "-1", "-fflags", "+bitexact"]
    subprocess.run([*command, *exact, wav], check=True)
    return wav


async def diarize(media: str, folder: Path) -> diarization_pb2.DiarizationDocument:
    context = stage_context("diarization", folder)
    wav = decode(Path(MEDIA, media), folder / "analysis.wav")
    key = f"videos/v1/separation/{artifacts.digest(media=media)}/analysis.wav"
    await context.store.put_file(key, wav)
    settings = DiarizationSettings()
    registry = open_registry(settings, CommonSettings(cache_dir=folder / "cache"))
    diarizer = Diarizer(settings, registry, context.store)
    return (await diarizer.run(Task("v1", key), scratch=context.scratch)).document


def test_the_error_rate_is_that_of_the_definition() -> None:
    truth = [("a", 0, 5000), ("b", 5000, 10_000)]
    assert error_rate(truth, [("x", 0, 5000), ("y", 5000, 10_000)], 10_000) == 0
    assert error_rate(truth, [("x", 0, 5200), ("y", 5200, 10_000)], 10_000) == 0
    assert error_rate(truth, [("x", 0, 10_000)], 10_000) == pytest.approx(0.5, abs=0.01)
    assert error_rate(truth, [("y", 0, 5000)], 10_000) == pytest.approx(0.5, abs=0.01)


@needs_media
async def test_two_women_on_the_telephone(tmp_path: Path) -> None:
    document = await diarize("diarization/pyannote_sample.wav", tmp_path)
    truth = read_rttm(Path(MEDIA, "diarization/pyannote_sample.rttm"), "sample")
    assert len(document.speakers) == 2
    assert error_rate(truth, spoken(document), document.duration_ms) < 0.10


@needs_media
async def test_a_woman_and_a_man(tmp_path: Path) -> None:
    document = await diarize("diarization/azure_katie_steve.wav", tmp_path)
    katie, steve = document.speakers
    assert katie.profile.gender == diarization_pb2.VOICE_GENDER_FEMALE
    assert steve.profile.gender == diarization_pb2.VOICE_GENDER_MALE
    assert katie.profile.f0_median_hz > 1.3 * steve.profile.f0_median_hz


@needs_media
async def test_a_man_to_the_camera(tmp_path: Path) -> None:
    document = await diarize("video/en_talking_head_10s.mp4", tmp_path)
    assert len(document.speakers) == 1
    starts = [utterance.start_ms for utterance in document.utterances]
    ends = [utterance.end_ms for utterance in document.utterances]
    for start_ms, end_ms in ((1260, 3950), (5250, 6630), (7610, 8690)):
        assert min(abs(start - start_ms) for start in starts) <= 80
        assert min(abs(end - end_ms) for end in ends) <= 80


@needs_media
async def test_a_word_after_a_long_silence(tmp_path: Path) -> None:
    document = await diarize("video/en_banana_40s.mp4", tmp_path)
    assert len(document.speakers) == 1
    assert document.utterances[-1].start_ms == pytest.approx(40_000, abs=100)
