"""MarianMT and NLLB on toy models in the real format, which know the lines of sentences.tsv."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("ctranslate2", reason="polydub-translation[neural] is not installed")
pytest.importorskip("sentencepiece", reason="polydub-translation[neural] is not installed")


from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.model_cache import ModelCache
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.engines.ctranslate2 import (
    CTranslate2Engine,
    MadladEngine,
    MarianEngine,
    Models,
    NllbEngine,
)
from polydub_translation.engines.ctranslate2_model import Device
from polydub_translation.engines.registry import open_registry
from polydub_translation.settings import TranslationSettings

pytestmark = pytest.mark.integration

MODELS = Path(__file__).parent / "models"
with (MODELS / "sentences.tsv").open(newline="") as _lines:
    SENTENCES = list(csv.DictReader(_lines, delimiter="\t", quoting=csv.QUOTE_NONE))

Registry = EngineRegistry[TranslationEngine]


def place(model_dir: Path, toy: str, name: str = "") -> Path:
    """Puts a toy where the engines look for models."""
    folder = model_dir / "translation" / "ctranslate2" / (name or toy)
    shutil.copytree(MODELS / toy, folder)
    return folder


def opened(model_dir: Path, *, allow_noncommercial: bool = True, models_mb: int = 100) -> Registry:
    common = CommonSettings(model_dir=model_dir, allow_noncommercial=allow_noncommercial)
    return open_registry(TranslationSettings(models_mb=models_mb, device="cpu"), common)


def made(
    kind: type[CTranslate2Engine],
    model_dir: Path,
    models: Models | None = None,
    *,
    batch_tokens: int = 1024,
) -> CTranslate2Engine:
    """An engine of one's own."""
    return kind(
        folder=model_dir / "translation" / "ctranslate2",
        models=models or ModelCache("translation", 10**9),
        device=Device("cpu"),
        batch_tokens=batch_tokens,
        allow_noncommercial=True,
        timeout_s=60,
    )


def engine_of(registry: Registry, engine_id: str) -> CTranslate2Engine:
    (engine,) = (each for each in registry.all() if each.id == engine_id)
    assert isinstance(engine, CTranslate2Engine)
    return engine


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    model_dir = tmp_path_factory.mktemp("models")
    for toy in ("marian", "nllb"):
        place(model_dir, toy)
    made = opened(model_dir)
    yield made
    made.close()


@pytest.fixture
def marian(registry: Registry) -> CTranslate2Engine:
    return engine_of(registry, "marian")


@pytest.fixture
def nllb(registry: Registry) -> CTranslate2Engine:
    return engine_of(registry, "nllb")


async def best(engine: TranslationEngine, *texts: str, target: str = "es") -> list[str]:
    found = await engine.translate(texts, source="en", target=target)
    return [each.candidates[0].text for each in found]


# what the neural ones say


async def test_marian_says_each_sentence_exactly(marian: CTranslate2Engine) -> None:
    said = await best(marian, *(row["en"] for row in SENTENCES))
    for row, text in zip(SENTENCES, said, strict=True):
        assert text in (row["es"], row["es_short"]), row["en"]


async def test_marian_offers_shorter_wordings(marian: CTranslate2Engine) -> None:
    rows = [row for row in SENTENCES if row["es_short"]]
    found = await marian.translate(
        [row["en"] for row in rows], source="en", target="es", candidates=3
    )
    both = [
        {row["es"], row["es_short"]} <= {each.text for each in said.candidates}
        for row, said in zip(rows, found, strict=True)
    ]
    assert len(rows) == 10
    assert sum(both) >= 8


@pytest.mark.parametrize(("language", "known"), [("es", 42), ("de", 43), ("fr", 43)])
async def test_nllb_takes_the_target_as_a_token(
    nllb: CTranslate2Engine, language: str, known: int
) -> None:
    said = await best(nllb, *(row["en"] for row in SENTENCES), target=language)
    right = sum(text == row[language] for row, text in zip(SENTENCES, said, strict=True))
    assert right >= known


@pytest.mark.parametrize("language", ["es", "de", "fr"])
async def test_madlad_takes_the_target_as_a_token(tmp_path: Path, language: str) -> None:
    place(tmp_path, "madlad")
    engine = made(MadladEngine, tmp_path)
    said = await best(engine, *(row["en"] for row in SENTENCES), target=language)
    engine.close()
    right = sum(text == row[language] for row, text in zip(SENTENCES, said, strict=True))
    assert right >= 40


async def test_sentences_of_one_line_are_all_said(marian: CTranslate2Engine) -> None:
    (said,) = await best(marian, "Good morning. My name is Anna. The car is blue.")
    assert said == "Buenos días. Me llamo Anna. El coche es azul."


async def test_a_line_without_a_stop_gets_none(marian: CTranslate2Engine) -> None:
    assert await best(marian, "the car is blue", "Good night.") == [
        "El coche es azul",
        "Buenas noches.",
    ]


async def test_many_lines_pass_in_small_batches(tmp_path: Path) -> None:
    place(tmp_path, "marian")
    engine = made(MarianEngine, tmp_path, batch_tokens=16)
    heard: list[float] = []

    async def progress(fraction: float) -> None:
        heard.append(fraction)

    lines = ["The car is blue.", "Good night."] * 40
    found = await engine.translate(lines, source="en", target="es", on_progress=progress)
    assert [each.candidates[0].text for each in found[-2:]] == [
        "El coche es azul.",
        "Buenas noches.",
    ]
    assert heard == sorted(heard)


async def test_a_pivot_is_taken_and_named(tmp_path: Path) -> None:
    """The toy stands for two models: into English, where it leaves Spanish, and out of it."""
    for name, source, target in (("a", "de", "en"), ("b", "en", "es")):
        manifest = place(tmp_path, "marian", name) / "polydub.json"
        text = manifest.read_text().replace('["en"]', f'["{source}"]')
        manifest.write_text(text.replace('["es"]', f'["{target}"]'))
    engine = engine_of(opened(tmp_path), "marian")
    (said,) = await engine.translate(["Good night."], source="de", target="es")
    assert said.candidates[0].via == ("en",)
    assert said.candidates[0].text
    engine.close()


# models that are missing, broken, or not to be used


async def test_models_are_freed_when_there_are_too_many(tmp_path: Path) -> None:
    for toy in ("marian", "nllb"):
        place(tmp_path, toy)
    together: Models = ModelCache("translation", 600_000)
    first = made(MarianEngine, tmp_path, together)
    second = made(NllbEngine, tmp_path, together)
    await best(first, "Good night.")
    assert names(together) == ["marian"]
    await best(second, "Good night.")
    assert names(together) == ["nllb"]
    assert await best(first, "Good night.") == ["Buenas noches."]
    first.close()
    second.close()
    assert names(together) == []


def names(models: Models) -> list[str]:
    """The models in memory."""
    return [folder.name for folder in models.loaded()]


def damage(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model.bin", lambda data: data[:1000]),
        ("model.bin", lambda data: b"\xff" * len(data)),
        ("source.spm", lambda data: b"\xff" * len(data)),
        ("target.spm", lambda data: b""),
        ("shared_vocabulary.json", lambda data: b"["),
    ],
)
async def test_a_damaged_model_is_named(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    damage(place(tmp_path, "marian"), name, change)
    engine = engine_of(opened(tmp_path), "marian")
    with pytest.raises(StageError) as told:
        await best(engine, "Good night.")
    assert told.value.code == "engine_unavailable"
    assert "marian" in told.value.message
    assert str(tmp_path) not in told.value.message


def test_a_licence_against_commercial_use_counts(tmp_path: Path) -> None:
    place(tmp_path, "nllb")
    refused = engine_of(opened(tmp_path, allow_noncommercial=False), "nllb")
    here = refused.available()
    assert not here.ok
    assert "CC-BY-NC-4.0" in here.reason
    assert "POLYDUB_ALLOW_NONCOMMERCIAL" in here.remedy
    assert refused.capabilities().pairs == ()
    assert not refused.capabilities().commercial_use
    allowed = engine_of(opened(tmp_path), "nllb")
    assert allowed.available().ok
    assert not allowed.capabilities().commercial_use
    assert isinstance(allowed, NllbEngine)


def test_the_version_follows_the_models(tmp_path: Path) -> None:
    place(tmp_path, "marian")
    engine = engine_of(opened(tmp_path), "marian")
    before = engine.version
    damage(
        tmp_path / "translation/ctranslate2/marian",
        "polydub.json",
        lambda data: data.replace(b"toy-1", b"toy-2"),
    )
    assert engine.version != before


async def test_auto_prefers_what_is_neural(registry: Registry) -> None:
    ids = [each.id for each in registry.all()]
    assert ids == ["llm", "deepl", "google", "marian", "madlad", "nllb", "apertium"]
    assert registry.choose(able=lambda each: bool(each.route("en", "es"))).id == "marian"
    assert registry.choose(able=lambda each: bool(each.route("en", "de"))).id == "nllb"

    async def loaded() -> bool:
        await best(engine_of(registry, "marian"), "Good night.")
        return "marian" in names(engine_of(registry, "marian")._models)

    assert await poll_until(loaded, "the model to be kept")
