"""Where long sound is cut, and how hotwords are written for the dictionary."""

from __future__ import annotations

import numpy as np
import pytest

from polydub.pcm import RATE_HZ
from polydub_asr.engines.pronunciation import to_cmudict, words_of
from polydub_asr.pieces import cut_when_quiet

pytestmark = pytest.mark.unit


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(int(seconds * RATE_HZ)).astype(np.float32) * 0.1


def test_short_sound_stays_whole() -> None:
    assert cut_when_quiet(noise(5)) == [0, 5 * RATE_HZ]
    assert cut_when_quiet(noise(0)) == [0, 0]


def test_long_sound_is_cut_in_its_pause() -> None:
    sound = noise(25)
    sound[int(13.8 * RATE_HZ) : int(14.2 * RATE_HZ)] = 0
    first, cut, last = cut_when_quiet(sound)
    assert (first, last) == (0, sound.size)
    assert 13.8 * RATE_HZ <= cut <= 14.2 * RATE_HZ


def test_no_piece_is_too_long_even_without_pauses() -> None:
    cuts = cut_when_quiet(noise(75))
    pieces_s = np.diff(cuts) / RATE_HZ
    assert pieces_s.max() <= 20
    assert pieces_s[:-1].min() >= 10
    assert cuts[-1] == 75 * RATE_HZ


@pytest.mark.parametrize(
    ("flite", "cmudict"),
    [
        ("pau k ax t pau", "K AH T"),
        ("pau b aa t el pau", "B AA T AH L"),
        ("pau", None),
        ("pau k xx pau", None),
        ("", None),
    ],
)
def test_phones(flite: str, cmudict: str | None) -> None:
    assert to_cmudict(flite) == cmudict


def test_hotwords_become_single_words() -> None:
    assert words_of(["Kubernetes cluster", "kubernetes", "-x", "42", "a" * 50]) == (
        "kubernetes",
        "cluster",
    )
