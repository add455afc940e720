"""How lines are said: measured against their speaker, in steps, and only where it may be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from polydub.pcm import RATE_HZ, PcmReader, to_pcm, wav_header
from polydub.store.local import LocalStore
from polydub.v1 import common_pb2, translation_pb2
from polydub_tts.engines.manner import instructions
from polydub_tts.style import (
    FASTEST,
    LEVEL,
    PITCH,
    PLAIN,
    RATE,
    SLOWEST,
    STYLE,
    Manners,
    Style,
    paces_of,
)

pytestmark = pytest.mark.unit


def line(
    start_ms: int, end_ms: int, speaker: str = "S1", **prosody: float
) -> translation_pb2.TranslatedLine:
    return translation_pb2.TranslatedLine(
        speaker_id=speaker,
        start_ms=start_ms,
        end_ms=end_ms,
        prosody=common_pb2.Prosody(**prosody),
    )


def test_a_line_is_measured_against_its_speaker() -> None:
    manners = Manners({"S1": 100.0}, {"S1": 15.0})
    said = line(
        0, 1000, f0_median_hz=100.0 * 2 ** (2.1 / 12), f0_range_semitones=8.4, level_db=-3.2,
        characters_per_s=16.5,
    )  # fmt: skip
    assert manners.of(said, alone=True) == Style(1.1, 2.0, 8.0, -3.0)


def test_what_is_unknown_is_plain() -> None:
    manners = Manners({"S1": 0.0}, {})
    assert manners.of(line(0, 1000), alone=True) == PLAIN
    assert manners.of(line(0, 1000, f0_median_hz=90, characters_per_s=9), alone=True) == PLAIN


@pytest.mark.parametrize(("pace", "rate"), [(1.0, SLOWEST), (100.0, FASTEST)])
def test_differences_are_bounded(pace: float, rate: float) -> None:
    manners = Manners({"S1": 100.0}, {"S1": 15.0})
    wild = line(0, 1000, f0_median_hz=400.0, level_db=-40.0, characters_per_s=pace)
    style = manners.of(wild, alone=True)
    assert (style.rate, style.pitch_semitones, style.level_db) == (rate, 4.0, -6.0)


def test_a_mean_pace_takes_three_lines_and_counts_their_time() -> None:
    lines = [
        line(0, 1000, characters_per_s=10.0),
        line(0, 3000, characters_per_s=14.0),
        line(0, 500, characters_per_s=0.0),
    ]
    assert paces_of(lines) == {}
    lines += [line(0, 1000, characters_per_s=8.0), line(0, 1000, "S2", characters_per_s=9.0)]
    assert paces_of(lines) == {"S1": pytest.approx(12.0)}


def test_an_engine_sees_what_it_carries_and_only_that_counts() -> None:
    style = Style(1.1, 2.0, 8.0, -3.0)
    assert style.only(frozenset()) == PLAIN
    assert style.only(frozenset()).told() == {}
    assert style.only(frozenset({RATE})).told() == {}
    assert style.only(frozenset({PITCH, LEVEL})) == Style(1.0, 2.0, 0.0, -3.0)
    assert style.only(frozenset({PITCH, LEVEL})).told() == {"pitch": 2.0, "level": -3.0}


async def test_a_reference_is_the_lines_own_sound(tmp_path: Path) -> None:
    samples = np.linspace(-0.5, 0.5, 5 * RATE_HZ, dtype=np.float32)
    store = LocalStore(tmp_path)
    await store.put_bytes("voice.wav", wav_header(len(samples)) + to_pcm(samples))
    manners = Manners({}, {}, PcmReader(store, "voice.wav"), "s1")
    found = manners.of(line(1000, 3500), alone=True).reference
    assert found is not None
    sound = await found.read()
    np.testing.assert_allclose(sound.samples, samples[RATE_HZ : RATE_HZ * 7 // 2], atol=1e-4)
    assert found.digest != manners.of(line(1000, 3600), alone=True).reference.digest
    assert set(Style(reference=found).only(frozenset({STYLE})).told()) == {"style"}


def test_there_is_no_reference_where_it_would_mislead() -> None:
    class Nothing:
        """A store that nobody asks."""

    manners = Manners({}, {}, PcmReader(Nothing(), "voice.wav"), "s1")  # type: ignore[arg-type]
    assert manners.of(line(0, 1900), alone=True).reference is None
    assert manners.of(line(0, 2500), alone=False).reference is None
    assert Manners({}, {}).of(line(0, 2500), alone=True).reference is None


def test_a_manner_in_words() -> None:
    assert instructions(PLAIN) == ""
    assert instructions(Style(pitch_semitones=-2.0, level_db=4.0, range_semitones=2.0)) == (
        "Speak in a lower voice, loudly, calmly, with little melody."
    )
    assert instructions(Style(pitch_semitones=1.0, level_db=-2.0, range_semitones=6.0)) == ""
