"""The htdemucs engine on a checkpoint made by hand: a band of frequencies is the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from polydub_separation.engines.htdemucs import HtdemucsEngine

pytest.importorskip("demucs", reason="the extra `demucs` is not installed")
pytestmark = pytest.mark.neural


def voice_and_bed(rate_hz: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    spoken = np.clip(np.minimum(times - 1, seconds - 1 - times) * 10, 0, 1)
    voice = 0.3 * spoken * np.sin(2 * np.pi * 1000 * times)
    bed = 0.2 * np.sin(2 * np.pi * 80 * times) + 0.1 * np.sin(2 * np.pi * 6000 * times)
    return voice.astype(np.float32), bed.astype(np.float32)


def error_db(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((got - wanted) ** 2) / np.mean(wanted**2) + 1e-12))


@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 2), (48_000, 1)])
async def test_voice_and_bed_come_apart(
    demucs_repository: Path, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    """Over three pieces, so that seams would show."""
    voice, bed = voice_and_bed(rate_hz, 16)
    sound = np.stack([bed + 0.8 * voice, 0.4 * voice - bed], axis=1)[:, :channels]
    soundfile.write(tmp_path / "original.flac", sound, rate_hz, subtype="PCM_24")
    result = await HtdemucsEngine(model_dir=demucs_repository).separate(
        tmp_path / "original.flac", tmp_path
    )
    found, _ = soundfile.read(result.bed, dtype="float32", always_2d=True)
    wanted = np.stack([bed, -bed], axis=1)[:, :channels]
    middle = slice(rate_hz // 2, -rate_hz // 2)
    assert error_db(found[middle], wanted[middle]) < -40
    said, said_hz = soundfile.read(result.voice_16k, dtype="float32")
    assert (said_hz, len(said)) == (16_000, 16 * 16_000)
    assert result.speech_fraction == pytest.approx(14 / 16, abs=0.08)


async def test_without_memory_on_the_gpu_the_cpu_goes_on(
    demucs_repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes out of the library's call; nothing of the sound is lost."""
    import torch

    engine = HtdemucsEngine(model_dir=demucs_repository)
    engine.load()
    separate, devices = engine._separator.separate_tensor, []

    def full(sound: torch.Tensor, **options: int) -> object:
        devices.append(engine._separator._device)
        if devices[-1] == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return separate(sound, **options)

    engine._separator.update_parameter(device="cuda")
    monkeypatch.setattr(engine._separator, "separate_tensor", full)
    voice, bed = voice_and_bed(44_100, 9)
    soundfile.write(tmp_path / "original.flac", voice + bed, 44_100, subtype="PCM_24")
    with capture_logs() as logs:
        result = await engine.separate(tmp_path / "original.flac", tmp_path)
    assert devices == ["cuda", "cpu", "cpu"]
    assert [line["log_level"] for line in logs] == ["warning"]
    found, _ = soundfile.read(result.bed, dtype="float32")
    assert error_db(found[22_050:-22_050], bed[22_050:-22_050]) < -40
