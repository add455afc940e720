"""F0 of tones with known pitch, and what is said of voices."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polydub.pcm import RATE_HZ
from polydub_diarization.pitch import Gender, PitchClass, VoiceProfile, describe, profile, track
from polydub_diarization.sound import open_sound
from polydub_diarization.spans import Span

pytestmark = pytest.mark.unit

TIMES = np.arange(2 * RATE_HZ) / RATE_HZ


def tone(f0_hz: float, strengths: list[float]) -> np.ndarray:
    partials = enumerate(strengths, 1)
    wave = sum(a * np.sin(2 * np.pi * f0_hz * n * TIMES + n) for n, a in partials)
    return (0.1 * np.asarray(wave)).astype(np.float32)


@pytest.mark.parametrize("f0_hz", [80, 110, 155, 220, 330])
def test_sines_and_buzzes(f0_hz: float) -> None:
    for strengths in ([1.0], [1 / n for n in range(1, 9)]):
        found = track(tone(f0_hz, strengths))
        assert len(found) > 150
        assert np.median(found) == pytest.approx(f0_hz, rel=0.01)


@pytest.mark.parametrize(
    "strengths",
    [
        [0.5, 1.0, 0.5, 0.3],  # a loud second partial: not an octave too high
        [0.0, 1.0, 1.0, 1.0],  # no fundamental at all, as over the telephone
        [1.0, 0.02],  # nearly a sine: not an octave too low
    ],
)
def test_octave_traps(strengths: list[float]) -> None:
    assert np.median(track(tone(120, strengths))) == pytest.approx(120, rel=0.01)
    assert np.median(track(tone(190, strengths))) == pytest.approx(190, rel=0.01)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32)
    assert len(track(noise)) < 10
    assert len(track(np.zeros(RATE_HZ, np.float32))) == 0
    assert len(track(np.zeros(100, np.float32))) == 0


def test_pauses_between_tones_do_not_count() -> None:
    samples = tone(200, [1.0, 0.5])
    samples[RATE_HZ:] = 0
    assert 80 <= len(track(samples)) <= 105


@pytest.mark.parametrize(
    ("f0_hz", "kind", "gender"),
    [
        (100, PitchClass.LOW, Gender.MALE),
        (144, PitchClass.LOW, Gender.MALE),
        (146, PitchClass.MID, None),
        (169, PitchClass.MID, None),
        (171, PitchClass.HIGH, Gender.FEMALE),
        (260, PitchClass.HIGH, Gender.FEMALE),
    ],
)
def test_classes(f0_hz: float, kind: PitchClass, gender: Gender | None) -> None:
    found = describe(np.full(300, float(f0_hz)))
    assert (found.pitch_class, found.gender) == (kind, gender)


def test_little_voiced_sound_says_little() -> None:
    assert describe(np.full(5, 100.0)) == VoiceProfile()
    brief = describe(np.full(60, 100.0))
    assert brief.f0_median_hz == 100 and brief.pitch_class is PitchClass.LOW
    assert brief.gender is None


def test_percentiles() -> None:
    found = describe(np.linspace(100, 200, 1001))
    assert found.f0_low_hz == pytest.approx(110)
    assert found.f0_median_hz == pytest.approx(150)
    assert found.f0_high_hz == pytest.approx(190)


def test_a_profile_reads_only_its_spans(
    tmp_path: Path, write_wav: Callable[[Path, np.ndarray], Path]
) -> None:
    both = np.concatenate((tone(110, [1, 0.5, 0.3]), tone(220, [1, 0.5, 0.3])))
    sound = open_sound(write_wav(tmp_path / "two.wav", both))
    assert profile(sound, [Span(0, 2000)]).f0_median_hz == pytest.approx(110, rel=0.01)
    assert profile(sound, [Span(2000, 4000)]).f0_median_hz == pytest.approx(220, rel=0.01)
