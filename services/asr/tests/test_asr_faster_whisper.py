"""Whisper for real: on a toy that knows eight sentences, and on random weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polydub.engines import EngineRegistry
from polydub.errors import EngineUnavailable, StageError
from polydub.pcm import RATE_HZ, Samples
from polydub.settings import CommonSettings
from polydub_asr.engines import faster_whisper, whisper_listening
from polydub_asr.engines.base import AsrEngine, Recognition, engines_for
from polydub_asr.engines.faster_whisper import FasterWhisperEngine
from polydub_asr.engines.registry import open_registry
from polydub_asr.engines.whisper_folder import UnusableFolder, find_model
from polydub_asr.engines.whisper_model import LoadedWhisper, open_model
from polydub_asr.handler import AsrHandler
from polydub_asr.settings import AsrSettings

pytestmark = pytest.mark.integration

pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")

from faster_whisper import BatchedInferencePipeline  # noqa: E402
from tiny_whisper import LANGUAGES, build_tiny_whisper  # noqa: E402
from whisper_sentences import SENTENCES  # noqa: E402

Speak = Callable[..., Samples]
MakeWhisper = Callable[..., FasterWhisperEngine]
TOY = Path(__file__).parent / "models" / "whisper-toy"
ALL_SENTENCES = [(language, text) for language, texts in SENTENCES.items() for text in texts]


def text_of(heard: Recognition) -> str:
    return " ".join(word.text for word in heard.words)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a copy of the toy, to spoil."""
    shutil.copytree(TOY, tmp_path / "toy")
    return tmp_path


@pytest.mark.parametrize(("language", "text"), ALL_SENTENCES)
async def test_what_is_said_is_written(
    whisper: FasterWhisperEngine, espeak: Speak, language: str, text: str
) -> None:
    samples = espeak(text, language)
    guess = await whisper.detect_language(samples)
    assert guess is not None
    assert guess.language == language
    assert guess.confidence > 0.9
    heard = await whisper.transcribe(samples, language=language)
    assert text_of(heard) == text
    assert min(word.confidence for word in heard.words) > 0.9


async def test_the_language_is_that_of_most_of_the_talk(
    whisper: FasterWhisperEngine, espeak: Speak
) -> None:
    """Three windows of 30 s: one Spanish, two German."""
    window = 30 * RATE_HZ
    talk = np.zeros(3 * window, np.float32)
    for number, (language, text) in enumerate(
        [
            ("es", SENTENCES["es"][0]),
            ("de", SENTENCES["de"][0]),
            ("de", SENTENCES["de"][1]),
        ]
    ):
        said = espeak(text, language)
        talk[number * window :][: said.size] = said
    guess = await whisper.detect_language(talk)
    assert guess is not None
    assert guess.language == "de"
    assert guess.confidence == pytest.approx(2 / 3, abs=0.02)


async def test_hotwords_are_handed_over(
    whisper: FasterWhisperEngine, espeak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    transcribe = BatchedInferencePipeline.transcribe

    def watched(self: Any, samples: Samples, *, hotwords: str | None, **rest: Any) -> Any:
        seen.append(hotwords)
        return transcribe(self, samples, hotwords=hotwords, **rest)

    monkeypatch.setattr(BatchedInferencePipeline, "transcribe", watched)
    said = espeak(SENTENCES["en"][2], "en")
    await whisper.transcribe(said, language="en", hotwords=["rocket", "moon base"])
    await whisper.transcribe(said, language="en")
    assert seen == ["rocket, moon base", None]


async def test_noise_has_no_words(whisper: FasterWhisperEngine) -> None:
    """The toy writes a sentence over it, so this is the gate's doing."""
    noise = np.random.default_rng(0).standard_normal(3 * RATE_HZ, np.float32) * np.float32(1e-3)
    assert (await whisper.transcribe(noise, language="en")).words == ()


async def test_random_weights_have_no_words(tiny_whisper: FasterWhisperEngine) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE_HZ // 2, np.float32)
    assert (await tiny_whisper.transcribe(noise, language="zh-TW")).words == ()


async def test_words_of_random_weights_are_kept_inside(
    tiny_whisper: FasterWhisperEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused in the batch, believed alone."""
    judgements = iter([False])
    monkeypatch.setattr(whisper_listening, "believable", lambda segment: next(judgements, True))
    monkeypatch.setattr(whisper_listening, "_TEMPERATURES", (0.0,))
    samples = np.random.default_rng(2).standard_normal(RATE_HZ // 2).astype(np.float32)
    heard = await tiny_whisper.transcribe(samples, language="en")
    assert heard.words
    assert all(0 <= word.start_ms <= word.end_ms <= 500 for word in heard.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(heard.words))


def test_languages_come_from_the_vocabulary(
    whisper: FasterWhisperEngine, make_whisper: MakeWhisper, tmp_path: Path
) -> None:
    declared = whisper.capabilities().languages
    assert {"en", "es", "zh", "yue", "jv", "fil", "no", "nb", "he"} <= declared
    assert len(declared) == len(LANGUAGES) + 2
    build_tiny_whisper(tmp_path / "tiny.en", multilingual=False)
    assert make_whisper(tmp_path).capabilities().languages == {"en"}


async def test_an_english_model_guesses_no_language(
    make_whisper: MakeWhisper, tmp_path: Path
) -> None:
    build_tiny_whisper(tmp_path / "tiny.en", multilingual=False)
    engine = make_whisper(tmp_path)
    assert await engine.detect_language(np.zeros(RATE_HZ, np.float32)) is None


def test_the_model_is_chosen_by_name_or_size(make_whisper: MakeWhisper, models: Path) -> None:
    build_tiny_whisper(models / "another")
    largest, named = make_whisper(models), make_whisper(models, whisper_model="another")
    assert "toy" in largest.version
    assert "another" in named.version


def test_the_version_tells_models_of_one_name_apart(
    make_whisper: MakeWhisper, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "toy", tmp_path / "other" / "toy")
    weights = tmp_path / "other" / "toy" / "model.bin"
    content = bytearray(weights.read_bytes())
    assert make_whisper(models).version == make_whisper(tmp_path / "other").version
    content[-1] ^= 1
    weights.write_bytes(content)
    assert make_whisper(models).version != make_whisper(tmp_path / "other").version


def test_without_a_model_it_says_where_to_put_one(
    make_whisper: MakeWhisper, tmp_path: Path
) -> None:
    engine = make_whisper(tmp_path / "asr" / "faster-whisper")
    here = engine.available()
    assert not here.ok
    assert str(tmp_path / "asr" / "faster-whisper") in here.remedy
    assert "POLYDUB_MODEL_DIR" in here.remedy
    assert len(engine.capabilities().languages) == 99 + 2


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json", "vocabulary.json"])
def test_an_incomplete_model_names_what_it_lacks(
    make_whisper: MakeWhisper, models: Path, name: str
) -> None:
    (models / "toy" / name).unlink()
    here = make_whisper(models, whisper_model="toy").available()
    assert not here.ok
    assert name in here.reason


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "vocabulary.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe"])
def test_a_spoiled_companion_makes_it_unavailable(
    make_whisper: MakeWhisper, models: Path, name: str, content: bytes
) -> None:
    (models / "toy" / name).write_bytes(content)
    here = make_whisper(models).available()
    assert not here.ok
    assert "toy" in here.reason


def test_a_cuda_device_that_is_not_there(
    make_whisper: MakeWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faster_whisper, "cuda_devices", lambda: 0)
    here = make_whisper(device="cuda").available()
    assert not here.ok
    assert "CUDA" in here.reason


@pytest.fixture
def spoiled_registry(models: Path) -> EngineRegistry[AsrEngine]:
    """Both engines, with half the weights of Whisper's model."""
    folder = models / "asr" / "faster-whisper"
    folder.mkdir(parents=True)
    (models / "toy").rename(folder / "toy")
    weights = folder / "toy" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:100_000])
    return open_registry(AsrSettings(), CommonSettings(model_dir=models))


async def test_spoiled_weights_leave_the_work_to_the_next_engine(
    spoiled_registry: EngineRegistry[AsrEngine],
) -> None:
    engine = spoiled_registry.choose()
    assert engine.id == "faster-whisper"
    with pytest.raises(StageError) as failed:
        await engine.transcribe(np.zeros(RATE_HZ, np.float32), language="en")
    assert (failed.value.code, failed.value.retryable) == ("engine_failed", True)
    assert spoiled_registry.choose().id == "pocketsphinx"
    with pytest.raises(EngineUnavailable) as named:
        spoiled_registry.choose("faster-whisper")
    assert "toy" in named.value.message


async def test_the_stage_starts_with_spoiled_weights(
    spoiled_registry: EngineRegistry[AsrEngine],
) -> None:
    await AsrHandler(spoiled_registry, low_confidence=0.5).warm_up()
    assert spoiled_registry.choose().id == "pocketsphinx"


async def test_a_model_for_other_mel_bands_does_not_load(
    make_whisper: MakeWhisper, models: Path
) -> None:
    (models / "toy" / "preprocessor_config.json").write_text('{"feature_size": 128}')
    engine = make_whisper(models)
    with pytest.raises(StageError) as failed:
        await engine.transcribe(np.zeros(RATE_HZ, np.float32), language="en")
    assert failed.value.code == "engine_failed"


@pytest.fixture
def toy_registry(tmp_path: Path) -> EngineRegistry[AsrEngine]:
    """Both engines, as on a machine with a model."""
    shutil.copytree(TOY, tmp_path / "asr" / "faster-whisper" / "toy")
    return open_registry(AsrSettings(), CommonSettings(model_dir=tmp_path))


def test_the_language_chooses_the_engine(toy_registry: EngineRegistry[AsrEngine]) -> None:
    def ids(wanted: str, language: str) -> list[str]:
        return [each.id for each in engines_for(toy_registry, wanted, language).engines]

    assert ids("auto", "en") == ["faster-whisper", "pocketsphinx"]
    assert ids("pocketsphinx,auto", "en") == ["pocketsphinx", "faster-whisper"]
    assert ids("auto", "pt-BR") == ["faster-whisper"]
    assert ids("pocketsphinx", "en") == ["pocketsphinx"]
    with pytest.raises(StageError) as refused:
        engines_for(toy_registry, "pocketsphinx", "pt-BR")
    assert refused.value.code == "unsupported_language_pair"


class FailingGpu:
    """A CTranslate2 model on a device that can't work."""

    def __init__(self, model: Any, fault: str) -> None:
        self._model = model
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(self._fault)


OUT_OF_MEMORY = "CUDA failed with error out of memory"
NO_ROOM_FOR_CUBLAS = "cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"
NO_CUBLAS = "Library libcublas.so.12 is not found or cannot be loaded"


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ("loading", OUT_OF_MEMORY),
        ("working", OUT_OF_MEMORY),
        ("working", NO_ROOM_FOR_CUBLAS),
        ("working", NO_CUBLAS),
    ],
)
async def test_a_gpu_that_does_not_do_is_left_for_the_cpu(
    make_whisper: MakeWhisper,
    espeak: Speak,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    fault: str,
) -> None:
    opened: list[str] = []

    def open_somewhere(folder: Path, device: str, **options: int) -> LoadedWhisper:
        opened.append(device)
        if device == "cpu":
            return open_model(folder, device, **options)
        if when == "loading":
            raise RuntimeError(fault)
        on_gpu = replace(open_model(folder, "cpu", **options), device="cuda")
        on_gpu.whisper.model = FailingGpu(on_gpu.whisper.model, fault)
        return on_gpu

    monkeypatch.setattr(faster_whisper, "cuda_devices", lambda: 1)
    monkeypatch.setattr(faster_whisper, "open_model", open_somewhere)
    engine = make_whisper()
    language, text = ALL_SENTENCES[0]
    heard = await engine.transcribe(espeak(text, language), language=language)
    assert text_of(heard) == text
    assert opened == ["cuda", "cpu"]
    assert engine.capabilities().device == "cpu"


def test_of_several_models_the_largest_is_taken(tmp_path: Path) -> None:
    for name, size in (("base", 10), ("large", 30), ("small", 20)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.bin").write_bytes(bytes(size))
    with pytest.raises(UnusableFolder, match="the model large lacks"):
        find_model(tmp_path)
