"""The path through scored windows."""

import numpy as np
import pytest

from polydub_diarization.embedding import HOP_MS, WINDOW_MS, mel_spectrogram, mel_windows, windows
from polydub_diarization.resegmentation import best_path, turns_of
from polydub_diarization.spans import Span

pytestmark = pytest.mark.unit


def test_windows_cover_a_region_to_its_end() -> None:
    region = Span(1000, 6150)
    cuts = windows(region)
    assert cuts[0].start_ms == 1000 and cuts[-1].end_ms == 6150
    assert {cut.length_ms for cut in cuts} == {WINDOW_MS}
    steps = np.diff([cut.start_ms for cut in cuts])
    assert steps.min() > 0 and steps.max() == HOP_MS


def test_a_short_region_is_one_window() -> None:
    assert windows(Span(0, 700)) == [Span(0, 700)]
    assert windows(Span(0, WINDOW_MS)) == [Span(0, WINDOW_MS)]


def test_mel_windows_of_a_short_region_repeat_it() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    region = Span(2000, 2500)
    (mels,) = mel_windows(samples, region, windows(region))
    frames = mel_spectrogram(samples)
    assert mels.shape == (160, 40)
    np.testing.assert_array_equal(mels[: len(frames)], frames)
    np.testing.assert_array_equal(mels[len(frames)], frames[0])


def test_mel_bands_follow_the_tone() -> None:
    times = np.arange(16_000) / 16_000
    low = mel_spectrogram(np.sin(2 * np.pi * 300 * times).astype(np.float32))
    high = mel_spectrogram(np.sin(2 * np.pi * 3000 * times).astype(np.float32))
    assert low.shape == (101, 40)
    assert low[50].argmax() < 8 < 25 < high[50].argmax()


def test_a_moment_s_doubt_does_not_change_the_speaker() -> None:
    scores = np.tile([0.8, 0.6], (40, 1))
    scores[20] = [0.6, 0.8]
    assert set(best_path(scores)) == {0}


def test_a_clear_change_is_followed() -> None:
    scores = np.concatenate((np.tile([0.8, 0.5], (20, 1)), np.tile([0.5, 0.8], (20, 1))))
    assert best_path(scores).tolist() == [0] * 20 + [1] * 20


def test_turns_touch_and_cover_the_region() -> None:
    region = Span(500, 8530)
    cuts = windows(region)
    second = np.array([(cut.start_ms + cut.end_ms) / 2 > 4000 for cut in cuts])
    scores = np.where(second[:, None], [[0.4, 0.9]], [[0.9, 0.4]])
    turns = turns_of(region, cuts, scores, ["a", "b"])
    assert [turn.speaker for turn in turns] == ["a", "b"]
    assert turns[0].span.start_ms == 500 and turns[-1].span.end_ms == 8530
    assert turns[0].span.end_ms == turns[1].span.start_ms == pytest.approx(4000, abs=300)
