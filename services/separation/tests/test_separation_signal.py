"""The pieces of the engine that need no engine: resampling, masks, gate, downmix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from polydub_separation.downmix import weights_of_layout
from polydub_separation.engines.activity import Heard, gate_at
from polydub_separation.engines.masking import Masker
from polydub_separation.engines.resampling import StreamResampler

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(1)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32) * np.float32(0.1)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(44_100, 48_000), (48_000, 16_000), (8_000, 48_000), (22_050, 48_000)]
)
def test_resampling_in_blocks_is_resampling_at_once(from_hz: int, to_hz: int) -> None:
    whole = noise(from_hz // 2 + 77)
    stream = StreamResampler(from_hz, to_hz)
    pieces = [stream.push(block) for block in np.array_split(whole, 23)]
    joined = np.concatenate([*pieces, stream.finish()])
    expected = resample_poly(whole, to_hz, from_hz)
    assert len(joined) == len(expected)
    assert np.abs(joined - expected).max() < 1e-5


def test_the_same_rate_passes_through() -> None:
    block = noise(100)
    assert StreamResampler(48_000, 48_000).push(block) is block


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_no_voice_no_change(rate_hz: int) -> None:
    masker = Masker(rate_hz)
    count = 4 * masker.context // masker.hop * masker.hop
    sound = noise(count, 2)
    out = masker.remove(sound, np.zeros(count, np.float32))
    inside = slice(masker.context, -masker.context)
    assert np.abs(out[inside] - sound[inside]).max() < 1e-5


def test_the_voice_is_found_at_its_level_in_each_channel() -> None:
    masker = Masker(48_000)
    count = 4 * masker.context
    voice = noise(count)
    sound = np.stack([voice * 2, voice * 0.1, np.zeros_like(voice)], axis=1) + noise(count, 3) / 50
    inside = masker.remove(sound, voice)[masker.context : -masker.context]
    left_db = 20 * np.log10(inside.std(axis=0) / sound.std(axis=0))
    assert left_db[0] < -20
    assert left_db[1] < -15
    assert left_db[2] > -1, "a channel without the voice keeps its sound"


def heard(speech: slice, *, gap_power: float, residue: float, frames: int = 1000) -> Heard:
    probability = np.zeros(frames, np.float32)
    probability[speech] = 1
    mono = np.full(frames, gap_power, np.float32)
    voice = np.full(frames, 1e-9, np.float32)
    mono[speech], voice[speech] = 1 + residue, 1
    return Heard(probability, mono, voice)


def test_snr_is_voice_over_background() -> None:
    assert heard(slice(300, 700), gap_power=0.1, residue=0.1).snr_db() == pytest.approx(10, abs=1)
    assert heard(slice(0, 1000), gap_power=0, residue=0.1).snr_db() == pytest.approx(10, abs=1)


def test_gated_pauses_raise_the_snr_by_little() -> None:
    assert heard(slice(300, 700), gap_power=1e-9, residue=0.5).snr_db() < 14


def test_nobody_speaks() -> None:
    silent = heard(slice(0, 0), gap_power=0.1, residue=0)
    assert silent.snr_db() == 0
    assert silent.speech_fraction() == 0
    assert not silent.gate().any()


def test_probable_voice_without_power_is_no_speech() -> None:
    frames = np.ones(1000, np.float32)
    assert Heard(frames, frames, frames * np.float32(0.05)).speech_fraction() == 0


def test_the_gate_opens_around_speech_only() -> None:
    gate = heard(slice(300, 700), gap_power=0.1, residue=0.1).gate()
    opened = gate_at(gate, 0.0, 48_000, 480_000)
    assert opened.shape == (480_000,)
    assert opened[3 * 48_000 : 7 * 48_000].min() == pytest.approx(1)
    assert not opened[: int(2.5 * 48_000)].any()
    assert not opened[int(7.6 * 48_000) :].any()
    part = gate_at(gate, 2.9, 48_000, 4_800)
    assert part == pytest.approx(opened[int(2.9 * 48_000) :][:4_800], abs=1e-4)


@pytest.mark.parametrize(
    ("channels", "layout", "expected"),
    [
        (1, "mono", [1]),
        (2, "stereo", [0.5, 0.5]),
        (3, "", [1 / 3, 1 / 3, 1 / 3]),
        (6, "5.1", [1 / 6, 1 / 6, 2 / 6, 0, 1 / 6, 1 / 6]),
        (6, "", [1 / 6] * 6),
    ],
)
def test_downmix_weights(channels: int, layout: str, expected: list[float]) -> None:
    assert weights_of_layout(channels, layout) == pytest.approx(expected)
