"""A pipeline of pyannote.audio, set by hand, that takes tones of 220 and 880 Hz for two people.

The formats are those of the real ones: checkpoints of a segmentation network (windows of 10 s in,
log probabilities of seven sets of speakers out) and of a WeSpeaker embedding (80 mel bands in), and
a ``config.yaml`` that names them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
import yaml
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding.wespeaker import BaseWeSpeakerResNet

RATE_HZ = 16_000
TONES_HZ = (220.0, 880.0)
_FIELD, _SHIFT = 991, 270
"""Samples that a frame of the segmentation sees, and from one frame to the next."""
_BANDS, _DIMENSIONS = 80, 32

CONFIG = {
    "pipeline": {
        "name": "pyannote.audio.pipelines.SpeakerDiarization",
        "params": {
            "segmentation": "$model/segmentation",
            "embedding": "$model/embedding",
            "plda": "$model/plda",
            "clustering": "AgglomerativeClustering",
            "segmentation_batch_size": 8,
            "embedding_batch_size": 8,
            "embedding_exclude_overlap": True,
        },
    },
    "params": {
        "clustering": {"method": "centroid", "min_cluster_size": 1, "threshold": 0.5},
        "segmentation": {"min_duration_off": 0.3},
    },
}


class ToneSegmentation(Model):
    """Each tone's energy by a pair of matched filters; the louder tone is the speaker.

    The seven sets: nobody, first, second, third, first and second, first and third, second and
    third. Both together win where both tones sound.
    """

    def __init__(self, sample_rate: int = RATE_HZ, num_channels: int = 1, task: Any = None) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.save_hyperparameters("sample_rate", "num_channels")

    def build(self) -> None:
        angles = 2 * math.pi * torch.arange(_FIELD) / RATE_HZ
        filters = [wave(angles * tone) for tone in TONES_HZ for wave in (torch.cos, torch.sin)]
        self.bank = torch.nn.Conv1d(1, 4, _FIELD, stride=_SHIFT, bias=False)
        self.head = torch.nn.Conv1d(4, 7, 1)
        with torch.no_grad():
            self.bank.weight.copy_(
                (torch.stack(filters) * torch.hann_window(_FIELD) / 250)[:, None]
            )
            self.head.weight.zero_()
            self.head.weight[1, :2] = self.head.weight[2, 2:] = 60
            self.head.weight[4] = 40
            self.head.bias.copy_(torch.tensor([1.5, 0, 0, -9, -2, -9, -9]))

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        scores = self.head(self.bank(waveforms) ** 2)
        return torch.log_softmax(scores.transpose(1, 2), -1)

    @lru_cache  # noqa: B019 - pyannote's own networks do so, and clear it
    def num_frames(self, num_samples: int) -> int:
        return (num_samples - _FIELD) // _SHIFT + 1

    def receptive_field_size(self, num_frames: int = 1) -> int:
        return _FIELD + (num_frames - 1) * _SHIFT

    def receptive_field_center(self, frame: int = 0) -> int:
        return frame * _SHIFT + (_FIELD - 1) // 2

    @property
    def dimension(self) -> int:
        return 7


class MeanSpectrum(torch.nn.Module):
    """The mean spectrum's shape where somebody speaks, in a few directions."""

    def __init__(self) -> None:
        super().__init__()
        chance = torch.randn(_BANDS, _BANDS, generator=torch.Generator().manual_seed(0))
        basis = torch.linalg.qr(chance)[0][:, :_DIMENSIONS]
        self.basis = torch.nn.Parameter(basis.contiguous())

    def forward(self, bands: torch.Tensor, weights: torch.Tensor) -> tuple[Any, torch.Tensor]:
        """Shapes (batch, frames, bands) and (batch, speakers or none, frames)."""
        several = weights if weights.dim() == 3 else weights[:, None]
        shares = torch.nn.functional.interpolate(several.float(), size=bands.shape[1])
        sums = torch.einsum("bst,btf->bsf", shares, bands.abs())
        means = sums / (shares.sum(-1, keepdim=True) + 1e-6)
        found = (means - means.mean(-1, keepdim=True)) @ self.basis
        return None, found if weights.dim() == 3 else found[:, 0]


class ToneEmbedding(BaseWeSpeakerResNet):
    def __init__(self, sample_rate: int = RATE_HZ, num_channels: int = 1, **options: Any) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, num_mel_bins=_BANDS)
        self.resnet = MeanSpectrum()

    @property
    def dimension(self) -> int:
        return _DIMENSIONS


def write_pipeline(folder: Path) -> Path:
    """Writes the pipeline, 35 KB in all."""
    segmentation = ToneSegmentation()
    segmentation.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    embedding = ToneEmbedding()
    embedding.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=10.0
    )
    segmentation.build()
    _save(segmentation, folder / "segmentation" / "pytorch_model.bin")
    _save(embedding, folder / "embedding" / "pytorch_model.bin")
    _save_plda(folder / "plda")
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    return folder


def _save(model: Model, path: Path) -> None:
    model.setup()
    checkpoint = {
        "state_dict": model.eval().state_dict(), "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": lightning.__version__, "epoch": 0, "global_step": 0,
    }  # fmt: skip
    model.on_save_checkpoint(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, path)


def _save_plda(folder: Path) -> None:
    """Asked for by every pipeline; this one's clustering does without."""
    folder.mkdir(parents=True, exist_ok=True)
    size = _DIMENSIONS // 2
    np.savez(
        folder / "xvec_transform.npz",
        mean1=np.zeros(_DIMENSIONS), mean2=np.zeros(size), lda=np.eye(_DIMENSIONS, size),
    )  # fmt: skip
    np.savez(folder / "plda.npz", mu=np.zeros(size), tr=np.eye(size), psi=np.linspace(5, 0.5, size))
