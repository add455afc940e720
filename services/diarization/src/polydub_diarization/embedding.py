"""Speaker embeddings: mel windows of speech, and the GE2E network over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import onnxruntime

from polydub.pcm import RATE_HZ, Samples
from polydub_diarization.ge2e import EMBEDDING, MEL_BANDS
from polydub_diarization.spans import Span
from polydub_diarization.vad import session_options

WINDOW_MS = 1600
"""What the network was trained on: 160 mel frames."""
HOP_MS = 400
_MEL_HOP_MS = 10
_WINDOW_FRAMES = WINDOW_MS // _MEL_HOP_MS
_FFT = 400
_FFT_HOP = RATE_HZ * _MEL_HOP_MS // 1000
_BATCH = 32

Mels = npt.NDArray[np.float32]
Embeddings = npt.NDArray[np.float32]


def windows(region: Span) -> list[Span]:
    """Windows of 1.6 s every 0.4 s over a region, the last one flush with its end.

    A region shorter than a window is one window by itself.
    """
    last = region.end_ms - WINDOW_MS
    if last <= region.start_ms:
        return [region]
    starts = [*range(region.start_ms, last, HOP_MS), last]
    return [Span(start, start + WINDOW_MS) for start in starts]


def mel_windows(samples: Samples, region: Span, cuts: Sequence[Span]) -> Mels:
    """The mel frames under each window, shape (windows, 160, 40); short ones are repeated.

    Args:
        samples: the region's sound.
    """
    frames = mel_spectrogram(samples)
    taken = []
    for cut in cuts:
        first = (cut.start_ms - region.start_ms) // _MEL_HOP_MS
        piece = frames[min(first, len(frames) - 1) :][:_WINDOW_FRAMES]
        taken.append(np.resize(piece, (_WINDOW_FRAMES, MEL_BANDS)))
    return np.stack(taken)


def mel_spectrogram(samples: Samples) -> Mels:
    """Mel power (not log) as the encoder was trained on, shape (1 + n // 160, 40).

    Equal to ``librosa.feature.melspectrogram`` at 16 kHz with 25 ms windows every 10 ms and 40
    bands: periodic Hann window, frames centred, zeros beyond the ends, Slaney's mel scale.
    """
    padded = np.pad(samples.astype(np.float32), _FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_FFT_HOP]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    mel: Mels = power.astype(np.float32) @ _mel_filters().T
    return mel


@cache
def _hann() -> npt.NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)).astype(np.float32)


@cache
def _mel_filters() -> npt.NDArray[np.float32]:
    """Triangles of unit area on Slaney's mel scale (Auditory Toolbox, 1998), shape (40, 201)."""
    frequencies = np.linspace(0, RATE_HZ / 2, _FFT // 2 + 1)
    corners = _mel_to_hz(np.linspace(0, _hz_to_mel(RATE_HZ / 2), MEL_BANDS + 2))
    widths = np.diff(corners)
    ramps = corners[:, None] - frequencies[None]
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    scaled = triangles * (2 / (corners[2:] - corners[:-2]))[:, None]
    filters: npt.NDArray[np.float32] = scaled.astype(np.float32)
    return filters


# Slaney's scale: linear below 1 kHz, logarithmic above.
_LINEAR_HZ = 200 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27


def _hz_to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _LINEAR_HZ
    return float(_KNEE_MEL + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HZ, above)


class SpeakerEncoder:
    """The GE2E network in onnxruntime. Calls may run side by side."""

    def __init__(self, network: bytes, threads: int) -> None:
        self._session = onnxruntime.InferenceSession(
            network, session_options(threads), providers=["CPUExecutionProvider"]
        )

    def embed(self, mels: Mels) -> Embeddings:
        """Unit vectors, shape (n, 256), for mel windows of shape (n, 160, 40)."""
        return np.concatenate(
            [np.zeros((0, EMBEDDING), np.float32), *(self._run(b) for b in _batches(mels))]
        )

    def _run(self, mels: Mels) -> Embeddings:
        found: Embeddings = self._session.run(None, {"mel": mels})[0]
        return found


def _batches(mels: Mels) -> Iterator[Mels]:
    for first in range(0, len(mels), _BATCH):
        yield mels[first : first + _BATCH]
