"""How lines are said, on tones of which everything is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polydub.pcm import RATE_HZ
from polydub_diarization.prosody import Prosody, prosody_of
from polydub_diarization.segmentation import UtteranceRule, utterances
from polydub_diarization.sound import open_sound
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn, Utterance

pytestmark = pytest.mark.unit

SECOND = np.arange(2 * RATE_HZ) / RATE_HZ
Tell = Callable[..., tuple[Prosody, ...]]


def buzz(f0_hz: np.ndarray | float, amplitude: float) -> np.ndarray:
    """A voice's partials over 2 s, at a pitch that may glide."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(f0_hz, SECOND.shape)) / RATE_HZ
    return amplitude * sum(np.sin(n * phase) / n for n in range(1, 6))


@pytest.fixture
def tell(tmp_path: Path, write_wav: Callable[[Path, np.ndarray], Path]) -> Tell:
    """Lines of 2 s each, one after another, by the speakers given."""

    def told(*sounds: np.ndarray, speakers: str) -> tuple[Prosody, ...]:
        path = write_wav(tmp_path / "talk.wav", np.concatenate(sounds).astype(np.float32))
        spans = [Span(2000 * i, 2000 * (i + 1)) for i in range(len(sounds))]
        lines = [Utterance(who, span) for who, span in zip(speakers, spans, strict=True)]
        return prosody_of(open_sound(path), lines)

    return told


def test_higher_and_louder(tell: Tell) -> None:
    """Twice the amplitude and a fifth higher, against what both are together."""
    low, high = tell(buzz(120, 0.1), buzz(180, 0.2), speakers="AA")
    assert low.f0_median_hz == pytest.approx(120, rel=0.01)
    assert high.f0_median_hz == pytest.approx(180, rel=0.01)
    assert high.level_db - low.level_db == pytest.approx(20 * np.log10(2), abs=0.05)
    assert low.level_db == pytest.approx(10 * np.log10(1 / 2.5), abs=0.05)
    assert high.level_db == pytest.approx(10 * np.log10(4 / 2.5), abs=0.05)


def test_a_glide_is_livelier_than_a_drone(tell: Tell) -> None:
    """Over an octave, so that four fifths of it lie between the percentiles."""
    glide, drone = tell(buzz(100 * 2 ** (SECOND / 2), 0.1), buzz(140, 0.1), speakers="AA")
    assert glide.f0_range_semitones == pytest.approx(0.8 * 12, abs=0.4)
    assert drone.f0_range_semitones < 0.1


def test_each_is_measured_by_their_own_voice(tell: Tell) -> None:
    """A loud speaker's lines are not loud for them."""
    told = tell(buzz(120, 0.02), buzz(220, 0.3), buzz(120, 0.02), speakers="ABA")
    assert [one.level_db for one in told] == pytest.approx([0, 0, 0], abs=0.01)


def test_silence_and_noise_have_no_pitch(tell: Tell) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE_HZ)
    silent, hissed = tell(np.zeros(2 * RATE_HZ), noise, speakers="AA")
    assert (silent.f0_median_hz, silent.f0_range_semitones) == (0, 0)
    assert (hissed.f0_median_hz, hissed.f0_range_semitones) == (0, 0)
    assert silent.level_db < -60 and hissed.level_db == pytest.approx(3, abs=0.1)


def test_overlaps_told_beside_the_turns_flag_lines() -> None:
    turns = [Turn("a", Span(0, 4000)), Turn("b", Span(4000, 8000)), Turn("a", Span(9000, 9500))]
    speech = [Span(0, 8000), Span(9000, 9500)]
    levels = np.zeros(1000, np.float32)
    found = utterances(turns, speech, levels, UtteranceRule(), [Span(3500, 4000), Span(9500, 9900)])
    assert [line.overlaps for line in found] == [True, False, False]
