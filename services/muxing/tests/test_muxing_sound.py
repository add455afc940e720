"""Loudness, levels, limiter and measuring: arithmetic on sound made here."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.blocking import no_tick
from polydub_muxing.kept import Rows
from polydub_muxing.report.measure import Span, clashes, onsets_ms
from polydub_muxing.sound.backdrop import Backdrop, Layers, Sounds
from polydub_muxing.sound.levels import MeteredLine, line_gains, speaker_gains, voice_energy
from polydub_muxing.sound.limiter import limited, margin, true_peaks
from polydub_muxing.sound.loudness import (
    Samples,
    SlotMeter,
    block_energies,
    channel_weights,
    energy_of,
    gated_energy,
    lufs,
)
from polydub_muxing.sound.mixing import (
    Mix,
    PreparedLine,
    Speech,
    fade_edges,
    front,
)
from polydub_muxing.sound.options import AS_IT_IS
from polydub_muxing.sound.windows import WINDOW

pytestmark = pytest.mark.unit

RATE_HZ = 48_000


def tone(
    frequency_hz: float, seconds: float, level: float = 1.0, rate_hz: int = RATE_HZ
) -> Samples:
    moments = np.arange(round(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * moments)).astype(np.float32)


def measured(sound: Samples, rate_hz: int = RATE_HZ, chunk: int = 7777) -> float:
    meter = SlotMeter(rate_hz, channel_weights(sound.shape[1]))
    for first in range(0, len(sound), chunk):
        meter.add(sound[first : first + chunk])
    return lufs(gated_energy(block_energies(meter.slots())))


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000, 96_000, 11_025])
def test_the_standards_own_signal(rate_hz: int) -> None:
    """BS.1770-4: a 0 dBFS sine of 997 Hz in one front channel measures -3.01 LKFS."""
    assert measured(tone(997, 5, rate_hz=rate_hz)[:, None], rate_hz) == pytest.approx(
        -3.01, abs=0.1
    )


def test_the_gate_leaves_out_pauses() -> None:
    """EBU Tech 3341, case 3: -36, -23 and -36 LUFS in turn measure -23."""
    levels = [(10, -36), (60, -23), (10, -36)]
    mono = np.concatenate([tone(1000, s, 10 ** (level / 20)) for s, level in levels])
    assert measured(np.stack([mono, mono], axis=1)) == pytest.approx(-23, abs=0.1)


def test_speech_shorter_than_a_block_is_measured_as_long_as_it_is() -> None:
    assert measured(tone(997, 0.2)[:, None]) == pytest.approx(-3.01, abs=0.3)
    assert measured(np.zeros((RATE_HZ, 1), np.float32)) == -120.0
    assert measured(np.zeros((0, 1), np.float32)) == -120.0


def line(name: str, speaker: str, first_slot: int, energy: float, slots: int = 20) -> MeteredLine:
    start_ms = first_slot * 100
    return MeteredLine(
        name, speaker, start_ms, start_ms + slots * 100, False, first_slot, np.full(slots, energy)
    )


def test_each_speaker_gets_the_loudness_of_their_own_voice() -> None:
    lines = [line("a", "A", 0, energy_of(-30)), line("b", "B", 30, energy_of(-30))]
    bed = np.full(60, energy_of(-50))
    original = bed.copy()
    original[0:20] += energy_of(-20)
    original[30:50] += energy_of(-26)
    gains = speaker_gains(lines, original, bed)
    assert 20 * np.log10(gains["A"]) == pytest.approx(10, abs=0.1)
    assert 20 * np.log10(gains["B"]) == pytest.approx(4, abs=0.1)


def test_the_voice_is_the_original_less_the_bed_but_never_nothing() -> None:
    lines = [line("a", "A", 0, 1.0)]
    original = np.full(20, 4.0)
    assert voice_energy(lines, original, np.full(20, 1.0)) == pytest.approx(3.0)
    assert voice_energy(lines, original, original) == pytest.approx(1.0)
    assert voice_energy(lines, np.zeros(20), np.zeros(20)) == 0.0


def test_the_trim_stays_within_one_decibel() -> None:
    lines = [line("a", "A", 0, energy_of(-30))]
    bed = np.full(60, energy_of(-60))
    original = bed.copy()
    original[:20] += energy_of(-23)
    original[20:60] += energy_of(-20)
    gains = line_gains(lines, original, bed, bed)
    assert 20 * np.log10(gains["a"]) == pytest.approx(7 + 1, abs=0.1)


def test_what_is_behind_the_dub_counts_in_the_trim() -> None:
    """Half of the talk is kept: without it the dub would seem too quiet and be turned up."""
    lines = [line("a", "A", 0, energy_of(-30))]
    bed = np.full(60, energy_of(-60))
    original = bed.copy()
    original[:20] += energy_of(-23)
    original[20:60] += energy_of(-20)
    backdrop = np.concatenate([bed[:20], original[20:]])
    gains = line_gains(lines, original, bed, backdrop)
    assert 20 * np.log10(gains["a"]) == pytest.approx(7, abs=0.3)


@pytest.mark.parametrize("chunk", [100, 4096, 48_000])
def test_the_limiter_keeps_its_ceiling_and_its_length(chunk: int) -> None:
    ceiling = 10 ** (-1.5 / 20)
    quiet, loud = tone(440, 1, 0.3), tone(11_999.9, 0.5, 1.6)
    mono = np.concatenate([quiet, loud, quiet])
    sound = np.stack([mono, mono * 0.5], axis=1)
    edge = margin(RATE_HZ)
    around = np.pad(sound, ((edge, edge), (0, 0)))
    made = [
        limited(around[first : min(first + chunk, len(sound)) + 2 * edge], RATE_HZ, ceiling)
        for first in range(0, len(sound), chunk)
    ]
    whole = np.concatenate([each.sound for each in made])
    assert whole.shape == sound.shape
    assert true_peaks(whole).max() <= ceiling * 1.01
    np.testing.assert_array_equal(whole[: RATE_HZ // 2], sound[: RATE_HZ // 2])
    np.testing.assert_allclose(whole[:, 1], whole[:, 0] / 2, atol=1e-6)
    most = max(each.peak for each in made)
    assert most == pytest.approx(true_peaks(sound).max(), rel=1e-3)
    np.testing.assert_array_equal(limited(around, RATE_HZ, most * 1.001).sound, sound)


@pytest.mark.parametrize(("channels", "voiced"), [(1, [0]), (2, [0, 1]), (3, [2]), (6, [2])])
def test_a_mix_places_lines_by_sample_and_never_divides(
    tmp_path: Path, channels: int, voiced: list[int]
) -> None:
    assert list(range(channels))[front(channels)] == voiced
    bed = np.full((3 * RATE_HZ + 123, channels), 0.05, np.float32)
    soundfile.write(tmp_path / "bed.flac", bed, RATE_HZ, subtype="PCM_24")
    prepared = []
    for name, start, samples in (("a", 47_000, 2000), ("b", 48_500, 100_000)):
        np.full(samples, 0.1, np.float32).tofile(tmp_path / name)
        prepared.append(PreparedLine(name, tmp_path / name, start, samples))
    digests = {"a": 1, "b": 2}
    speech = Speech(prepared, {"a": 1.0, "b": 2.0}, digests, len(bed))
    expected = np.zeros(len(bed))
    expected[47_000:49_000] += 0.1
    expected[48_500:] += 0.2 * (np.arange(len(bed) - 48_500) < 100_000)
    sounds = Sounds(tmp_path / "bed.flac", tmp_path / "bed.flac")
    with ExitStack() as stack:
        backdrop = Backdrop(sounds, Layers((), (), ()), AS_IT_IS, stack)
        mix = Mix(backdrop, speech, Rows(), ceiling_dbtp=-1.0)
        assert not mix.digests.any()
        dub = np.concatenate(list(mix.read(0, len(bed))))
        piece = np.concatenate(list(mix.read(WINDOW + 5, 2 * WINDOW + 9)))
        assert mix.digests.all()
    np.testing.assert_array_equal(piece, dub[WINDOW + 5 : 2 * WINDOW + 9])
    np.testing.assert_allclose(speech.read(0, len(bed)), expected, atol=1e-5)
    for channel in range(channels):
        said = expected if channel in voiced else 0
        np.testing.assert_allclose(dub[:, channel], 0.05 + said, atol=1e-5)


def test_edges_fade_and_the_middle_does_not() -> None:
    faded = fade_edges(np.ones(RATE_HZ // 10, np.float32), RATE_HZ)
    assert faded[0] == faded[-1] == 0
    assert (faded[240:-240] == 1).all()
    assert len(fade_edges(np.ones(1, np.float32), RATE_HZ)) == 1


def test_onsets_are_measured_not_believed(tmp_path: Path) -> None:
    sound = np.zeros(4 * RATE_HZ, np.float32)
    sound[RATE_HZ + 960 : 2 * RATE_HZ] = tone(300, 0.98, 0.2)
    sound[2 * RATE_HZ + 9600 : 3 * RATE_HZ] = tone(300, 0.8, 0.2)
    soundfile.write(tmp_path / "s.flac", sound, RATE_HZ)
    spans = [
        Span("a", 1000, 2000, 1000, 2000),
        Span("b", 2000, 3000, 2000, 3000),
        Span("silent", 3200, 3900, 3200, 3900),
    ]
    found = onsets_ms(tmp_path / "s.flac", spans, no_tick)
    assert found == {"a": pytest.approx(1020, abs=2), "b": pytest.approx(2200, abs=2)}


def test_clashes_are_pairs_that_did_not_meet_in_the_source() -> None:
    spans = [
        Span("a", 0, 1000, 0, 2500),
        Span("b", 900, 1500, 900, 1500),
        Span("c", 2000, 3000, 2000, 3000),
    ]
    assert clashes(spans) == 1
