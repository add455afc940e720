"""One pass of the meter gives what two would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub_muxing.report.loudness_curve import POINTS, metered

pytestmark = pytest.mark.integration

RATE_HZ = 48_000


def tone(seconds: float, level: float) -> np.ndarray:
    return level * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


async def test_whole_and_curve_of_a_tone_that_grows_louder(tmp_path: Path) -> None:
    path = tmp_path / "a:b'c.wav"
    soundfile.write(path, np.concatenate((tone(10, 0.05), tone(10, 0.5))), RATE_HZ)
    found = await metered(path, tmp_path, duration_s=20, timeout_s=30)
    assert found.whole.integrated_lufs == pytest.approx(-9.0, abs=0.2)
    # A sine of 1 kHz at full scale in one channel has -3.01 LUFS (BS.1770-4).
    assert found.whole.true_peak_dbtp == pytest.approx(-6.0, abs=0.1)
    assert found.curve[0].lufs == pytest.approx(-29.0, abs=0.2)
    assert found.curve[-1].lufs == pytest.approx(-9.0, abs=0.2)
    assert found.curve[0].at_s == pytest.approx(1.5, abs=0.11)
    middle = [point.at_s for point in found.curve if -28 < point.lufs < -10]
    assert 8.4 < min(middle) < max(middle) < 11.6
    assert len(found.curve) <= POINTS
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


async def test_a_short_sound_has_no_curve(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, tone(2, 0.5), RATE_HZ)
    found = await metered(path, tmp_path, duration_s=2, timeout_s=30)
    assert found.curve == ()
    assert found.whole.integrated_lufs == pytest.approx(-9.0, abs=0.2)
