"""What mixing costs, with a recogniser that hears tones: each line is one, and one word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from eval.dubbing import Dubbed, Spoken
from eval.sound import SPEECH_HZ
from eval.stems import Samples
from eval.timing import Placed

pytestmark = pytest.mark.integration

pytest.importorskip("jiwer", reason="installed by `make eval`")

TONES_HZ = {"one": 500.0, "two": 900.0, "three": 1300.0, "four": 1700.0}
ABOVE_BED_DB = 20.0


class TonesHeard:
    """Hears a word where its tone stands that far above the bed's noise in the same second."""

    def __init__(self, languages: tuple[str, ...] = ("en",)) -> None:
        self._languages = languages

    def back_recognized(self, recording: Path, language: str) -> str | None:
        track, _ = soundfile.read(recording)
        spectrum = np.abs(np.fft.rfft(track)) ** 2 / len(track)
        per_hz = len(track) / SPEECH_HZ
        floor = max(float(np.median(spectrum)), 1e-6)
        heard = [
            word
            for word, hz in TONES_HZ.items()
            if spectrum[round((hz - 5) * per_hz) : round((hz + 5) * per_hz)].max()
            > floor * 10 ** (ABOVE_BED_DB / 10)
        ]
        return " ".join(heard) if language in self._languages else None


def tone(word: str, level: float = 0.1) -> Samples:
    times = np.arange(SPEECH_HZ) / SPEECH_HZ
    return (level * np.sin(2 * np.pi * TONES_HZ[word] * times)).astype(np.float32)


def said(words: tuple[str, ...], level: float = 0.1) -> Samples:
    """Every word in a second of its own; silence for those left out."""
    pieces = [tone(word, level if word in words else 0.0) for word in TONES_HZ]
    return np.concatenate(pieces)


def noise(level: float) -> Samples:
    rng = np.random.default_rng(1)
    return (level * rng.standard_normal(len(TONES_HZ) * SPEECH_HZ)).astype(np.float32)


def lines(folder: Path) -> tuple[Spoken, ...]:
    """The recordings are much quieter than the voices of the original."""
    spoken = []
    for number, word in enumerate(TONES_HZ):
        path = folder / f"{word}.wav"
        soundfile.write(path, tone(word, 0.001), SPEECH_HZ, subtype="FLOAT")
        span = (1000.0 * number, 1000.0 * (number + 1))
        spoken.append(Spoken(word, path, Placed(span, span), word))
    return tuple(spoken)


ALL = tuple(TONES_HZ)


@pytest.mark.parametrize(
    ("heard", "bed_level", "mixing", "bed_alone"),
    [
        pytest.param(said(ALL), 0.003, 0, 0, id="mixed-well"),
        pytest.param(said(ALL[1:]), 0.003, 25, 0, id="a-line-is-not-there"),
        pytest.param(said(ALL, 1e-4), 0.003, 100, 0, id="speech-too-quiet"),
        pytest.param(said(ALL), 10.0, 0, 100, id="nobody-would-hear-it-over-this-bed"),
    ],
)
def test_the_beds_share_is_told_from_the_mixes(
    tmp_path: Path, heard: Samples, bed_level: float, mixing: float, bed_alone: float
) -> None:
    from eval import recognition

    bed = noise(bed_level)
    dub = Dubbed("en", lines=lines(tmp_path))
    found = recognition.costs(dub, heard + bed, said(ALL) + bed, bed, TonesHeard())
    assert found["back_wer_cost_points"] == mixing
    assert found["bed_wer_cost_points"] == bed_alone
    assert found["raw_wer_percent"] == 0
    assert found["reference_wer_percent"] == bed_alone
    assert found["back_wer_percent"] == mixing + bed_alone


def test_what_no_engine_hears_is_not_measured(tmp_path: Path) -> None:
    from eval import recognition

    dub = Dubbed("ca", lines=lines(tmp_path))
    silence = noise(0.0)
    assert recognition.costs(dub, said(ALL), said(ALL), silence, TonesHeard()) == {}
