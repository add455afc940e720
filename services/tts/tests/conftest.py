"""What the speech tests measure with: pitch, and what a recogniser makes of English."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import gcd
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from polydub.pcm import to_pcm
from polydub_tts.sound import Sound

# What several test modules import lies beside them; pytest's importlib mode adds no folder itself.
sys.path.append(str(Path(__file__).parent))

LOWEST_HZ, HIGHEST_HZ = 60, 400


def _median_f0_hz(sound: Sound) -> float:
    """Median of a normalised autocorrelation tracker over the voiced 40 ms frames."""
    rate, samples = sound.rate_hz, sound.samples.astype(np.float64)
    length, hop = rate * 40 // 1000, rate * 10 // 1000
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    window = np.hanning(length)
    auto = np.fft.irfft(np.abs(np.fft.rfft(frames * window, 4096)) ** 2)[:, :length]
    bias = np.fft.irfft(np.abs(np.fft.rfft(window, 4096)) ** 2)[:length]
    auto = auto / (auto[:, :1] + 1e-12) / (bias / bias[0] + 1e-9)
    shortest, longest = rate // HIGHEST_HZ, rate // LOWEST_HZ + 1
    lags = auto[:, shortest:longest]
    best = lags.max(axis=1)
    inner = lags[:, 1:-1]
    peaks = (inner > lags[:, :-2]) & (inner >= lags[:, 2:]) & (inner >= 0.9 * best[:, None])
    lag = np.where(peaks.any(axis=1), peaks.argmax(axis=1) + 1, lags.argmax(axis=1)) + shortest
    power = (frames**2).mean(axis=1)
    voiced = (best > 0.5) & (power > np.percentile(power, 95) * 1e-2)
    assert voiced.any(), "no voiced frame"
    return float(np.median(rate / lag[voiced]))


def _edits(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


@pytest.fixture(scope="session")
def median_f0_hz() -> Callable[[Sound], float]:
    """Gives the median pitch of speech in Hz."""
    return _median_f0_hz


@pytest.fixture(scope="session")
def word_error_rate() -> Callable[[list[str], list[Sound]], float]:
    """Gives the share of words that PocketSphinx gets wrong over several English sentences."""
    pocketsphinx = pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    decoder = pocketsphinx.Decoder(samprate=16000, loglevel="FATAL")

    def heard(sound: Sound) -> list[str]:
        factor = gcd(sound.rate_hz, 16000)
        wave = resample_poly(sound.samples, 16000 // factor, sound.rate_hz // factor) * 0.7
        noise = np.random.default_rng(0).normal(scale=1e-4, size=len(wave) + 6400)
        decoder.start_utt()
        decoder.process_raw(to_pcm(noise + np.pad(wave, 3200)), full_utt=True)
        decoder.end_utt()
        return decoder.hyp().hypstr.split() if decoder.hyp() else []

    def rate(sentences: list[str], sounds: list[Sound]) -> float:
        pairs = [
            (text.split(), heard(sound)) for text, sound in zip(sentences, sounds, strict=True)
        ]
        return sum(_edits(*pair) for pair in pairs) / sum(len(said) for said, _ in pairs)

    return rate
