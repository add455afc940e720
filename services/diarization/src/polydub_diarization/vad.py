"""Voice activity: the Silero network over a stream of blocks, and spans from what it says.

The network is the ONNX file in the ``silero_vad`` wheel (MIT). The package itself is never
imported, because its ``__init__`` needs torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from polydub.pcm import RATE_HZ, Samples
from polydub_diarization.spans import Span

FRAME_SAMPLES = 512
FRAME_MS = FRAME_SAMPLES * 1000 // RATE_HZ
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (2, 1, 128)

Probabilities = npt.NDArray[np.float32]

CONVINCING = 0.85
"""Mean probability of a span in the voice estimate, from which it is believed.

What denoisers leave of a guitar alone reached .69; voices under music at -5 dB were above .98.
"""


@dataclass(frozen=True)
class Hysteresis:
    """How frames become spans. The thresholds are those of Silero's own iterator."""

    enter: float = 0.5
    leave: float = 0.35
    shortest_speech_ms: int = 200
    shortest_silence_ms: int = 150


def model_path() -> Path | None:
    """The network's file inside the installed wheel; None where the wheel is missing."""
    spec = importlib.util.find_spec("silero_vad")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "silero_vad_16k_op15.onnx"
        if path.is_file():
            return path
    return None


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """For networks that share a machine with others: no more threads than these."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


class SileroVad:
    """The network. It keeps no state between calls, so that calls may run side by side."""

    def __init__(self, model: Path) -> None:
        self._session = onnxruntime.InferenceSession(
            str(model), session_options(1), providers=["CPUExecutionProvider"]
        )

    def stream(self, blocks: Iterable[Samples]) -> Iterator[Probabilities]:
        """The probability of speech of each 32 ms frame, one array per block.

        Args:
            blocks: consecutive sound at 16 kHz; each but the last a whole number of frames.
        """
        state = np.zeros(_STATE_SHAPE, np.float32)
        context = np.zeros(_CONTEXT_SAMPLES, np.float32)
        rate = np.array(RATE_HZ, np.int64)
        for block in blocks:
            padded = np.pad(block, (0, -len(block) % FRAME_SAMPLES)).astype(np.float32)
            found = np.empty(len(padded) // FRAME_SAMPLES, np.float32)
            for index, frame in enumerate(padded.reshape(-1, FRAME_SAMPLES)):
                given = {
                    "input": np.concatenate((context, frame))[None],
                    "state": state,
                    "sr": rate,
                }
                probability, state = self._session.run(None, given)
                found[index] = probability.item()
                context = frame[-_CONTEXT_SAMPLES:]
            yield found


def speech_spans(
    probabilities: Probabilities, duration_ms: int, rule: Hysteresis | None = None
) -> list[Span]:
    """Spans of speech, in order and apart from each other.

    Speech begins with a frame at or above ``enter`` and ends where all frames stay below
    ``leave`` for ``shortest_silence_ms``. Spans shorter than ``shortest_speech_ms`` are dropped.

    Args:
        probabilities: one per 32 ms frame, shape (n,).
    """
    rule = rule or Hysteresis()
    spans: list[Span] = []
    start: int | None = None
    quiet: int | None = None

    def close(start_ms: int, end_ms: int) -> None:
        span = Span(start_ms, min(end_ms, duration_ms))
        if span.length_ms >= rule.shortest_speech_ms:
            spans.append(span)

    for index, probability in enumerate(probabilities):
        now = index * FRAME_MS
        if start is None:
            if probability >= rule.enter:
                start, quiet = now, None
        elif probability >= rule.leave:
            quiet = None
        else:
            quiet = now if quiet is None else quiet
            if now + FRAME_MS - quiet >= rule.shortest_silence_ms:
                close(start, quiet)
                start = None
    if start is not None:
        close(start, duration_ms if quiet is None else quiet)
    return spans


def with_voice(heard: Probabilities, alone: Probabilities) -> Probabilities:
    """What was heard in the talk, and beside it what was surely heard in its voice estimate.

    Loud music can hide a voice from the network, which separation brings back; but separation
    also leaves residues that sound a little like voices.

    Args:
        heard, alone: probabilities per frame of the two sounds; their lengths may differ.
    """
    either = heard.copy()
    for span in speech_spans(alone, len(alone) * FRAME_MS):
        frames = slice(span.start_ms // FRAME_MS, span.end_ms // FRAME_MS)
        if alone[frames].mean() >= CONVINCING:
            shared = slice(frames.start, min(frames.stop, len(either)))
            either[shared] = np.maximum(either[shared], alone[shared])
    return either
