"""Neural separation on a CPU without torch: UVR's MDX networks or Spleeter in sherpa-onnx."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from polydub.blocking import OnProgress, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.fingerprint import fingerprint
from polydub_separation.engines import stems
from polydub_separation.engines.base import Separated, SeparationEngine
from polydub_separation.engines.crossfade import Pieces
from polydub_separation.engines.sherpa_network import (
    MODEL,
    SPLEETER,
    SherpaNetwork,
    model_files,
    works,
)
from polydub_separation.engines.stems import VoiceNetwork

Samples = npt.NDArray[np.float32]
Stem = Literal["voice", "background"]

_RECIPE = 1
"""Raised whenever this engine's results change."""
_EDGE_S = 0.5


class SherpaUvrEngine(SeparationEngine):
    """Takes out what the network calls vocals; the language does not matter.

    Args:
        model_dir: holds ``model.onnx``, or ``vocals.onnx`` and ``accompaniment.onnx``.
        stem: what an UVR network gives; some are trained to give the background.
    """

    id: ClassVar[str] = "sherpa-uvr"

    def __init__(
        self, *, model_dir: Path, stem: Stem = "voice", threads: int = 2, timeout_s: float = 3600.0
    ) -> None:
        super().__init__(timeout_s)
        self._folder = model_dir
        self._stem = stem
        self._threads = threads

    def capabilities(self) -> Capabilities:
        model = fingerprint(model_files(self._folder))
        return Capabilities(
            name="UVR or Spleeter (sherpa-onnx)",
            version=f"{_RECIPE}+sherpa{_version()}+{model}+{self._stem}",
            quality=Quality.STUDIO,
            licence="Apache-2.0 (sherpa-onnx); the model has its own",
            commercial_use=True,
            neural=True,
            limits=(
                "Singing is taken for voice.",
                "Of surround sound each channel is worked on by itself, which takes longer.",
            ),
        )

    def available(self) -> Availability:
        if importlib.util.find_spec("sherpa_onnx") is None:
            return Availability.no(
                "the package sherpa-onnx is not installed",
                "Run `pip install 'polydub-separation[sherpa]'`.",
            )
        if not model_files(self._folder):
            return Availability.no(
                f"there is no {MODEL}, nor {' and '.join(SPLEETER)}",
                "Run `polydub models pull`, or put "
                f"{MODEL} (UVR), or {' and '.join(SPLEETER)} (Spleeter), into {self._folder} "
                "(POLYDUB_MODEL_DIR).",
            )
        return Availability.yes()

    def _load(self) -> None:
        if not works(self._folder, self._threads):
            raise EngineFailed(
                f"{self.id}'s model is damaged, or a model of another kind.", retryable=False
            )
        self._network = SherpaNetwork(self._folder, self._threads)

    async def _separate(
        self, original: Path, out_dir: Path, on_progress: OnProgress | None
    ) -> Separated:
        rate_hz = self._network.rate_hz
        pieces = Pieces(round(self._network.body_s * rate_hz), round(_EDGE_S * rate_hz))
        network = VoiceNetwork(rate_hz, pieces, self._voice_of)
        return await run_blocking(
            lambda tick: stems.separate(network, original, out_dir, tick), on_progress=on_progress
        )

    def _voice_of(self, sound: Samples) -> Samples:
        found = self._network.first_stem(sound)
        return found if self._stem == "voice" else sound - found


def _version() -> str:
    try:
        return metadata.version("sherpa-onnx")
    except metadata.PackageNotFoundError:
        return "?"
