"""Noise reduction: steady noise goes, music stays, not a sample is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_sounds import RATE_HZ, Sound, level_db, music, noise

from polydub.blocking import no_tick
from polydub_muxing.sound.denoising import NoiseFilter, denoise, noise_of

pytestmark = pytest.mark.unit


def cleaned(sound: Sound, chunk: int = RATE_HZ) -> Sound:
    filtering, found = NoiseFilter(RATE_HZ, sound.shape[1]), noise_of(sound, RATE_HZ)
    parts = [filtering.feed(sound[i : i + chunk], found) for i in range(0, len(sound), chunk)]
    return np.concatenate([*parts, filtering.flush(found)])


@pytest.mark.parametrize("pink", [False, True])
def test_noise_goes_and_music_stays(pink: bool) -> None:
    kept, hiss = music(10), noise(10, 0.02, pink=pink)
    clean = cleaned(kept + hiss)
    assert level_db(clean - kept) <= level_db(hiss) - 6
    followed = float(np.vdot(clean, kept) / np.vdot(kept, kept))
    assert 20 * np.log10(followed) == pytest.approx(0, abs=0.5)
    rest = slice(round(3.6 * RATE_HZ), round(3.9 * RATE_HZ))
    assert level_db(clean[rest]) < level_db(hiss[rest]) - 12


def test_hum_goes() -> None:
    moments = np.arange(8 * RATE_HZ) / RATE_HZ
    hum = (0.02 * np.sin(2 * np.pi * 50 * moments) + 0.01 * np.sin(2 * np.pi * 100 * moments))[
        :, None
    ]
    kept = music(8)
    clean = cleaned((kept + hum).astype(np.float32))
    assert level_db(clean - kept) < level_db(hum) - 6


def test_music_without_noise_is_hardly_touched() -> None:
    kept = music(8)
    clean = cleaned(kept)
    assert level_db(clean) == pytest.approx(level_db(kept), abs=0.1)
    moments = np.arange(6 * RATE_HZ) / RATE_HZ
    held = 0.02 * sum(np.sin(2 * np.pi * hz * moments) for hz in (330, 415, 494, 660))
    chord = np.asarray(held, np.float32)[:, None]
    assert level_db(cleaned(chord)) == pytest.approx(level_db(chord), abs=0.5)


def test_blocks_of_any_length_give_the_same() -> None:
    sound = (music(3) + noise(3, 0.01))[: 3 * RATE_HZ - 77]
    whole = cleaned(sound, len(sound))
    assert whole.shape == sound.shape
    np.testing.assert_allclose(cleaned(sound, 777), whole, atol=1e-5)


@pytest.mark.parametrize("frames", [100, 21 * RATE_HZ + 5])
def test_a_file_keeps_its_length(tmp_path: Path, frames: int) -> None:
    soundfile.write(tmp_path / "a.flac", noise(22, 0.01)[:frames], RATE_HZ, subtype="PCM_24")
    denoise(tmp_path / "a.flac", tmp_path / "b.flac", no_tick)
    assert soundfile.info(tmp_path / "b.flac").frames == frames
