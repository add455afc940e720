"""pyannote.audio in a process of its own: reads a talk in chunks and writes what it hears as JSON.

    python -m polydub_diarization.engines.pyannote_child '<Orders as JSON>'

What it tells stands in ``chunks.py``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
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
_LEAST_SAMPLES = RATE_HZ
"""Shorter sound is filled up with silence: there would be no frame in it to describe a voice by."""
_SHARES = {"segmentation": (0.0, 0.3), "embeddings": (0.3, 1.0)}
"""What of the work each step is, roughly."""


@dataclass(frozen=True)
class Orders:
    """What the child is to do. Of speakers 0 means: find out."""

    sound: str
    model: str
    speakers: int
    least_speakers: int
    most_speakers: int
    device: str
    threads: int
    chunk_ms: int


class Listener:
    """The pipeline, loaded."""

    def __init__(self, orders: Orders) -> None:
        self._torch: Any = importlib.import_module("torch")
        self._torch.set_num_threads(orders.threads)
        pyannote: Any = importlib.import_module("pyannote.audio")
        self._pipeline = pyannote.Pipeline.from_pretrained(orders.model)
        self._move(orders.device)

    def _move(self, wanted: str) -> None:
        has_cuda = self._torch.cuda.is_available()
        self.device = "cuda" if wanted == "auto" and has_cuda else wanted.replace("auto", "cpu")
        try:
            self._pipeline.to(self._torch.device(self.device))
        except self._torch.OutOfMemoryError:
            tell(note="The GPU's memory is full: the CPU does the work.")
            self._move("cpu")

    def _make_room(self) -> None:
        """Smaller batches first, then the CPU, which is slow but gets there."""
        self._torch.cuda.empty_cache()
        if max(self._pipeline.segmentation_batch_size, self._pipeline.embedding_batch_size) > 1:
            tell(note="The GPU's memory is full: it goes on in the smallest batches.")
            self._pipeline.segmentation_batch_size = self._pipeline.embedding_batch_size = 1
            return
        tell(note="The GPU's memory is full: the CPU goes on.")
        self._pipeline.to(self._torch.device("cpu"))
        self.device = "cpu"

    def listen(self, orders: Orders) -> Iterator[Chunk]:
        """The talk's chunks, one after another."""
        sound = open_sound(Path(orders.sound))
        spans = list(chunks(sound.duration_ms, orders.chunk_ms))
        for span in spans:
            yield self._hear(sound, span, _bounds(orders, whole=len(spans) == 1))

    def _hear(self, sound: Sound, span: Span, bounds: Mapping[str, int]) -> Chunk:
        first_ms = max(0, span.start_ms - CONTEXT_MS)
        samples = sound.read(first_ms, span.end_ms + CONTEXT_MS)
        report = _Report(span, sound.duration_ms)
        found = self._run(samples, bounds, report)
        return _chunk(found, span, first_ms, sound.duration_ms)

    def _run(self, samples: Samples, bounds: Mapping[str, int], report: _Report) -> Any:
        filled = np.pad(samples, (0, max(0, _LEAST_SAMPLES - len(samples))))
        file = {"waveform": self._torch.from_numpy(filled)[None], "sample_rate": RATE_HZ}
        while True:
            try:
                return self._pipeline(file, hook=report.step, **bounds)
            except self._torch.OutOfMemoryError:
                if self.device == "cpu":
                    raise
                self._make_room()


@dataclass
class _Report:
    """Tells how far a chunk is."""

    span: Span
    duration_ms: int
    highest: float = 0.0

    def step(
        self,
        name: str,
        artifact: Any = None,
        file: Any = None,
        total: int | None = None,
        completed: int | None = None,
    ) -> None:
        """What pyannote calls while it works."""
        if name not in _SHARES or not total or completed is None:
            return
        start, end = _SHARES[name]
        # pyannote counts whole batches, also where the last one is not full.
        share = start + (end - start) * min(1.0, completed / total)
        done_ms = self.span.start_ms + self.span.length_ms * share
        self.highest = max(self.highest, done_ms / self.duration_ms)
        tell(done=self.highest)


def _chunk(found: Any, span: Span, first_ms: int, duration_ms: int) -> Chunk:
    """pyannote's answer: whose the floor is from the exclusive turns, overlaps from the others."""

    def place(segment: Any) -> tuple[int, int]:
        start, end = (first_ms + round(seconds * 1000) for seconds in segment)
        return max(0, start), min(duration_ms, end)

    labels = found.speaker_diarization.labels()
    turns = [
        LocalTurn(*place(segment), labels.index(label))
        for segment, _, label in found.exclusive_speaker_diarization.itertracks(yield_label=True)
    ]
    overlaps = [place(segment) for segment in found.speaker_diarization.get_overlap()]
    voices = np.nan_to_num(found.speaker_embeddings)
    return Chunk(span.start_ms, span.end_ms, turns, voices.tolist(), overlaps)


def _bounds(orders: Orders, whole: bool) -> dict[str, int]:
    """The numbers of speakers as the pipeline takes them.

    Args:
        whole: whether the talk is heard in one chunk. In one of several not all need speak.
    """
    if orders.speakers:
        return {"num_speakers" if whole else "max_speakers": orders.speakers}
    bounds = {"min_speakers": orders.least_speakers if whole else 0}
    bounds["max_speakers"] = orders.most_speakers
    return {name: number for name, number in bounds.items() if number}


def _quiet() -> None:
    """No telemetry, no downloads, and nothing on standard output but what is told."""
    os.environ.update(PYANNOTE_METRICS_ENABLED="0", HF_HUB_OFFLINE="1")
    sys.stdout = sys.stderr
    # Among them a page on torchcodec, which is not used: the pipeline is given samples.
    warnings.filterwarnings("ignore", module=r"pyannote\.")


def main(arguments: Iterable[str]) -> None:
    (text,) = arguments
    orders = Orders(**json.loads(text))
    _quiet()
    listener = Listener(orders)
    tell(loaded=True)
    for chunk in listener.listen(orders):
        tell(chunk=asdict(chunk))
    tell(end=True)


if __name__ == "__main__":
    main(sys.argv[1:])
