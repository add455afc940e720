"""Neural diarization on a CPU without torch: sherpa-onnx with pyannote's segmentation network.

The talk is heard in chunks of ten minutes, each with context, so that memory does not depend on its
length (the library's own clustering needs memory for every pair of windows). Within a chunk the
library finds the turns and voices; one embedding of each voice then links the chunks.
"""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import ClassVar

from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, Quality
from polydub.fingerprint import fingerprint
from polydub_diarization.engines import sherpa_child
from polydub_diarization.engines.base import DiarizationEngine, Diarized
from polydub_diarization.engines.child import listen
from polydub_diarization.engines.chunks import assembled
from polydub_diarization.engines.sherpa_child import Orders
from polydub_diarization.sound import Talk

SEGMENTATION, EMBEDDING = "segmentation.onnx", "embedding.onnx"
CHUNK_MS = 600_000
_RECIPE = 1
"""Raised whenever this engine's results change."""


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
                "Run `polydub models pull`, or put "
                f"{SEGMENTATION} and {EMBEDDING} into {self._models[0].parent} "
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
        heard = await listen(sherpa_child, asdict(orders), on_progress)
        return assembled(heard, speakers, self._threshold)


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
