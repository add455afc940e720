"""The htdemucs engine on a checkpoint made by hand: a band of frequencies is the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.errors import StageError
from polydub_separation.engines.htdemucs import HtdemucsEngine

pytest.importorskip("demucs", reason="the extra `demucs` is not installed")
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from demucs_models import write_repository

    return write_repository(tmp_path_factory.mktemp("models"))


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
    repository: Path, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    """Over three pieces, so that seams would show."""
    voice, bed = voice_and_bed(rate_hz, 16)
    sound = np.stack([bed + 0.8 * voice, 0.4 * voice - bed], axis=1)[:, :channels]
    soundfile.write(tmp_path / "original.flac", sound, rate_hz, subtype="PCM_24")
    result = await HtdemucsEngine(model_dir=repository).separate(
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
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    engine = HtdemucsEngine(model_dir=repository)
    engine.load()
    moved: list[str] = []
    run = engine._run

    def full_until_moved(stereo: np.ndarray) -> np.ndarray:
        if not moved:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return run(stereo)

    monkeypatch.setattr(engine, "_run", full_until_moved)
    monkeypatch.setattr(engine._separator, "update_parameter", lambda device: moved.append(device))
    soundfile.write(tmp_path / "original.flac", np.full((44_100, 2), 0.1), 44_100)
    await engine.separate(tmp_path / "original.flac", tmp_path)
    assert moved == ["cpu"]


async def test_damaged_weights_are_said_to_be(repository: Path, tmp_path: Path) -> None:
    for path in repository.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = next(tmp_path.glob("*.th"))
    weights.write_bytes(weights.read_bytes()[:500])
    soundfile.write(tmp_path / "original.flac", np.zeros(4410), 44_100)
    with pytest.raises(StageError) as raised:
        await HtdemucsEngine(model_dir=tmp_path).separate(tmp_path / "original.flac", tmp_path)
    assert raised.value.code == "engine_failed" and not raised.value.retryable
