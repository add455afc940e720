"""Spleeter's networks in the sherpa-uvr engine, made by hand: a band is the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub_separation.engines.sherpa_uvr import SherpaUvrEngine

pytest.importorskip("sherpa_onnx", reason="the extra `sherpa` is not installed")
pytestmark = pytest.mark.integration

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def engine(spleeter_models: Path) -> SherpaUvrEngine:
    engine = SherpaUvrEngine(model_dir=spleeter_models)
    engine.load()
    return engine


def error_db(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((got - wanted) ** 2) / np.mean(wanted**2) + 1e-12))


@pytest.mark.parametrize("channels", [1, 2])
async def test_voice_and_bed_come_apart(
    engine: SherpaUvrEngine, tmp_path: Path, channels: int
) -> None:
    """Over two pieces and to the first and last sample."""
    times = np.arange(15 * RATE_HZ) / RATE_HZ
    spoken = np.clip(np.minimum(times - 1, 14 - times) * 10, 0, 1)
    voice = 0.3 * spoken * np.sin(2 * np.pi * 1000 * times)
    bed = 0.2 * np.sin(2 * np.pi * 80 * times) + 0.1 * np.sin(2 * np.pi * 6000 * times)
    sound = np.stack([bed + 0.8 * voice, 0.4 * voice - bed], axis=1)[:, :channels]
    soundfile.write(tmp_path / "original.flac", sound, RATE_HZ, subtype="PCM_24")
    result = await engine.separate(tmp_path / "original.flac", tmp_path)
    found, _ = soundfile.read(result.bed, dtype="float32", always_2d=True)
    wanted = np.stack([bed, -bed], axis=1)[:, :channels]
    assert error_db(found, wanted) < -45
    assert np.abs(found - wanted)[100:-100].max() < 0.02
    said, said_hz = soundfile.read(result.voice_16k, dtype="float32")
    clear = np.arange(2 * said_hz, 13 * said_hz)
    level = 0.3 * (0.8 if channels == 1 else 0.6)
    assert error_db(said[clear], level * np.sin(2 * np.pi * 1000 * clear / said_hz)) < -40
    assert result.speech_fraction == pytest.approx(13 / 15, abs=0.05)


@pytest.mark.parametrize("samples", [1, 700, 5_000])
def test_a_piece_keeps_its_length(engine: SherpaUvrEngine, samples: int) -> None:
    """The library itself loses what does not fill a window, and blows up what it keeps there."""
    sound = np.full((samples, 1), 0.1, np.float32)
    found = engine._network.first_stem(sound)
    assert found.shape == sound.shape
    assert np.abs(found).max() < 0.2
