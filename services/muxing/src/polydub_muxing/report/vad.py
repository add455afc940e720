"""Where speech is heard in a finished mix: the Silero network over a stream of blocks.

The network is the ONNX file in the ``silero_vad`` wheel (MIT). The package itself is never
imported, because its ``__init__`` needs torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from polydub_muxing.sound.loudness import Samples

RATE_HZ = 16_000
FRAME_SAMPLES = 512
FRAME_MS = FRAME_SAMPLES * 1000 // RATE_HZ
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (2, 1, 128)

# Silero's own iterator enters and leaves speech at these, and takes no shorter ones for either.
_ENTER, _LEAVE = 0.5, 0.35
_SHORTEST_SPEECH_MS, _SHORTEST_SILENCE_MS = 200, 150

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Speech:
    """Someone speaks from here to there."""

    start_ms: float
    end_ms: float


def find_model() -> Path | None:
    """The network's file inside the installed wheel; None where the wheel is missing."""
    spec = importlib.util.find_spec("silero_vad")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "silero_vad_16k_op15.onnx"
        if path.is_file():
            return path
    return None


class SpeechDetector:
    """The network over one stream of sound, fed block by block."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(RATE_HZ, np.int64)
        self._state = np.zeros(_STATE_SHAPE, np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, np.float32)

    def feed(self, block: Samples) -> Probabilities:
        """How likely each frame of 32 ms is speech, shape (frames,).

        Args:
            block: the next mono samples at 16 kHz; a whole number of frames.
        """
        return np.array([self._frame(frame) for frame in _frames(block)], np.float32)

    def _frame(self, frame: Samples) -> float:
        given = {
            "input": np.concatenate((self._context, frame))[None],
            "state": self._state,
            "sr": self._rate,
        }
        probability, self._state = self._session.run(None, given)
        self._context = frame[-_CONTEXT_SAMPLES:]
        return float(probability.item())


def _frames(block: Samples) -> Iterator[Samples]:
    yield from block.reshape(-1, FRAME_SAMPLES)


def speech(probabilities: Probabilities) -> list[Speech]:
    """Stretches of speech, in order and apart from each other.

    A stretch starts where the probability, drawn as a line from frame to frame, crosses the
    threshold: that is finer than a frame.
    """
    found: list[Speech] = []
    start_ms: float | None = None
    quiet_ms = 0.0
    before = 0.0
    for index, probability in enumerate([*probabilities.tolist(), *_SILENCE]):
        now_ms = float(index * FRAME_MS)
        if start_ms is None:
            if probability >= _ENTER:
                rise = (_ENTER - before) / (probability - before)
                start_ms, quiet_ms = max(0.0, now_ms - FRAME_MS * (1 - rise)), now_ms + FRAME_MS
        elif probability >= _LEAVE:
            quiet_ms = now_ms + FRAME_MS
        elif now_ms + FRAME_MS - quiet_ms >= _SHORTEST_SILENCE_MS:
            if quiet_ms - start_ms >= _SHORTEST_SPEECH_MS:
                found.append(Speech(start_ms, quiet_ms))
            start_ms = None
        before = probability
    return found


_SILENCE = (0.0,) * (_SHORTEST_SILENCE_MS // FRAME_MS + 1)
"""Ends what is still spoken when the sound ends."""
