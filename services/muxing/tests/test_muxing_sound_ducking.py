"""Ducking: only where the split left the voice, bounded, in smooth ramps."""

from __future__ import annotations

import numpy as np
import pytest
from muxing_sounds import RATE_HZ, Sound, music, noise, said

from polydub_muxing.sound.backdrop import LEAST_LEFT_DB
from polydub_muxing.sound.ducking import DEEPEST_DB, Dip, Traces, gain, traces
from polydub_muxing.sound.leftovers import left_db

pytestmark = pytest.mark.integration

SENTENCES = ("The harbour lies quiet in the morning.", "Stop.", "It is about to rain.")


def talk(text: str, voice: str, background: Sound, leak: float) -> Traces:
    """What is found where a voice was taken out but for a leak."""
    spoken = np.pad(said(text, voice), (RATE_HZ // 2, RATE_HZ // 2))[:, None]
    behind = background[: len(spoken)]
    return traces(behind + spoken, behind + leak * spoken, RATE_HZ)


@pytest.mark.parametrize("voice", ["slt", "rms"])
@pytest.mark.parametrize("text", SENTENCES)
def test_music_without_traces_is_left_alone(text: str, voice: str) -> None:
    for level in (0.01, 0.03, 0.1):
        assert talk(text, voice, music(5, level), 0.0).depth_db == 0.0
    assert talk(text, voice, noise(5, 0.003), 0.0).depth_db == 0.0


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_left_of_the_voice_is_covered(text: str) -> None:
    for behind in (music(5, 0.002), noise(5, 0.003)):
        faint, plain, strong = (talk(text, "slt", behind, leak) for leak in (0.03, 0.1, 0.3))
        assert faint.depth_db < 2.0
        assert plain.level_db == pytest.approx(-20, abs=2.5)
        assert 2.0 < plain.depth_db <= strong.depth_db == DEEPEST_DB


LEAD, FADE = 3 * RATE_HZ, RATE_HZ // 10


def left_whole(background: Sound, share: float, late: Sound | None = None) -> float:
    """What is found where a split left ``share`` of each second of a voice where it was.

    ``late``: what begins to play together with the voice.
    """
    spoken = np.pad(said(SENTENCES[0]), (LEAD, LEAD))[:, None]
    line = (LEAD, len(spoken) - LEAD)
    behind = background[: len(spoken)].copy()
    if late is not None:
        fade = np.hanning(2 * FADE)
        swell = np.ones(line[1] - line[0])
        swell[:FADE], swell[-FADE:] = fade[:FADE], fade[FADE:]
        behind[slice(*line)] += late[: len(swell)] * swell[:, None]
    passed = (np.arange(len(spoken)) % RATE_HZ < share * RATE_HZ)[:, None]
    lines = np.array([line], np.int64)
    return left_db(behind + spoken, behind + passed * spoken, line, lines, RATE_HZ)


@pytest.mark.parametrize(
    "behind", [music(12, 0.003), noise(12, 0.003), np.zeros((12 * RATE_HZ, 2))]
)
def test_words_that_were_left_whole_are_found(behind: Sound) -> None:
    assert left_whole(behind, 0.0) < -40
    assert left_whole(behind, 0.2) == pytest.approx(-7, abs=3)
    assert left_whole(behind, 1.0) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("below_db", [20, 26])
def test_music_that_sounds_within_a_line_only_is_not_taken_for_its_words(below_db: int) -> None:
    level = 0.1 * 10 ** (-below_db / 20)
    moments = np.arange(5 * RATE_HZ) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * 600 * k * moments) / k**1.5 for k in (1, 2, 3, 4))
    flute = np.asarray(tones * level / np.std(tones), np.float32)[:, None]
    for late in (flute, music(5, level)):
        assert left_whole(noise(12, 0.001), 0.0, late=late) < LEAST_LEFT_DB


def test_without_a_pause_nearby_nothing_is_said_of_leftovers() -> None:
    spoken = said(SENTENCES[0])[:, None]
    whole = (0, len(spoken))
    assert left_db(spoken, spoken, whole, np.array([whole], np.int64), RATE_HZ) == -np.inf


def test_a_line_shorter_than_a_frame_has_no_leftovers() -> None:
    spoken = said(SENTENCES[0])[:, None]
    line = (len(spoken), len(spoken) + 10)
    assert left_db(spoken, spoken, line, np.array([line], np.int64), RATE_HZ) == -np.inf


def test_nothing_is_found_in_silence() -> None:
    silence = np.zeros((RATE_HZ, 2), np.float32)
    assert traces(silence, silence, RATE_HZ).depth_db == 0.0
    assert traces(silence[:10], silence[:10], RATE_HZ).depth_db == 0.0


@pytest.mark.parametrize("size", [100, 4800])
def test_the_curve_is_down_in_time_and_smooth(size: int) -> None:
    dips = [Dip(10_000, 20_000, 8.0, 2400, 14_400), Dip(15_000, 18_000, 4.0, 100, 100)]
    starts = range(0, 48_123, size)
    curve = np.concatenate([gain(dips, at, min(at + size, 48_123)) for at in starts])
    assert len(curve) == 48_123
    assert (curve[:7600] == 1).all() and (curve[34_400:] == 1).all()
    np.testing.assert_allclose(curve[10_000:20_001], 10 ** (-8 / 20), rtol=1e-5)
    assert np.abs(np.diff(20 * np.log10(curve))).max() < 8 / 2400 * 1.6
