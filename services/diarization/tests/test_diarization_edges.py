"""Edges of speech on the sound's own rise and fall."""

import numpy as np
import pytest

from polydub.pcm import RATE_HZ
from polydub_diarization.edges import refine
from polydub_diarization.levels import FLOOR_DB, HOP_MS, Levels, levels_of, quietest_ms
from polydub_diarization.spans import Span

pytestmark = pytest.mark.unit

START_MS, END_MS = 1500, 2500


def burst(noise_db: float, speech_db: float = -20.0) -> np.ndarray:
    """Noise, and a louder and fluctuating noise in it from START_MS to END_MS, 4 s."""
    chance = np.random.default_rng(7)
    samples = chance.normal(0, 10 ** (noise_db / 20), 4 * RATE_HZ)
    first, last = START_MS * RATE_HZ // 1000, END_MS * RATE_HZ // 1000
    syllables = 0.6 + 0.4 * np.sin(np.arange(last - first) * 2 * np.pi * 4 / RATE_HZ)
    samples[first:last] += chance.normal(0, 10 ** (speech_db / 20), last - first) * syllables
    return samples.astype(np.float32)


def levels(samples: np.ndarray) -> Levels:
    return np.concatenate(list(levels_of(iter([samples]))))


@pytest.mark.parametrize("noise_db", [-90.0, -60.0, -45.0])
@pytest.mark.parametrize("wrong_ms", [-140, -60, 0, 60, 140])
def test_wrong_edges_are_mended(noise_db: float, wrong_ms: int) -> None:
    guess = Span(START_MS + wrong_ms, END_MS - wrong_ms)
    (found,) = refine([guess], levels(burst(noise_db)))
    assert abs(found.start_ms - START_MS) <= 20
    assert abs(found.end_ms - END_MS) <= 20


def test_in_loud_noise_edges_stay() -> None:
    guess = Span(START_MS - 60, END_MS + 40)
    assert refine([guess], levels(burst(-21.0))) == [guess]


def test_a_breath_before_the_word_is_left_out() -> None:
    samples = burst(-80.0)
    breath = slice((START_MS - 200) * 16, (START_MS - 80) * 16)
    samples[breath] += np.random.default_rng(3).normal(0, 10 ** (-50 / 20), 120 * 16)
    (found,) = refine([Span(START_MS + 30, END_MS)], levels(samples))
    assert abs(found.start_ms - START_MS) <= 20


def test_a_weak_first_consonant_is_taken_in() -> None:
    samples = burst(-80.0)
    onset = slice((START_MS - 120) * 16, START_MS * 16)
    samples[onset] += np.random.default_rng(3).normal(0, 10 ** (-45 / 20), 120 * 16)
    (found,) = refine([Span(START_MS + 30, END_MS)], levels(samples))
    assert abs(found.start_ms - (START_MS - 120)) <= 20


def test_music_that_comes_in_before_the_word_is_left_out() -> None:
    samples = burst(-80.0)
    music = slice((START_MS - 400) * 16, START_MS * 16)
    samples[music] += np.random.default_rng(3).normal(0, 10 ** (-55 / 20), 400 * 16)
    guess = Span(START_MS + 30, END_MS)
    (found,) = refine([guess], levels(samples))
    assert found.start_ms == guess.start_ms


def test_neighbours_never_overlap() -> None:
    everything = levels(burst(-60.0))
    first, second = refine([Span(1500, 1990), Span(2010, 2500)], everything)
    assert first.start_ms < first.end_ms <= second.start_ms < second.end_ms


def test_at_the_very_start_and_end() -> None:
    loud = np.full(300, -20.0, np.float32)
    assert refine([Span(0, 3000)], loud) == [Span(0, 3000)]


def test_levels_do_not_depend_on_blocks() -> None:
    samples = burst(-50.0)
    whole = levels(samples)
    blocks = np.concatenate(list(levels_of(iter([samples[:16_000], samples[16_000:]]))))
    np.testing.assert_allclose(blocks, whole, atol=1e-3)
    assert len(whole) == 4000 // HOP_MS
    assert levels(np.zeros(1600, np.float32)) == pytest.approx(FLOOR_DB)


def test_the_quietest_moment() -> None:
    everything = np.full(1000, -20.0, np.float32)
    everything[400:415] = -50.0
    assert quietest_ms(everything, 2000, 8000) == pytest.approx(4075, abs=60)
