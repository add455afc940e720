"""What all neural engines share: a file through a network in pieces."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.blocking import no_tick
from polydub_separation.engines import stems
from polydub_separation.engines.crossfade import Pieces
from polydub_separation.engines.stems import VoiceNetwork

pytestmark = pytest.mark.unit

RATE_HZ = 16_000
HALF = VoiceNetwork(RATE_HZ, Pieces(5 * RATE_HZ, RATE_HZ // 2), lambda sound: sound * 0.5)
"""A network for which half of everything is voice."""


def peak_of(folder: Path, seconds: int) -> int:
    """The most memory that a file takes, in bytes."""
    original = folder / f"{seconds}.flac"
    sound = np.random.default_rng(0).normal(0, 0.1, seconds * RATE_HZ).astype(np.float32)
    soundfile.write(original, sound, RATE_HZ)
    del sound
    tracemalloc.start()
    stems.separate(HALF, original, folder, no_tick)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Ten minutes like one, but for the power of each 10 ms, of the talk and of its voice."""
    longer = peak_of(tmp_path, 600) - peak_of(tmp_path, 60)
    assert longer < 540 * 100 * 2 * np.dtype(np.float32).itemsize * 4


def test_half_and_half(tmp_path: Path) -> None:
    original = tmp_path / "original.flac"
    sound = np.random.default_rng(1).normal(0, 0.1, (20 * RATE_HZ, 2)).astype(np.float32)
    soundfile.write(original, sound, RATE_HZ, subtype="PCM_24")
    done = stems.separate(HALF, original, tmp_path, no_tick)
    bed, _ = soundfile.read(done.bed, dtype="float32")
    assert np.abs(bed - sound / 2).max() < 1e-6
    assert done.speech_fraction == 1
