"""Speech to recognise, and the real engine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.engines import EngineRegistry
from polydub.pcm import RATE_HZ, Samples
from polydub.settings import CommonSettings
from polydub_asr.engines.base import AsrEngine
from polydub_asr.engines.pocketsphinx import PocketSphinxEngine
from polydub_asr.engines.registry import open_registry
from polydub_asr.settings import AsrSettings

Speak = Callable[..., Samples]


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
def registry() -> Iterator[EngineRegistry[AsrEngine]]:
    opened = open_registry(AsrSettings(), CommonSettings())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def engine(registry: EngineRegistry[AsrEngine]) -> PocketSphinxEngine:
    (found,) = registry.all()
    assert isinstance(found, PocketSphinxEngine)
    return found


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
