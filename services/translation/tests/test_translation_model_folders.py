"""Which models a folder holds, where they lead, and how many stay in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polydub.model_cache import ModelCache
from polydub_translation.engines.ctranslate2 import MadladEngine
from polydub_translation.engines.ctranslate2_model import Device
from polydub_translation.engines.models import Kind, Ways, find

pytestmark = pytest.mark.unit

TOKENIZERS = {
    "marian": ("source.spm", "target.spm"),
    "nllb": ("sentencepiece.bpe.model",),
    "madlad": ("spiece.model",),
}


def put(folder: Path, name: str, kind: Kind = "marian", **manifest: Any) -> Path:
    """A model folder with everything but weights that work."""
    made = folder / name
    made.mkdir(parents=True)
    facts = {"kind": kind, "licence": "MIT", "commercial_use": True, "revision": "1"}
    (made / "polydub.json").write_text(json.dumps({**facts, **manifest}))
    (made / "model.bin").write_bytes(b"0" * 100)
    for tokenizer in TOKENIZERS[kind]:
        (made / tokenizer).touch()
    return made


def ways_of(folder: Path, kind: Kind = "marian") -> Ways:
    return Ways(find(folder, kind)[0])


def test_models_are_found_by_kind(tmp_path: Path) -> None:
    put(tmp_path, "b", sources=["en"], targets=["es"])
    put(tmp_path, "a", sources=["en"], targets=["de"])
    put(tmp_path, "m", "madlad", sources=["en"], targets={"es": "es"})
    models, problems = find(tmp_path, "marian")
    assert [model.name for model in models] == ["a", "b"]
    assert problems == ()
    assert find(tmp_path / "nowhere", "marian") == ((), ())


@pytest.mark.parametrize("lost", ["model.bin", "source.spm"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, lost: str) -> None:
    (put(tmp_path, "a", sources=["en"], targets=["es"]) / lost).unlink()
    assert find(tmp_path, "marian") == ((), (f"a: {lost} is missing",))


@pytest.mark.parametrize("manifest", ["", "{}", '{"kind": "bert"}', "[1]", "\0"])
def test_a_manifest_that_makes_no_sense_is_told(tmp_path: Path, manifest: str) -> None:
    (put(tmp_path, "a") / "polydub.json").write_text(manifest)
    assert find(tmp_path, "marian") == ((), ("a: polydub.json can't be understood",))


def test_marian_has_to_name_its_languages(tmp_path: Path) -> None:
    put(tmp_path, "a", sources=["en"])
    assert find(tmp_path, "marian")[1] == ("a: polydub.json names no sources or no targets",)


def test_a_model_that_comes_later_is_seen(tmp_path: Path) -> None:
    folder = put(tmp_path, "a", sources=["en"], targets=["es"])
    (folder / "model.bin").unlink()
    assert not find(tmp_path, "marian")[0]
    (folder / "model.bin").write_bytes(b"0")
    assert find(tmp_path, "marian")[0]


def test_nllb_languages_come_from_its_vocabulary(tmp_path: Path) -> None:
    codes = [
        "eng_Latn", "spa_Latn", "arb_Arab", "acm_Arab", "zho_Hans", "zho_Hant", "ace_Latn",
        "nob_Latn",
    ]  # fmt: skip
    folder = put(tmp_path, "n", "nllb")
    (folder / "shared_vocabulary.json").write_text(json.dumps(["<s>", "▁the", *codes]))
    (model,), _ = find(tmp_path, "nllb")
    assert model.targets == {
        "ar": "arb_Arab", "en": "eng_Latn", "es": "spa_Latn", "no": "nob_Latn", "zh": "zho_Hans",
        "zh-Hant": "zho_Hant",
    }  # fmt: skip
    leg = Ways([model]).find("en-GB", "zh-TW")
    assert leg is not None
    assert leg.legs[0].target_code == "zho_Hant"


def test_madlad_languages_come_from_its_vocabulary(tmp_path: Path) -> None:
    folder = put(tmp_path, "m", "madlad")
    (folder / "shared_vocabulary.json").write_text(json.dumps(["<2es>", "<2en>", "<2ace>", "es"]))
    (model,), _ = find(tmp_path, "madlad")
    assert model.sources == model.targets == {"en": "en", "es": "es"}


def test_madlad_is_told_its_target_by_a_token(tmp_path: Path) -> None:
    put(tmp_path, "m", "madlad", sources=["en"], targets={"es": "es"})
    way = ways_of(tmp_path, "madlad").find("en", "es")
    assert way is not None
    engine = MadladEngine(
        folder=tmp_path,
        models=ModelCache("translation", 1),
        device=Device(),
        batch_tokens=16,
        allow_noncommercial=False,
        timeout_s=1,
    )
    assert engine._tokens(["▁a", "b"], way.legs[0]) == ["<2es>", "▁a", "b", "</s>"]


def test_a_pivot_serves_where_no_model_leads_directly(tmp_path: Path) -> None:
    put(tmp_path, "de-en", sources=["de"], targets=["en"])
    put(tmp_path, "de-fr", sources=["de"], targets=["fr"])
    put(tmp_path, "en-es", sources=["en"], targets=["es"])
    put(tmp_path, "fr-es", sources=["fr"], targets=["es"])
    ways = ways_of(tmp_path)
    found = {(pair.source, pair.target): pair.via for pair in ways.pairs()}
    assert found == {
        ("de", "en"): (), ("de", "fr"): (), ("en", "es"): (), ("fr", "es"): (),
        ("de", "es"): ("en",),
    }  # fmt: skip
    way = ways.find("de-AT", "es-MX")
    assert way is not None
    assert [leg.model.name for leg in way.legs] == ["de-en", "en-es"]
    assert ways.find("es", "de") is None
    assert ways.find("en", "en-GB") is None


def test_regions_find_their_relatives(tmp_path: Path) -> None:
    put(tmp_path, "en-pt", sources=["en"], targets=["pt-BR"])
    way = ways_of(tmp_path).find("en-US", "pt-PT")
    assert way is not None
    assert way.pair.target == "pt-BR"
