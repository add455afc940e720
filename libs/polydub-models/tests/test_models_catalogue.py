"""The shipped catalogue, held to its own rules."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from pathlib import PurePosixPath

import pytest

from polydub_models import extras
from polydub_models.catalogue import PROFILES, Model, shipped
from polydub_models.lock import Lock
from polydub_models.plan import generated, known

pytestmark = pytest.mark.unit

MODELS = shipped().models
each_model = pytest.mark.parametrize("model", MODELS, ids=[model.id for model in MODELS])


@each_model
def test_pins_are_pins(model: Model) -> None:
    for file in model.files:
        assert file.sha256 == "" or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.commit or file.url or file.revision == "main"
        assert file.sha256 or not file.url, "an address without a checksum may give anything"
        assert file.url.startswith("https://") or file.repo.count("/") == 1


@each_model
def test_files_stay_in_the_model_s_folder(model: Model) -> None:
    for name in (model.folder, *(file.path for file in model.files), *model.generated):
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
    paths = [file.path for file in model.files]
    assert len(set(paths)) == len(paths)


@each_model
def test_generated_json_is_json(model: Model) -> None:
    for name, content in generated(model, known(model, Lock())).items():
        if name.endswith(".json"):
            told = json.loads(content)
            assert told["commercial_use"] == model.commercial_use
            assert "@" not in content.decode()


def test_ids_and_folders_are_unique_and_profiles_known() -> None:
    assert len({model.id for model in MODELS}) == len(MODELS)
    assert len({model.folder for model in MODELS}) == len(MODELS)
    assert {profile for model in MODELS for profile in model.profiles} == set(PROFILES)


def test_every_profile_serves_hearing_translating_and_speaking() -> None:
    for profile in PROFILES:
        stages = {model.stage for model in shipped().choose(profile, ["es"])}
        assert {"asr", "diarization", "translation", "tts"} <= stages


def test_the_light_profile_is_light_and_free_of_terms() -> None:
    light = shipped().choose("light", ["es"])
    assert sum(model.size for model in light) < 500_000_000
    assert all(model.size_is_known and model.commercial_use for model in light)
    assert not any(model.gated for model in light)
    assert all(file.sha256 for model in light for file in model.files)


def test_every_extra_is_told_by_a_package() -> None:
    text = resources.files("polydub_models").joinpath("catalogue.toml").read_text("utf-8")
    assert {model.extra for model in MODELS} == set(tomllib.loads(text)["extras"])


def test_extras_are_lacking_until_their_package_is_there() -> None:
    whisper = shipped().get("whisper-base")
    assert extras.lacking([whisper]) in ([], ["polydub-asr[whisper]"])
    nowhere = Model(**{**vars(whisper), "imports": "nowhere.at_all"})
    assert extras.lacking([nowhere]) == ["polydub-asr[whisper]"]
