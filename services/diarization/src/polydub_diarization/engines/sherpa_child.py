"""sherpa-onnx in a process of its own: reads a talk in chunks and writes what it hears as JSON.

A process of its own, because the library holds Python's lock while it works, and ends its process
where it meets a model that it does not understand. Being a child it can also be stopped at once,
and gives all its memory back.

    python -m polydub_diarization.engines.sherpa_child '<Orders as JSON>'

What it tells stands in ``chunks.py``.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polydub.pcm import RATE_HZ, Samples
from polydub_diarization.engines.chunks import Chunk, LocalTurn, chunks, tell
from polydub_diarization.sound import Sound, open_sound
from polydub_diarization.spans import Span

CONTEXT_MS = 10_000
"""Heard on either side of a chunk: one window of the segmentation network."""
_SHORTEST_TURN_S = 0.3
_SHORTEST_PAUSE_S = 0.3
_LISTEN_MS = 30_000
"""As much of a voice as is taken to describe it."""
_LEAST_SAMPLES = RATE_HZ


@dataclass(frozen=True)
class Orders:
    """What the child is to do."""

    sound: str
    segmentation: str
    embedding: str
    speakers: int
    threshold: float
    threads: int
    chunk_ms: int


class _Listener:
    """The models, loaded."""

    def __init__(self, orders: Orders) -> None:
        sherpa: Any = importlib.import_module("sherpa_onnx")
        describing = sherpa.SpeakerEmbeddingExtractorConfig(
            model=orders.embedding, num_threads=orders.threads
        )
        pyannote = sherpa.OfflineSpeakerSegmentationPyannoteModelConfig(model=orders.segmentation)
        self._diarization = sherpa.OfflineSpeakerDiarization(
            sherpa.OfflineSpeakerDiarizationConfig(
                segmentation=sherpa.OfflineSpeakerSegmentationModelConfig(
                    pyannote=pyannote, num_threads=orders.threads
                ),
                embedding=describing,
                clustering=sherpa.FastClusteringConfig(
                    num_clusters=orders.speakers or -1, threshold=orders.threshold
                ),
                min_duration_on=_SHORTEST_TURN_S,
                min_duration_off=_SHORTEST_PAUSE_S,
            )
        )
        self._extractor = sherpa.SpeakerEmbeddingExtractor(describing)
        # Of a network without the right description it makes an empty object; this finds it out.
        assert self._extractor.dim > 0

    def hear(self, sound: Sound, span: Span) -> Chunk:
        first_ms = max(0, span.start_ms - CONTEXT_MS)
        samples = sound.read(first_ms, span.end_ms + CONTEXT_MS)
        turns = self._turns(samples, first_ms, sound.duration_ms, span)
        voices = sorted({turn.voice for turn in turns})
        return Chunk(
            span.start_ms,
            span.end_ms,
            [LocalTurn(t.start_ms, t.end_ms, voices.index(t.voice)) for t in turns],
            [self._describe(sound, turns, voice) for voice in voices],
        )

    def _turns(
        self, samples: Samples, first_ms: int, duration_ms: int, span: Span
    ) -> list[LocalTurn]:
        def heard(pieces: int, of: int) -> int:
            done_ms = span.start_ms + span.length_ms * pieces / of
            tell(done=done_ms / duration_ms)
            return 0

        found = self._diarization.process(samples, callback=heard).sort_by_start_time()
        return [
            LocalTurn(
                first_ms + round(turn.start * 1000),
                min(duration_ms, first_ms + round(turn.end * 1000)),
                turn.speaker,
            )
            for turn in found
        ]

    def _describe(self, sound: Sound, turns: Sequence[LocalTurn], voice: int) -> list[float]:
        spans = _alone(turns, voice)
        samples = np.concatenate([sound.read(s.start_ms, s.end_ms) for s in spans])
        if len(samples) < _LEAST_SAMPLES:
            samples = np.resize(samples, _LEAST_SAMPLES)
        stream = self._extractor.create_stream()
        stream.accept_waveform(RATE_HZ, samples)
        stream.input_finished()
        return list(self._extractor.compute(stream))


def _alone(turns: Sequence[LocalTurn], voice: int) -> list[Span]:
    """The voice's longest turns without others', or with them where there are no such."""
    own = [turn for turn in turns if turn.voice == voice]
    others = [turn for turn in turns if turn.voice != voice]
    clear = [
        turn
        for turn in own
        if not any(o.start_ms < turn.end_ms and turn.start_ms < o.end_ms for o in others)
    ]
    chosen: list[Span] = []
    left_ms = _LISTEN_MS
    for turn in sorted(clear or own, key=lambda turn: turn.start_ms - turn.end_ms):
        if left_ms > 0:
            chosen.append(Span(turn.start_ms, min(turn.end_ms, turn.start_ms + left_ms)))
            left_ms -= chosen[-1].length_ms
    return chosen


def main() -> None:
    orders = Orders(**json.loads(sys.argv[1]))
    listener = _Listener(orders)
    tell(loaded=True)
    sound = open_sound(Path(orders.sound))
    for span in chunks(sound.duration_ms, orders.chunk_ms):
        tell(chunk=asdict(listener.hear(sound, span)))
    tell(end=True)


if __name__ == "__main__":
    main()
