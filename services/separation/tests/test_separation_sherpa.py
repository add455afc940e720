"""The sherpa-uvr engine on a network made by hand, for which a band of frequencies is the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.blocking import no_tick
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub_separation.engines import stems
from polydub_separation.engines.base import Separated
from polydub_separation.engines.crossfade import Pieces
from polydub_separation.engines.registry import open_registry
from polydub_separation.engines.sherpa_uvr import SherpaUvrEngine
from polydub_separation.engines.stems import VoiceNetwork
from polydub_separation.settings import SeparationSettings

pytest.importorskip("sherpa_onnx", reason="the extra `sherpa` is not installed")
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def engine(uvr_model: Path) -> SherpaUvrEngine:
    engine = SherpaUvrEngine(model_dir=uvr_model.parent)
    engine.load()
    return engine


def voice_and_bed(rate_hz: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """A tone that is spoken in the middle of the time, and two that are not voice; mono."""
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    spoken = np.clip(np.minimum(times - 1, seconds - 1 - times) * 10, 0, 1)
    voice = 0.3 * spoken * np.sin(2 * np.pi * 1000 * times)
    bed = 0.2 * np.sin(2 * np.pi * 80 * times) + 0.1 * np.sin(2 * np.pi * 6000 * times)
    return voice.astype(np.float32), bed.astype(np.float32)


async def separated(
    engine: SherpaUvrEngine, folder: Path, sound: np.ndarray, rate_hz: int
) -> tuple[Separated, np.ndarray]:
    original = folder / "original.flac"
    soundfile.write(original, sound, rate_hz, subtype="PCM_24")
    result = await engine.separate(original, folder)
    bed, _ = soundfile.read(result.bed, dtype="float32")
    assert bed.shape == sound.shape
    return result, bed


def error_db(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((got - wanted) ** 2) / np.mean(wanted**2) + 1e-12))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 22_050])
async def test_voice_and_bed_come_apart(
    engine: SherpaUvrEngine, tmp_path: Path, rate_hz: int
) -> None:
    """Over three pieces, so that seams would show."""
    voice, bed = voice_and_bed(rate_hz, 13)
    left, right = 0.8, 0.4
    sound = np.stack([bed + left * voice, right * voice - bed], axis=1)
    result, found = await separated(engine, tmp_path, sound, rate_hz)
    assert error_db(found, np.stack([bed, -bed], axis=1)) < -45
    said, said_hz = soundfile.read(result.voice_16k, dtype="float32")
    assert (said_hz, len(said)) == (16_000, 13 * 16_000)
    times = np.arange(len(said)) / said_hz
    middle = slice(2 * said_hz, 11 * said_hz)
    wanted = 0.3 * (left + right) / 2 * np.sin(2 * np.pi * 1000 * times)
    assert error_db(said[middle], wanted[middle]) < -40
    assert np.abs(said[: said_hz // 2]).max() < 1e-3
    assert result.speech_fraction == pytest.approx(11 / 13, abs=0.05)


async def test_mono(engine: SherpaUvrEngine, tmp_path: Path) -> None:
    voice, bed = voice_and_bed(44_100, 7)
    result, found = await separated(engine, tmp_path, voice + bed, 44_100)
    assert error_db(found, bed) < -45
    ratio_db = 10 * np.log10(0.3**2 / (0.2**2 + 0.1**2))
    assert result.snr_db == pytest.approx(ratio_db, abs=1)


async def test_surround_channels_go_one_by_one(engine: SherpaUvrEngine, tmp_path: Path) -> None:
    voice, bed = voice_and_bed(44_100, 3)
    sound = np.stack([bed, -bed, voice, np.zeros_like(bed), bed / 2, bed / 4], axis=1)
    _, found = await separated(engine, tmp_path, sound, 44_100)
    assert error_db(found[:, :2], sound[:, :2]) < -45
    assert np.abs(found[:, 2]).max() < 0.01
    assert not found[:, 3].any()


def test_chunks_are_not_heard(engine: SherpaUvrEngine, tmp_path: Path) -> None:
    """In many pieces as in one; noise has something to lose at every seam."""
    rate_hz = 44_100
    noise = np.random.default_rng(2).normal(0, 0.1, (rate_hz * 6, 2)).astype(np.float32)
    original = tmp_path / "original.flac"
    soundfile.write(original, noise, rate_hz, subtype="PCM_24")
    beds = []
    for name, body_s in (("whole", 60), ("parts", 1.7)):
        pieces = Pieces(round(body_s * rate_hz), rate_hz // 2)
        network = VoiceNetwork(rate_hz, pieces, engine._voice_of)
        (tmp_path / name).mkdir()
        done = stems.separate(network, original, tmp_path / name, no_tick)
        beds.append(soundfile.read(done.bed, dtype="float32")[0])
    assert error_db(beds[1], beds[0]) < -60
    assert np.abs(beds[1] - beds[0]).max() < 1e-3


async def test_a_network_that_gives_the_background(uvr_model: Path, tmp_path: Path) -> None:
    voice, bed = voice_and_bed(44_100, 4)
    swapped = SherpaUvrEngine(model_dir=uvr_model.parent, stem="background")
    _, found = await separated(swapped, tmp_path, voice + bed, 44_100)
    assert error_db(found[44_100:-44_100], voice[44_100:-44_100]) < -40


@pytest.mark.parametrize("content", [b"no network", None])
async def test_damaged_models_are_said_to_be(tmp_path: Path, content: bytes | None) -> None:
    """One that can't be read, and one of another kind, at which sherpa-onnx ends its process."""
    model = tmp_path / "model.onnx"
    model.write_bytes(content or _identity())
    with pytest.raises(StageError) as raised:
        await separated(
            SherpaUvrEngine(model_dir=tmp_path), tmp_path, np.zeros(4410, np.float32), 44_100
        )
    assert raised.value.code == "engine_failed" and not raised.value.retryable


def _identity() -> bytes:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    node = helper.make_node("Identity", ["x"], ["y"])
    graph = helper.make_graph([node], "identity", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 17)]
    found: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return found


def test_the_model_decides_what_auto_takes(uvr_model: Path, tmp_path: Path) -> None:
    with_model = CommonSettings(model_dir=uvr_model.parents[2])
    assert open_registry(SeparationSettings(), with_model).choose().id == "sherpa-uvr"
    without = open_registry(SeparationSettings(), CommonSettings(model_dir=tmp_path))
    assert without.choose().id == "rnnoise"
    here = next(e for e in without.all() if e.id == "sherpa-uvr").available()
    assert not here.ok and str(tmp_path) in here.remedy


def test_the_version_tells_the_model(uvr_model: Path, tmp_path: Path) -> None:
    """Another model gives another result, so its artifacts need another name."""
    (tmp_path / "model.onnx").write_bytes(uvr_model.read_bytes())
    first, copy = SherpaUvrEngine(model_dir=uvr_model.parent), SherpaUvrEngine(model_dir=tmp_path)
    assert first.version == copy.version
    (tmp_path / "model.onnx").write_bytes(b"another")
    assert first.version != copy.version
