"""Neural diarization by pyannote.audio 4, on a GPU where there is one; needs torch.

The talk is heard in chunks of half an hour, each with context: pyannote keeps a chunk's samples and
its voices' embeddings, and compares each of these with each (about 0.3 GB for half an hour, four
times as much for an hour at once). One embedding of each voice then links the chunks.
"""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import ClassVar, Literal

from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, Quality
from polydub.fingerprint import fingerprint
from polydub_diarization.engines import pyannote_child
from polydub_diarization.engines.base import DiarizationEngine, Diarized
from polydub_diarization.engines.child import listen
from polydub_diarization.engines.chunks import assembled
from polydub_diarization.engines.pyannote_child import Orders
from polydub_diarization.sound import Talk

Device = Literal["auto", "cpu", "cuda"]

CONFIG = "config.yaml"
CHUNK_MS = 1_800_000
_RECIPE = 1
"""Raised whenever this engine's results change."""


class PyannoteDiarization(DiarizationEngine):
    """pyannote.audio's pipelines; hears overlaps.

    Args:
        model_dir: a pipeline's folder: ``config.yaml`` and the models it names. Its weights are
            pickles, which can run code when they are loaded: it must come from where one trusts.
        least_speakers, most_speakers: bounds where a job does not say how many speak; 0: none.
        link_threshold: the cosine distance from which voices of two chunks are two people.
        device: ``auto`` is CUDA where there is any; without memory there, the CPU goes on.
        chunk_ms: how much is heard at once.
    """

    id: ClassVar[str] = "pyannote"

    def __init__(
        self,
        *,
        model_dir: Path,
        threads: int,
        timeout_s: float,
        least_speakers: int = 0,
        most_speakers: int = 0,
        link_threshold: float = 0.5,
        device: Device = "auto",
        chunk_ms: int = CHUNK_MS,
    ) -> None:
        super().__init__(timeout_s)
        self._folder = model_dir
        self._threads = threads
        self._bounds = (least_speakers, most_speakers)
        self._link_threshold = link_threshold
        self._device = device
        self._chunk_ms = chunk_ms

    def capabilities(self) -> Capabilities:
        least, most = self._bounds
        model = fingerprint(_files(self._folder))
        return Capabilities(
            name=f"pyannote.audio ({self._folder.name})",
            version=f"{_RECIPE}+pyannote{_version()}+{model}+{least}-{most}"
            f"+{self._link_threshold:g}",
            quality=Quality.STUDIO,
            licence="MIT (pyannote.audio); the models have their own",
            commercial_use=True,
            neural=True,
            device=self._device,
            limits=(
                "At most three people are told apart within ten seconds.",
                "Talks over half an hour are heard in chunks of that length, whose voices are "
                "linked by one embedding each; a chunk takes about 0.5 GB beside the models.",
                "On a CPU it takes about as long as the talk lasts.",
            ),
        )

    def available(self) -> Availability:
        if not _installed():
            return Availability.no(
                "the package pyannote.audio is not installed",
                "Run `pip install 'polydub-diarization[pyannote]'`.",
            )
        if not (self._folder / CONFIG).is_file():
            return Availability.no(
                f"there is no {CONFIG} of a pyannote pipeline",
                "The weights are free but gated: accept the terms on the model's page "
                "(pyannote/speaker-diarization-community-1), set HF_TOKEN and run `polydub models "
                f"pull`, or put the pipeline's folder to {self._folder} (POLYDUB_MODEL_DIR).",
            )
        return Availability.yes()

    async def _diarize(self, talk: Talk, speakers: int, on_progress: OnProgress | None) -> Diarized:
        if not talk.sound.samples:
            return Diarized((), ())
        least, most = self._bounds
        orders = Orders(
            sound=str(talk.sound.path),
            model=str(self._folder),
            speakers=speakers,
            least_speakers=least,
            most_speakers=most,
            device=self._device,
            threads=self._threads,
            chunk_ms=self._chunk_ms,
        )
        heard = await listen(pyannote_child, asdict(orders), on_progress)
        return assembled(heard, speakers, self._link_threshold)


def _files(folder: Path) -> list[Path]:
    """What makes up a pipeline, but for what a download leaves beside it."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix in {".bin", ".npz", ".yaml", ".ckpt"}
    )


def _installed() -> bool:
    # Looking for the inner package raises where there is no outer one.
    return all(importlib.util.find_spec(name) for name in ("pyannote", "pyannote.audio"))


def _version() -> str:
    try:
        return metadata.version("pyannote.audio")
    except metadata.PackageNotFoundError:
        return "?"
