"""Trimming: length and onset are those of the speech."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.sound import Sound, duration_of_wav
from polydub_tts.trim import FRAME_MS, KEEP_MS, trim

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def tone(length_ms: int, level: float = 0.3) -> np.ndarray:
    time = np.arange(RATE_HZ * length_ms // 1000) / RATE_HZ
    return (level * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


def silence(length_ms: int) -> np.ndarray:
    return np.zeros(RATE_HZ * length_ms // 1000, np.float32)


@given(st.integers(0, 400), st.integers(50, 400), st.integers(0, 400))
def test_silence_at_both_ends_goes_but_for_a_margin(lead: int, length: int, trail: int) -> None:
    whole = np.concatenate([silence(lead), tone(length), silence(trail)])
    kept = trim(Sound(whole, RATE_HZ)).duration_ms
    assert length - FRAME_MS <= kept <= length + 2 * (KEEP_MS + FRAME_MS)


def test_no_sounding_sample_is_lost_and_pauses_inside_stay() -> None:
    speech = np.concatenate([tone(100), silence(300), tone(100)])
    trimmed = trim(Sound(np.concatenate([silence(200), speech, silence(200)]), RATE_HZ))
    assert np.abs(trimmed.samples).sum() == pytest.approx(np.abs(speech).sum(), rel=1e-6)
    assert 500 <= trimmed.duration_ms <= 500 + 2 * (KEEP_MS + FRAME_MS)


def test_a_quiet_consonant_is_kept_and_hiss_is_not() -> None:
    hiss = np.random.default_rng(1).normal(scale=0.0003, size=RATE_HZ // 2).astype(np.float32)
    quiet, loud = tone(40, 0.01), tone(300, 0.5)
    trimmed = trim(Sound(np.concatenate([hiss, quiet, loud, hiss]), RATE_HZ))
    assert 340 <= trimmed.duration_ms <= 340 + 2 * (KEEP_MS + FRAME_MS)


def test_a_long_breath_before_the_first_word_goes_and_a_weak_consonant_stays() -> None:
    breath, consonant, word = tone(350, 0.006), tone(60, 0.006), tone(300, 0.5)
    hurried = trim(Sound(np.concatenate([breath, word]), RATE_HZ)).duration_ms
    assert 380 <= hurried <= 380 + 2 * (KEEP_MS + FRAME_MS)
    whole = trim(Sound(np.concatenate([silence(200), consonant, word]), RATE_HZ)).duration_ms
    assert 360 <= whole <= 360 + 2 * (KEEP_MS + FRAME_MS)


@pytest.mark.parametrize("samples", [silence(0), silence(300)])
def test_of_silence_nothing_is_left(samples: np.ndarray) -> None:
    assert len(trim(Sound(samples, RATE_HZ)).samples) == 0


def test_trimming_twice_changes_nothing() -> None:
    once = trim(Sound(np.concatenate([silence(77), tone(123), silence(31)]), RATE_HZ))
    assert abs(trim(once).duration_ms - once.duration_ms) <= FRAME_MS


def test_a_stored_wav_tells_its_length() -> None:
    sound = Sound(tone(321), RATE_HZ)
    wav = sound.to_wav()
    assert duration_of_wav(wav[:44], len(wav)) == sound.duration_ms == 321
