"""A model folder in which every stage finds a neural engine's model, each tiny and right.

The models are those of the services' own tests. They know two sentences of one voice.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

SERVICES = Path(__file__).resolve().parents[1] / "services"
SAID = ("Today we talk about space travel.", "The rocket flies to the moon.")
MEANT = (
    {"Hoy hablamos de los viajes espaciales.", "Hoy: viajes espaciales."},
    {"El cohete vuela a la luna.", "El cohete va a la luna."},
)
"""What the translator knows to say for each, and a shorter way."""
PAUSE_S = 2.0


def maker(stage: str, name: str) -> ModuleType:
    """A module of a service's tests that makes models or clips."""
    path = SERVICES / stage / "tests" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"toy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def fill(models: Path) -> Path:
    """Puts a model for each stage that has neural engines without torch."""
    maker("separation", "uvr_models").write_model(models / "separation/sherpa-uvr/model.onnx")
    maker("diarization", "sherpa_models").write_single_speaker_models(models / "diarization/sherpa")
    copied = {
        "asr/tests/models/whisper-toy": "asr/faster-whisper/toy",
        "translation/tests/models/marian": "translation/ctranslate2/marian",
    }
    for source, place in copied.items():
        shutil.copytree(SERVICES / source, models / place)
    voices = maker("tts", "tts_toy_voices")
    voices.write_card(voices.piper_voice(models / "tts/piper"))
    return models


def make_talk(path: Path) -> Path:
    """A face that says the sentences, with a pause before, between and behind them."""
    teacher = maker("asr", "models/whisper_sentences")
    pieces = []
    for number, sentence in enumerate(SAID):
        piece = path.with_name(f"{number}.wav")
        subprocess.run(teacher.espeak_command("en", sentence, str(piece)), check=True)
        pieces.append(piece)
    clips = maker("lipsync", "lipsync_clips")
    face = clips.write_pgm(path.with_suffix(".pgm"), clips.face_image())
    pause = f"apad=pad_dur={PAUSE_S}"
    clips.ffmpeg(
        "-loop", "1", "-framerate", "25", "-i", face, *(w for p in pieces for w in ("-i", p)),
        "-filter_complex",
        f"[1]{pause}[a];[2]{pause}[b];[a][b]concat=n=2:v=0:a=1,adelay={PAUSE_S * 1000:.0f}[talk]",
        "-map", "0:v", "-map", "[talk]", "-shortest", "-c:v", "libx264", "-preset", "ultrafast",
        "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k", "-ar", "44100", "-ac", "2", path,
    )  # fmt: skip
    return path
