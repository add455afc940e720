"""Room tone: as much as is missing, shaped and spread as the pauses are, never more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_sounds import RATE_HZ, Sound, level_db, music, noise

from polydub_muxing.sound import spectra
from polydub_muxing.sound.holes import RoomTone, holes, merged
from polydub_muxing.sound.room_tone import Tone, fill, tone_of

pytestmark = pytest.mark.unit


def tone_in(sound: Sound) -> Tone | None:
    return tone_of(spectra.spectra(sound, spectra.frame_size(RATE_HZ)), RATE_HZ)


def filled(bed: Sound, tone: Tone) -> Sound:
    return bed + fill(bed, tone, np.ones(len(bed), np.float32), RATE_HZ)


def bands_db(sound: Sound) -> np.ndarray:
    size = spectra.frame_size(RATE_HZ)
    power = spectra.powers(spectra.spectra(sound, size)).mean(axis=(0, 1))
    return spectra.db(spectra.in_bands(power, size))


def hum(seconds: float) -> Sound:
    moments = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    mono = 0.005 * np.sin(2 * np.pi * 50 * moments) + 0.003 * np.sin(2 * np.pi * 150 * moments)
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize("pink", [False, True])
def test_a_hole_is_filled_with_noise_of_the_same_level_and_colour(pink: bool) -> None:
    tone = tone_in(noise(3, 0.003, pink=pink))
    assert tone is not None
    laid = filled(np.zeros((2 * RATE_HZ, 2), np.float32), tone)
    expected = noise(2, 0.003, pink=pink, seed=9)
    assert level_db(laid) == pytest.approx(level_db(expected), abs=0.7)
    np.testing.assert_allclose(bands_db(laid)[1:], bands_db(expected)[1:], atol=1.5)


@pytest.mark.parametrize("left_db", [-30, -12, -6])
def test_only_what_is_missing_is_laid(left_db: float) -> None:
    tone = tone_in(noise(3, 0.003))
    assert tone is not None
    hole = noise(2, 0.003 * 10 ** (left_db / 20), seed=9)
    assert level_db(filled(hole, tone)) == pytest.approx(level_db(noise(2, 0.003)), abs=0.7)


def test_where_nothing_is_missing_nothing_is_laid() -> None:
    tone = tone_in(noise(3, 0.003))
    assert tone is not None
    whole = noise(2, 0.003, seed=9)
    assert level_db(filled(whole, tone) - whole) < level_db(whole) - 30
    loud = music(2) + whole
    assert level_db(filled(loud, tone) - loud) < level_db(whole) - 10


def test_channels_are_as_much_alike_as_they_were() -> None:
    apart = noise(3, 0.003)
    for share in (0.0, 0.6, 1.0):
        source = apart.copy()
        source[:, 1] = share * apart[:, 0] + np.sqrt(1 - share**2) * apart[:, 1]
        tone = tone_in(source)
        assert tone is not None
        laid = filled(np.zeros((3 * RATE_HZ, 2), np.float32), tone)
        assert np.corrcoef(laid.T)[0, 1] == pytest.approx(share, abs=0.05)


def test_silence_and_music_are_no_room_tone_but_hum_and_hiss_are() -> None:
    assert tone_in(np.zeros((3 * RATE_HZ, 2), np.float32)) is None
    assert tone_in(music(3)) is None
    moments = np.arange(3 * RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * moments) for hz in (330, 415, 494))
    assert tone_in(np.asarray(0.01 * chord, np.float32)[:, None]) is None
    assert tone_in(hum(3) + noise(3, 0.001)) is not None
    assert tone_in(noise(0.2, 0.003)) is None


def test_the_same_bed_gets_the_same_noise() -> None:
    tone = tone_in(noise(3, 0.003))
    assert tone is not None
    bed = noise(1, 0.0001, seed=5)
    np.testing.assert_array_equal(filled(bed, tone), filled(bed, tone))


def test_long_holes_are_filled_in_pieces_without_a_seam(tmp_path: Path) -> None:
    bed = noise(31, 0.003)
    hole = (3 * RATE_HZ, 27 * RATE_HZ)
    bed[slice(*hole)] *= 0.01
    soundfile.write(tmp_path / "bed.flac", bed, RATE_HZ, subtype="PCM_24")
    untouched = bed[11 * RATE_HZ :][: 2 * RATE_HZ].copy()
    assert len(holes([hole], RATE_HZ, len(bed))) == 3
    with soundfile.SoundFile(tmp_path / "bed.flac") as opened:
        tone = RoomTone(opened, [hole])
        for first in range(0, len(bed), RATE_HZ):
            tone.add_to(bed[first : first + RATE_HZ], first)
        tone.add_to(untouched, 11 * RATE_HZ)
        assert len(tone.ingredients) == 3
    np.testing.assert_array_equal(bed[11 * RATE_HZ :][: 2 * RATE_HZ], untouched)
    tenths = bed[: 31 * RATE_HZ].reshape(-1, RATE_HZ // 10, 2)
    levels = [level_db(tenth) for tenth in tenths]
    assert min(levels) > level_db(noise(1, 0.003)) - 2.5
    assert max(levels) < level_db(noise(1, 0.003)) + 1.0


def test_stretches_that_touch_are_one() -> None:
    assert merged([(5, 9), (0, 3), (3, 4), (6, 7)]) == [(0, 4), (5, 9)]
