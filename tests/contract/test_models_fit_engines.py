"""The models that can be fetched are those that the engines read."""

from __future__ import annotations

import importlib
import json
import tomllib
from pathlib import Path

import pytest

from polydub.settings import CommonSettings
from polydub_asr.engines import whisper_folder
from polydub_diarization.engines import sherpa
from polydub_models.catalogue import Model, shipped
from polydub_models.lock import Lock
from polydub_models.plan import generated, known
from polydub_separation.engines import htdemucs, sherpa_network
from polydub_translation.engines import models as translation_models
from polydub_tts.engines import kokoro

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
MODELS = shipped().models
SHARED_FOLDERS = {("translation", "ctranslate2"): {"marian", "madlad", "nllb"}}
"""Folders from which several engines read, by the engines' ids."""
each_model = pytest.mark.parametrize("model", MODELS, ids=[model.id for model in MODELS])


def of_engine(*engines: str) -> pytest.MarkDecorator:
    chosen = [model for model in MODELS if model.engine in engines]
    return pytest.mark.parametrize("model", chosen, ids=[model.id for model in chosen])


def names(model: Model) -> set[str]:
    return {file.path for file in model.files} | set(model.generated)


def engine_ids(stage: str) -> set[str]:
    registry = importlib.import_module(f"polydub_{stage}.engines.registry")
    settings = importlib.import_module(f"polydub_{stage}.settings")
    of_stage = getattr(settings, f"{stage.capitalize()}Settings")()
    return {engine.id for engine in registry.open_registry(of_stage, CommonSettings()).all()}


@each_model
def test_its_folder_is_one_that_an_engine_of_the_stage_reads(model: Model) -> None:
    assert model.folder.split("/")[:2] == [model.stage, model.engine]
    readers = SHARED_FOLDERS.get((model.stage, model.engine), {model.engine})
    if not readers <= engine_ids(model.stage):
        pytest.skip(f"{model.stage} has no engine {model.engine}")


@each_model
def test_its_extra_is_one_of_the_service(model: Model) -> None:
    if model.engine not in engine_ids(model.stage) | {"ctranslate2"}:
        pytest.skip(f"{model.stage} has no engine {model.engine}")
    package, _, extra = model.extra.rstrip("]").partition("[")
    project = tomllib.loads((ROOT / "services" / model.stage / "pyproject.toml").read_text())
    assert project["project"]["name"] == package
    assert extra in project["project"]["optional-dependencies"]


@of_engine("faster-whisper")
def test_whisper_folders_are_whole(model: Model) -> None:
    assert set(whisper_folder._NEEDED) <= names(model)
    assert names(model) & set(whisper_folder._VOCABULARIES)


@of_engine("ctranslate2")
def test_translation_folders_are_whole(model: Model, tmp_path: Path) -> None:
    manifest = generated(model, known(model, Lock()))[translation_models.MANIFEST]
    for name in names(model):
        (tmp_path / model.id).mkdir(exist_ok=True)
        (tmp_path / model.id / name).write_text('["<2es>", "<2en>"]')
    (tmp_path / model.id / translation_models.MANIFEST).write_bytes(manifest)
    found, problems = translation_models.find(tmp_path, json.loads(manifest)["kind"])
    assert problems == ()
    assert [each.path.name for each in found] == [model.id]
    assert not model.id.startswith("opus") or tuple(found[0].targets) == model.languages


@of_engine("kokoro")
def test_kokoro_folders_are_whole(model: Model) -> None:
    assert {"model.onnx", "tokenizer.json"} <= names(model)
    voices = {Path(name).stem for name in names(model) if name.startswith("voices/")}
    assert all(kokoro._VOICE_NAME.fullmatch(voice) for voice in voices)
    spoken = {kokoro._LANGUAGES[voice[0]][0].split("-")[0] for voice in voices}
    assert spoken == set(model.languages)


@of_engine("piper")
def test_piper_folders_are_whole(model: Model) -> None:
    (voice,) = [name for name in names(model) if name.endswith(".onnx")]
    assert {f"{voice}.json", "MODEL_CARD"} <= names(model)


@of_engine("sherpa", "sherpa-uvr", "htdemucs")
def test_folders_of_fixed_names_are_whole(model: Model) -> None:
    needed = {
        "sherpa": {sherpa.SEGMENTATION, sherpa.EMBEDDING},
        "sherpa-uvr": {sherpa_network.MODEL},
        "htdemucs": {f"{htdemucs.MODEL}.yaml", "955717e8-8726e21a.th"},
    }[model.engine]
    assert names(model) == needed


@of_engine("pyannote")
def test_pyannote_folders_are_whole(model: Model) -> None:
    assert "config.yaml" in names(model)
    parts = {Path(name).parts[0] for name in names(model)} - {"config.yaml"}
    assert parts == {"segmentation", "embedding", "plda"}
