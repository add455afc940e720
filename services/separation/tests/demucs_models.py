"""A Demucs checkpoint made by hand: its network takes a band of frequencies for the voice."""

from __future__ import annotations

from pathlib import Path

import torch
from demucs.states import capture_init, get_state, save_with_checksum

SOURCES = ["drums", "bass", "other", "vocals"]
EDGES_HZ = [0.0, 120.0, 250.0, 3600.0, 30_000.0]
_BANDS = {"drums": (0, 1), "bass": (1, 2), "vocals": (2, 3), "other": (3, 4)}


class BandMask(torch.nn.Module):
    """Shape (batch, channels, n) to (batch, sources, channels, n)."""

    @capture_init
    def __init__(self, sources: list[str]) -> None:
        super().__init__()
        self.sources = sources
        self.samplerate, self.audio_channels, self.segment = 44_100, 2, 8
        self.edges = torch.nn.Parameter(torch.tensor(EDGES_HZ))

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        count = sound.shape[-1]
        spectrum = torch.fft.rfft(sound)
        frequencies = torch.fft.rfftfreq(count, 1 / self.samplerate).to(sound.device)
        bands = []
        for source in self.sources:
            low, high = (self.edges[edge] for edge in _BANDS[source])
            inside = (frequencies >= low) & (frequencies < high)
            bands.append(torch.fft.irfft(spectrum * inside, n=count))
        return torch.stack(bands, 1)


def write_repository(folder: Path) -> Path:
    """Writes ``htdemucs.yaml`` and the checkpoint that it names."""
    folder.mkdir(parents=True, exist_ok=True)
    model = BandMask(SOURCES)
    arguments, options = model._init_args_kwargs
    package = {
        "klass": BandMask, "args": arguments, "kwargs": options,
        "state": get_state(model, None), "training_args": {},
    }  # fmt: skip
    save_with_checksum(package, folder / "toy.th")
    (folder / "htdemucs.yaml").write_text("models: ['toy']\nsegment: 8\n")
    return folder
