"""Sound and files for the tests, made by flite, numpy and ffmpeg."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one that make models

Samples = npt.NDArray[np.float32]
RATE_HZ = 48_000
TEXT = (
    "Good morning everybody. Today we talk about the weather and the sea. "
    "Then the boats left the harbour before breakfast."
)

FFmpeg = Callable[..., None]


def run_ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="session")
def ffmpeg() -> FFmpeg:
    return run_ffmpeg


@pytest.fixture(scope="session")
def uvr_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that takes a band of frequencies for the voice, where the engine looks for it."""
    onnx = pytest.importorskip("onnx", reason="makes the model")
    assert onnx
    from uvr_models import write_model

    folder = tmp_path_factory.mktemp("models") / "separation" / "sherpa-uvr"
    return write_model(folder / "model.onnx")


@pytest.fixture(scope="session")
def spleeter_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with Spleeter's two networks, likewise."""
    onnx = pytest.importorskip("onnx", reason="makes the model")
    assert onnx
    from uvr_models import write_spleeter

    return write_spleeter(tmp_path_factory.mktemp("models") / "separation" / "sherpa-uvr")


@pytest.fixture(scope="session")
def demucs_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a Demucs checkpoint that does the same, where the engine looks for it."""
    pytest.importorskip("demucs", reason="the extra `demucs` is not installed")
    from demucs_models import write_repository

    return write_repository(tmp_path_factory.mktemp("models") / "separation" / "htdemucs")


@pytest.fixture(scope="session")
def speech_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 7 s of a synthetic voice, 16 kHz mono."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", TEXT, "-o", str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def speech(speech_wav: Path) -> Samples:
    """The voice at 48 kHz, rms 0.08 where it speaks, between 2 s of silence on either side."""
    samples, rate_hz = soundfile.read(speech_wav, dtype="float32")
    voice = resample_poly(samples, RATE_HZ // rate_hz, 1).astype(np.float32)
    voice *= 0.08 / voice[np.abs(voice) > 1e-3].std()
    pause = np.zeros(2 * RATE_HZ, np.float32)
    return np.concatenate((pause, voice, pause))


@pytest.fixture(scope="session")
def music(speech: Samples) -> Samples:
    """Chords of plucked harmonics across the stereo field, as long as the speech; rms 0.04."""
    rng = np.random.default_rng(3)
    sound = np.zeros((len(speech), 2), np.float32)
    for beat in range(0, len(speech), RATE_HZ // 2):
        for place, step in zip((0.2, 0.5, 0.8), (0, 4, 7), strict=True):
            note = _pluck(110 * 2 ** ((step + rng.integers(12)) / 12), rng)[: len(speech) - beat]
            sound[beat : beat + len(note), 0] += note * (1 - place)
            sound[beat : beat + len(note), 1] += note * place
    return sound * np.float32(0.04 / sound.std())


def _pluck(f0_hz: float, rng: np.random.Generator) -> Samples:
    t = np.arange(RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * f0_hz * k * t + rng.uniform(0, 6)) / k for k in range(1, 8))
    return np.asarray(tone * np.exp(-t / 0.3) * np.minimum(1, t / 0.01), np.float32)
