"""A line's onset stands where the source has it, whatever the voice breathes before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub_muxing.sound.mixing import prepare_line

pytestmark = pytest.mark.unit

VOICE_HZ, RATE_HZ = 16_000, 48_000
START_MS = 1000


@pytest.mark.parametrize(
    ("lead_ms", "lead_db", "earlier_ms"),
    [
        pytest.param(0, -40, 0, id="begins at once"),
        pytest.param(80, -40, 80, id="a breath"),
        pytest.param(80, -200, 80, id="silence"),
        pytest.param(80, -20, 0, id="a consonant that is heard"),
        pytest.param(300, -40, 0, id="a soft word"),
    ],
)
def test_the_onset_stands_at_the_start(
    tmp_path: Path, lead_ms: int, lead_db: float, earlier_ms: int
) -> None:
    chance = np.random.default_rng(1)
    lead = chance.normal(0, 0.2 * 10 ** (lead_db / 20), lead_ms * VOICE_HZ // 1000)
    sound = np.concatenate([lead, chance.normal(0, 0.2, VOICE_HZ)]).astype(np.float32)
    soundfile.write(tmp_path / "spoken.wav", sound, VOICE_HZ, subtype="FLOAT")
    line = prepare_line(
        tmp_path / "spoken.wav", tmp_path / "line.f32", name="u1", start_ms=START_MS,
        rate_hz=RATE_HZ,
    )  # fmt: skip
    assert line.start == pytest.approx(
        (START_MS - earlier_ms) * RATE_HZ // 1000, abs=0.005 * RATE_HZ
    )


def test_nothing_stands_before_the_first_sample(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(VOICE_HZ // 20), np.ones(VOICE_HZ // 2)])
    soundfile.write(tmp_path / "spoken.wav", sound, VOICE_HZ, subtype="FLOAT")
    line = prepare_line(
        tmp_path / "spoken.wav", tmp_path / "line.f32", name="u1", start_ms=0, rate_hz=RATE_HZ
    )
    assert line.start == 0
