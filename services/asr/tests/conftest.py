"""Speech to recognise, and the real engines."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from polydub.engines import EngineRegistry
from polydub.pcm import RATE_HZ, Samples
from polydub.settings import CommonSettings
from polydub_asr.engines.base import AsrEngine
from polydub_asr.engines.faster_whisper import FasterWhisperEngine
from polydub_asr.engines.pocketsphinx import PocketSphinxEngine
from polydub_asr.engines.registry import open_registry
from polydub_asr.settings import AsrSettings

MODELS = Path(__file__).parent / "models"
# For the modules that make models, and the server.
sys.path[:0] = [str(MODELS), str(MODELS.parent)]

Speak = Callable[..., Samples]
MakeWhisper = Callable[..., FasterWhisperEngine]


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Speak:
    """``speak(text, voice="slt")``: flite's voice, shape (n,), float32, 16 kHz."""
    program = shutil.which("flite")
    if program is None:
        pytest.skip("flite is not installed")
    folder = tmp_path_factory.mktemp("speech")

    def speak(text: str, voice: str = "slt") -> Samples:
        path: Path = folder / "line.wav"
        subprocess.run([program, "-voice", voice, "-t", text, "-o", path], check=True)
        samples, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == RATE_HZ
        return np.asarray(samples, np.float32)

    return speak


@pytest.fixture(scope="session")
def espeak(tmp_path_factory: pytest.TempPathFactory) -> Speak:
    """``espeak(text, language)``: the toy Whisper's teacher, shape (n,), float32, 16 kHz."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    audio = pytest.importorskip("faster_whisper.audio", reason="faster-whisper is not installed")
    path = tmp_path_factory.mktemp("espeak") / "line.wav"

    def espeak(text: str, language: str) -> Samples:
        from whisper_sentences import espeak_command

        subprocess.run(espeak_command(language, text, str(path)), check=True)
        return np.asarray(audio.decode_audio(str(path)), np.float32)

    return espeak


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRegistry[AsrEngine]]:
    """The engines of a machine without models."""
    no_models = tmp_path_factory.mktemp("models")
    opened = open_registry(AsrSettings(), CommonSettings(model_dir=no_models))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def engine(registry: EngineRegistry[AsrEngine]) -> PocketSphinxEngine:
    found = registry.choose()
    assert isinstance(found, PocketSphinxEngine)
    return found


@pytest.fixture(scope="session")
def make_whisper() -> MakeWhisper:
    """``make_whisper(folder, whisper_model="", ...)``: an engine over the models in a folder."""
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")

    def make(folder: Path = MODELS, timeout_s: float = 60, **settings: Any) -> FasterWhisperEngine:
        chosen = AsrSettings(**{"whisper_cpu_threads": 1} | settings)
        return FasterWhisperEngine(timeout_s=timeout_s, folder=folder, settings=chosen)

    return make


@pytest.fixture(scope="session")
def whisper(make_whisper: MakeWhisper) -> FasterWhisperEngine:
    """The toy Whisper: it knows the sentences of ``whisper_sentences`` and hears them always."""
    return make_whisper()


@pytest.fixture(scope="session")
def tiny_whisper(
    make_whisper: MakeWhisper, tmp_path_factory: pytest.TempPathFactory
) -> FasterWhisperEngine:
    """A Whisper with random weights."""
    from tiny_whisper import build_tiny_whisper

    folder = tmp_path_factory.mktemp("whisper")
    build_tiny_whisper(folder / "tiny")
    return make_whisper(folder)


def word_errors(reference: str, heard: str) -> int:
    """Word-level edit distance."""
    wanted, got = reference.split(), heard.split()
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        previous, row = row, [i]
        for j, other in enumerate(got, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (word != other)))
    return row[-1]


@pytest.fixture(scope="session")
def errors() -> Callable[[str, str], int]:
    return word_errors
