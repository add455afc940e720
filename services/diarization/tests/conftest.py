"""Speech, tones and artifacts that the tests make themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from polydub.pcm import RATE_HZ, to_pcm, wav_header

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one that make models

Sound = npt.NDArray[np.float32]
AUDIBLE = 0.005


@dataclass(frozen=True)
class SpokenTurn:
    """Who truly speaks from when to when in a made talk."""

    speaker: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class MadeTalk:
    samples: Sound
    turns: tuple[SpokenTurn, ...]


@pytest.fixture(scope="session")
def write_wav() -> Callable[[Path, Sound], Path]:
    def write(path: Path, samples: Sound) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav_header(len(samples)) + to_pcm(samples))
        return path

    return write


@pytest.fixture(scope="session")
def say(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Sound]:
    """Speech of a flite voice at 16 kHz, from its first to its last audible sample."""
    folder = tmp_path_factory.mktemp("flite")

    def speak(voice: str, text: str) -> Sound:
        path = folder / "line.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", path], check=True)
        samples, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == RATE_HZ
        audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
        return np.asarray(samples[audible[0] : audible[-1] + 1], np.float32)

    return speak


@pytest.fixture(scope="session")
def make_talk(say: Callable[[str, str], Sound]) -> Callable[..., MadeTalk]:
    """Lines spoken one after another with pauses, over faint noise; with the true times."""

    def make(
        lines: Sequence[tuple[str, str]], *, pause_ms: int = 600, lead_ms: int = 1000
    ) -> MadeTalk:
        pieces = [np.zeros(lead_ms * RATE_HZ // 1000, np.float32)]
        turns = []
        for voice, text in lines:
            start = sum(map(len, pieces))
            pieces += [say(voice, text), np.zeros(pause_ms * RATE_HZ // 1000, np.float32)]
            end = start + len(pieces[-2])
            turns.append(SpokenTurn(voice, start * 1000 // RATE_HZ, end * 1000 // RATE_HZ))
        samples = np.concatenate(pieces)
        noise = np.random.default_rng(1).normal(0, 10 ** (-65 / 20), len(samples))
        return MadeTalk((samples + noise).astype(np.float32), tuple(turns))

    return make


DIALOGUE = (
    ("slt", "Good morning, and welcome to our conversation about the history of bridges."),
    ("rms", "Thank you very much. I have been looking forward to this for several weeks."),
    ("slt", "Then let us begin with the oldest ones, which were built of nothing but wood."),
    ("rms", "Wood was cheap and close at hand, but a single flood could carry it all away."),
    ("slt", "So people began to build with stone, and some of those bridges stand today."),
    ("rms", "That is right. The Romans in particular knew how to make an arch that lasts."),
)


@pytest.fixture(scope="session")
def dialogue(make_talk: Callable[..., MadeTalk]) -> MadeTalk:
    """A woman's and a man's synthetic voice in turns, about 30 s."""
    return make_talk(DIALOGUE)


@pytest.fixture(scope="session")
def music() -> Callable[[float], Sound]:
    """Plucked chords, without any voice."""

    def play(seconds: float) -> Sound:
        times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
        decay = np.exp(-4 * (times % 0.5))
        tones = np.array([[220, 277, 330], [196, 247, 294], [175, 220, 262], [196, 247, 392]])
        chord = tones[(times // 0.5).astype(int) % 4]
        wave = np.sin(2 * np.pi * chord * times[:, None]).sum(axis=1)
        wave += 0.5 * np.sin(4 * np.pi * chord * times[:, None]).sum(axis=1)
        return (0.1 * decay * wave).astype(np.float32)

    return play


@pytest.fixture(scope="session")
def sherpa_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with networks that take two tones for two people, where the engine looks."""
    from sherpa_models import write_models

    return write_models(tmp_path_factory.mktemp("models") / "diarization" / "sherpa")


@pytest.fixture(scope="session")
def pyannote_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A pipeline that takes two tones for two people, where the engine looks for it."""
    pytest.importorskip("pyannote.audio", reason="the extra `pyannote` is not installed")
    from pyannote_models import write_pipeline

    with pytest.MonkeyPatch.context() as patch:
        # Checkpoints name the classes of their networks, which the engine's child imports.
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        models = tmp_path_factory.mktemp("models")
        yield write_pipeline(models / "diarization" / "pyannote" / "community-1")
