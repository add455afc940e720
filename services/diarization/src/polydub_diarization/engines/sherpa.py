"""Neural diarization on a CPU without torch: sherpa-onnx with pyannote's segmentation network.

The talk is heard in chunks of ten minutes, each with context, so that memory does not depend on its
length (the library's own clustering needs memory for every pair of windows). Within a chunk the
library finds the turns and voices; one embedding of each voice then links the chunks.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polydub import process
from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.fingerprint import fingerprint
from polydub_diarization.engines import sherpa_child
from polydub_diarization.engines.base import DiarizationEngine, Diarized
from polydub_diarization.engines.sherpa_child import Chunk, Orders
from polydub_diarization.linking import joined, link, merged
from polydub_diarization.sound import Talk
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn

SEGMENTATION, EMBEDDING = "segmentation.onnx", "embedding.onnx"
CHUNK_MS = 600_000
_RECIPE = 1
"""Raised whenever this engine's results change."""
_LONGEST_LINE = 2**24


class SherpaDiarization(DiarizationEngine):
    """pyannote segmentation and speaker embeddings in ONNX; hears overlaps.

    Args:
        model_dir: holds ``segmentation.onnx`` and ``embedding.onnx``.
        threshold: the cosine distance from which two voices are two people.
        chunk_ms: how much is heard at once.
    """

    id: ClassVar[str] = "sherpa"

    def __init__(
        self,
        *,
        model_dir: Path,
        threshold: float,
        threads: int,
        timeout_s: float,
        chunk_ms: int = CHUNK_MS,
    ) -> None:
        super().__init__(timeout_s)
        self._models = (model_dir / SEGMENTATION, model_dir / EMBEDDING)
        self._threshold = threshold
        self._threads = threads
        self._chunk_ms = chunk_ms

    def capabilities(self) -> Capabilities:
        models = "-".join(_fingerprint(path) for path in self._models)
        return Capabilities(
            name="pyannote segmentation + speaker embeddings (sherpa-onnx)",
            version=f"{_RECIPE}+sherpa{_version()}+{models}+{self._threshold:g}",
            quality=Quality.STANDARD,
            licence="Apache-2.0 (sherpa-onnx); the models have their own",
            commercial_use=True,
            neural=True,
            limits=(
                "Where the number of speakers is not given, it hangs on a threshold that suits "
                "one embedding model better than another.",
                "At most three people are told apart within ten seconds.",
            ),
        )

    def available(self) -> Availability:
        if importlib.util.find_spec("sherpa_onnx") is None:
            return Availability.no(
                "the package sherpa-onnx is not installed",
                "Run `pip install 'polydub-diarization[sherpa]'`.",
            )
        missing = [path.name for path in self._models if not path.is_file()]
        if missing:
            return Availability.no(
                f"there is no {' and no '.join(missing)}",
                f"Put {SEGMENTATION} and {EMBEDDING} into {self._models[0].parent} "
                "(POLYDUB_MODEL_DIR).",
            )
        return Availability.yes()

    async def _diarize(self, talk: Talk, speakers: int, on_progress: OnProgress | None) -> Diarized:
        segmentation, embedding = self._models
        orders = Orders(
            sound=str(talk.sound.path),
            segmentation=str(segmentation),
            embedding=str(embedding),
            speakers=speakers,
            threshold=self._threshold,
            threads=self._threads,
            chunk_ms=self._chunk_ms,
        )
        return assembled(await _listen(orders, on_progress), speakers, self._threshold)


def assembled(chunks: Sequence[Chunk], speakers: int, threshold: float) -> Diarized:
    """The chunks' turns on one timeline, with voices that mean the same in all of them.

    Turns are cut where a chunk's own part ends: what was heard beyond is context.
    """
    voices = [voice for chunk in chunks for voice in chunk.voices]
    if not voices:
        return Diarized((), ())
    names = iter(link(np.array(voices, np.float32), speakers, threshold))
    turns: list[Turn] = []
    for chunk in chunks:
        own = [str(next(names)) for _ in chunk.voices]
        for turn in chunk.turns:
            span = Span(max(turn.start_ms, chunk.start_ms), min(turn.end_ms, chunk.end_ms))
            if span.length_ms > 0:
                turns.append(Turn(own[turn.voice], span))
    whole = joined(turns)
    return Diarized(tuple(whole), tuple(merged([turn.span for turn in whole])))


async def _listen(orders: Orders, on_progress: OnProgress | None) -> list[Chunk]:
    """Runs the child and collects what it tells."""
    chunks: list[Chunk] = []
    heard: set[str] = set()
    async with _child(orders) as child:
        async for line in _lines(child):
            heard |= line.keys()
            if "chunk" in line:
                chunks.append(sherpa_child.chunk_of(line["chunk"]))
            elif "done" in line and on_progress is not None:
                await on_progress(line["done"])
        await child.wait()
    if "loaded" not in heard:
        raise EngineFailed(
            f"{SEGMENTATION} or {EMBEDDING} is damaged, or a model of another kind.",
            retryable=False,
        )
    if "end" not in heard:
        raise EngineFailed(f"sherpa-onnx broke off (status {child.returncode}).")
    return chunks


@asynccontextmanager
async def _child(orders: Orders) -> AsyncIterator[asyncio.subprocess.Process]:
    """The running child; killed where the caller does not wait for its end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", sherpa_child.__name__, json.dumps(asdict(orders)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        await process.kill(child)


async def _lines(child: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    assert child.stdout is not None
    async for line in child.stdout:
        fields: dict[str, Any] = json.loads(line)
        yield fields


def _version() -> str:
    try:
        return metadata.version("sherpa-onnx")
    except metadata.PackageNotFoundError:
        return "?"


def _fingerprint(path: Path) -> str:
    """What a model is known by in artifacts' digests; ``none`` while it is not there."""
    try:
        return fingerprint([path])
    except OSError:
        return "none"
