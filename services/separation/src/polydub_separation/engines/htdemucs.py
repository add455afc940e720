"""Demucs: the best separation, on a GPU where there is one; needs torch."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import threading
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import structlog

from polydub.blocking import OnProgress, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.fingerprint import fingerprint
from polydub_separation.engines import stems
from polydub_separation.engines.base import Separated, SeparationEngine
from polydub_separation.engines.crossfade import Pieces
from polydub_separation.engines.stems import VoiceNetwork

Samples = npt.NDArray[np.float32]
Device = Literal["auto", "cpu", "cuda"]

log = structlog.get_logger(__name__)

MODEL = "htdemucs"
_VOICE = "vocals"
_RECIPE = 1
"""Raised whenever this engine's results change."""
_BODY_S, _EDGE_S = 6.6, 0.6
"""Together with its two edges a piece is what HTDemucs was trained on: 7.8 s."""

_FEWEST = 4096
"""Shorter pieces are filled up: Demucs divides by their standard deviation."""


class HtdemucsEngine(SeparationEngine):
    """Takes out what Demucs calls vocals; the language does not matter.

    Args:
        model_dir: a local repository of Demucs: ``htdemucs.yaml`` and the ``.th`` files it names.
            These are pickles, so they must come from where one trusts.
        device: ``auto`` is CUDA where there is any; without memory there, the CPU goes on.
    """

    id: ClassVar[str] = "htdemucs"

    def __init__(
        self, *, model_dir: Path, device: Device = "auto", timeout_s: float = 3600.0
    ) -> None:
        super().__init__(timeout_s)
        self._folder = model_dir
        self._device = device
        self._turn = threading.Lock()

    def capabilities(self) -> Capabilities:
        files = [path for path in sorted(self._folder.glob("*")) if path.is_file()]
        return Capabilities(
            name="Hybrid Transformer Demucs",
            version=f"{_RECIPE}+demucs{_version()}+{fingerprint(files)}",
            quality=Quality.STUDIO,
            licence="MIT (Demucs); the weights have their own",
            commercial_use=True,
            neural=True,
            device=self._device,
            limits=(
                "Singing is taken for voice.",
                "On a CPU it takes about as long as the file lasts.",
                "Of surround sound each channel is worked on by itself, which takes longer.",
            ),
        )

    def available(self) -> Availability:
        if importlib.util.find_spec("demucs") is None:
            return Availability.no(
                "the package demucs is not installed",
                "Run `pip install 'polydub-separation[demucs]'`.",
            )
        if not (self._folder / f"{MODEL}.yaml").is_file():
            return Availability.no(
                f"there is no {MODEL}.yaml",
                "Run `polydub models pull`, or put "
                f"{MODEL}.yaml and the .th files that it names into {self._folder} "
                "(POLYDUB_MODEL_DIR).",
            )
        return Availability.yes()

    def _load(self) -> None:
        self._torch: Any = importlib.import_module("torch")
        api: Any = importlib.import_module("demucs.api")
        loading: Any = importlib.import_module("demucs.repo").ModelLoadingError
        wanted = self._device
        if wanted == "auto":
            wanted = "cuda" if self._torch.cuda.is_available() else "cpu"
        try:
            # Shifts are random: without them equal input gives equal output.
            self._separator = api.Separator(
                model=MODEL, repo=self._folder, device=wanted, shifts=0, progress=False
            )
        except (loading, api.LoadModelError, *_DAMAGE) as error:
            raise EngineFailed(
                f"{self.id}'s model is damaged, or a model of another kind.", retryable=False
            ) from error

    async def _separate(
        self, original: Path, out_dir: Path, on_progress: OnProgress | None
    ) -> Separated:
        rate_hz = self._separator.samplerate
        pieces = Pieces(round(_BODY_S * rate_hz), round(_EDGE_S * rate_hz))
        network = VoiceNetwork(rate_hz, pieces, self._voice_of)
        return await run_blocking(
            lambda tick: stems.separate(network, original, out_dir, tick), on_progress=on_progress
        )

    def _voice_of(self, sound: Samples) -> Samples:
        """One piece at a time: the separator holds its settings and one device's memory."""
        stereo = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound
        with self._turn:
            try:
                voice = self._run(stereo)
            except self._torch.OutOfMemoryError:
                # No smaller piece would do: HTDemucs fills each up to what it was trained on.
                log.warning("The GPU's memory is full: the CPU goes on.", engine=self.id)
                self._torch.cuda.empty_cache()
                self._separator.update_parameter(device="cpu")
                voice = self._run(stereo)
        return voice[:, : sound.shape[1]]

    def _run(self, stereo: Samples) -> Samples:
        filled = np.zeros((2, max(len(stereo), _FEWEST)), np.float32)
        filled[:, : len(stereo)] = stereo.T
        given = self._torch.from_numpy(filled)
        _, found = self._separator.separate_tensor(given, sr=self._separator.samplerate)
        voice: Samples = found[_VOICE].cpu().numpy()[:, : len(stereo)].T
        return np.ascontiguousarray(voice)


_DAMAGE = (OSError, EOFError, KeyError, ValueError, RuntimeError, pickle.UnpicklingError)
"""What reading a file that is not a model ends in."""


def _version() -> str:
    try:
        return metadata.version("demucs")
    except metadata.PackageNotFoundError:
        return "?"
