"""What every engine must do, whatever it is made of."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub_separation.engines.base import SeparationEngine
from polydub_separation.engines.registry import open_registry
from polydub_separation.settings import SeparationSettings

pytestmark = pytest.mark.integration

RATE_HZ = 44_100
Make = Callable[..., SeparationEngine]


MODELS = {
    "htdemucs": ("htdemucs", "demucs_repository"),
    "uvr": ("sherpa-uvr", "uvr_model"),
    "spleeter": ("sherpa-uvr", "spleeter_models"),
    "rnnoise": ("rnnoise", None),
}
"""For each case the engine and the fixture that makes its models."""


@pytest.fixture(
    scope="module",
    params=[pytest.param("htdemucs", marks=pytest.mark.neural), "uvr", "spleeter", "rnnoise"],
)
def model(request: pytest.FixtureRequest) -> tuple[str, Path | None]:
    """An engine's id, and the folder where its models lie, if it needs any."""
    engine_id, fixture = MODELS[request.param]
    if fixture is None:
        return engine_id, None
    there: Path = request.getfixturevalue(fixture)
    return engine_id, there.parent if there.is_file() else there


@pytest.fixture(scope="module")
def make(model: tuple[str, Path | None], tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes the engine with other settings than the usual ones; skips what is not installed."""
    wanted, there = model
    models = there.parents[1] if there else tmp_path_factory.mktemp("none")

    def build(*, model_dir: Path = models, **settings: float) -> SeparationEngine:
        common = CommonSettings(model_dir=model_dir)
        registry = open_registry(SeparationSettings(**settings), common)
        engine = next(engine for engine in registry.all() if engine.id == wanted)
        if model_dir != models:
            return engine
        if not engine.available().ok:
            pytest.skip(engine.available().reason)
        engine.load()
        return engine

    return build


@pytest.fixture(scope="module")
def engine(make: Make) -> SeparationEngine:
    return make()


def noise(seconds: float, channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, (int(seconds * RATE_HZ), channels)).astype(np.float32)


def written(folder: Path, sound: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    original = folder / "original.flac"
    soundfile.write(original, sound, RATE_HZ, subtype="PCM_16")
    return original


@pytest.mark.parametrize("samples", [1, 100, RATE_HZ + 1])
@pytest.mark.parametrize("channels", [1, 2, 3])
async def test_the_shape_is_kept(
    engine: SeparationEngine, tmp_path: Path, samples: int, channels: int
) -> None:
    original = written(tmp_path, noise(2, channels)[:samples])
    result = await engine.separate(original, tmp_path)
    assert soundfile.info(result.bed).subtype == "PCM_16"
    voice = soundfile.info(result.voice_16k)
    assert (voice.samplerate, voice.channels, voice.subtype) == (16_000, 1, "PCM_16")
    assert abs(voice.frames - samples * 16_000 / RATE_HZ) <= 1
    assert 0 <= result.speech_fraction <= 1


async def test_silence_stays_silent(engine: SeparationEngine, tmp_path: Path) -> None:
    original = written(tmp_path, np.zeros((3 * RATE_HZ, 2), np.float32))
    result = await engine.separate(original, tmp_path)
    assert not soundfile.read(result.bed)[0].any()
    assert not soundfile.read(result.voice_16k)[0].any()
    assert (result.snr_db, result.speech_fraction) == (0.0, 0.0)


async def test_progress_only_grows(engine: SeparationEngine, tmp_path: Path) -> None:
    told: list[float] = []

    async def watch(fraction: float) -> None:
        told.append(fraction)

    await engine.separate(written(tmp_path, noise(12)), tmp_path, watch)
    assert told and told == sorted(told)
    assert told[0] >= 0 and told[-1] <= 1


async def test_two_files_at_once_do_not_mix(engine: SeparationEngine, tmp_path: Path) -> None:
    sounds = noise(2), noise(6)[::-1] * 0.5
    alone = [
        await engine.separate(written(tmp_path / f"a{i}", sound), tmp_path / f"a{i}")
        for i, sound in enumerate(sounds)
    ]
    together = await asyncio.gather(
        *(
            engine.separate(written(tmp_path / f"b{i}", sound), tmp_path / f"b{i}")
            for i, sound in enumerate(sounds)
        )
    )
    for first, second in zip(alone, together, strict=True):
        assert first.bed.read_bytes() == second.bed.read_bytes()
        assert first.voice_16k.read_bytes() == second.voice_16k.read_bytes()


async def test_a_time_limit_is_kept(make: Make, tmp_path: Path) -> None:
    hasty = make(timeout_s=0.05)
    with pytest.raises(StageError) as raised:
        await hasty.separate(written(tmp_path, noise(60)), tmp_path)
    assert raised.value.code == "engine_timeout" and raised.value.retryable


async def test_cancelling_ends_the_work(engine: SeparationEngine, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def watch(fraction: float) -> None:
        begun.set()

    original = written(tmp_path, noise(90))
    work = asyncio.create_task(engine.separate(original, tmp_path, watch))
    await asyncio.wait_for(begun.wait(), 30)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


def test_missing_models_are_named(
    make: Make, model: tuple[str, Path | None], tmp_path: Path
) -> None:
    engine_id, there = model
    if there is None:
        pytest.skip("it needs no models")
    here = make(model_dir=tmp_path).available()
    assert not here.ok and str(tmp_path / "separation" / engine_id) in here.remedy


async def test_damaged_models_are_said_to_be(
    make: Make, model: tuple[str, Path | None], tmp_path: Path
) -> None:
    engine_id, there = model
    if there is None:
        pytest.skip("it needs no models")
    copy = Path(shutil.copytree(there, tmp_path / "separation" / engine_id))
    weights = max(copy.iterdir(), key=lambda path: path.stat().st_size)
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(StageError) as raised:
        await make(model_dir=tmp_path).separate(written(tmp_path, noise(1)), tmp_path)
    assert raised.value.code == "engine_failed" and not raised.value.retryable


def test_it_says_what_it_is(engine: SeparationEngine) -> None:
    info = engine.info()
    assert info.available and info.licence and info.limits and info.version
