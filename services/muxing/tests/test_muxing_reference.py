"""What a recogniser is given beside the dub: the line over the source's own background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.pcm import RATE_HZ, Samples
from polydub_muxing.report.reference import over_background
from polydub_muxing.sound.backdrop import Sounds

pytestmark = pytest.mark.unit

BED_HZ, VOICE_HZ, LINE_HZ = 900, 200, 400
SPLIT_RATE_HZ = 48_000
SOURCE_MS = (500, 1500)
LENGTH_MS = 4000


def tone(f0_hz: float, rms: float, duration_ms: int, rate_hz: int) -> Samples:
    moments = np.arange(duration_ms * rate_hz // 1000) / rate_hz
    return np.asarray(rms * np.sqrt(2) * np.sin(2 * np.pi * f0_hz * moments), np.float32)


def split(folder: Path, voice: float, bed: float) -> Sounds:
    """A voice that says one line, over a tone; both in the middle of a stereo sound."""
    behind = tone(BED_HZ, bed, LENGTH_MS, SPLIT_RATE_HZ)
    whole = behind.copy()
    first, last = (ms * SPLIT_RATE_HZ // 1000 for ms in SOURCE_MS)
    whole[first:last] += tone(VOICE_HZ, voice, SOURCE_MS[1] - SOURCE_MS[0], SPLIT_RATE_HZ)
    for name, sound in (("original", whole), ("bed", behind)):
        stereo = np.repeat(sound[:, None], 2, axis=1)
        soundfile.write(folder / f"{name}.wav", stereo, SPLIT_RATE_HZ, subtype="FLOAT")
    return Sounds(folder / "original.wav", folder / "bed.wav")


def rms_at(f0_hz: float, sound: Samples) -> float:
    turning = np.exp(-2j * np.pi * f0_hz * np.arange(len(sound)) / RATE_HZ)
    return float(np.sqrt(2) * abs((sound * turning).mean()))


LINE = tone(LINE_HZ, 0.05, 1000, RATE_HZ)


@pytest.mark.parametrize("bed", [0.01, 0.1, 0.3])
def test_the_line_stands_as_far_above_the_bed_as_the_voice(tmp_path: Path, bed: float) -> None:
    given = split(tmp_path, 0.1, bed)
    mixed = over_background(LINE, given, dub_from_ms=1000, source_ms=SOURCE_MS)
    assert len(mixed) == len(LINE)
    assert rms_at(LINE_HZ, mixed) == pytest.approx(0.05, rel=0.02)
    assert rms_at(BED_HZ, mixed) == pytest.approx(0.05 * bed / 0.1, rel=0.02)
    assert rms_at(VOICE_HZ, mixed) < 0.001


@pytest.mark.parametrize(("voice", "bed"), [(0.1, 0.002), (0.1, 0.0), (0.0, 0.1)])
def test_without_a_bed_or_a_voice_it_is_the_line_itself(
    tmp_path: Path, voice: float, bed: float
) -> None:
    given = split(tmp_path, voice, bed)
    assert over_background(LINE, given, dub_from_ms=1000, source_ms=SOURCE_MS) is LINE


def test_behind_the_end_of_the_bed_there_is_silence(tmp_path: Path) -> None:
    given = split(tmp_path, 0.1, 0.1)
    mixed = over_background(LINE, given, dub_from_ms=LENGTH_MS - 500, source_ms=SOURCE_MS)
    assert rms_at(BED_HZ, mixed[: RATE_HZ // 2 - 100]) == pytest.approx(0.05, rel=0.02)
    assert np.array_equal(mixed[RATE_HZ // 2 + 100 :], LINE[RATE_HZ // 2 + 100 :])
