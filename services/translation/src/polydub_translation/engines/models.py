"""Folders with CTranslate2 translation models: what they hold, and where they lead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from langcodes import Language, standardize_tag
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from polydub import languages
from polydub.engines import LanguagePair
from polydub_translation import spoken

Kind = Literal["marian", "nllb", "madlad"]
Table = Mapping[str, str]
"""BCP-47 tag -> the model's own name of the language."""

MANIFEST = "polydub.json"
PIVOTS = ("en",)
"""Tried first: most models lead from or to English."""

_TOKENIZERS: Mapping[str, Sequence[Sequence[str]]] = {
    "marian": (("source.spm",), ("target.spm",)),
    "nllb": (("sentencepiece.bpe.model", "flores200_sacrebleu_tokenizer_spm.model"),),
    "madlad": (("spiece.model", "sentencepiece.model"),),
}
_VOCABULARIES = ("shared_vocabulary.json", "target_vocabulary.json")
_FLORES = re.compile(r"([a-z]{3})_([A-Z][a-z]{3})")
_MADLAD = re.compile(r"<2([a-z]{2,3})>")
_USUAL_FORMS: Table = {
    "arb_Arab": "ar",
    "lvs_Latn": "lv",
    "nob_Latn": "no",
    "pes_Arab": "fa",
    "zho_Hans": "zh",
}
"""Flores languages that a more general tag stands for."""


class Manifest(BaseModel):
    """``polydub.json``: what a model folder says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    licence: str
    commercial_use: bool
    revision: str
    sources: dict[str, str] = {}
    """Given as a table, or as a list of tags. May be left out for nllb and madlad, whose vocabulary
    tells; then the languages of :mod:`spoken` are offered."""
    targets: dict[str, str] = {}
    """A table also says that the target is asked for by a token, as ``>>fra<<`` in Marian models
    with several targets; a list says that there is no such token."""

    @field_validator("sources", "targets", mode="before")
    @classmethod
    def _as_table(cls, given: object) -> object:
        return dict.fromkeys(given, "") if isinstance(given, list) else given


@dataclass(frozen=True)
class ModelFolder:
    """One model that is ready to be loaded."""

    path: Path
    manifest: Manifest
    sources: Table
    targets: Table
    tokenizers: tuple[Path, ...]
    """One for both sides, or the source's and the target's."""
    size_bytes: int

    @property
    def name(self) -> str:
        return self.path.name

    def __hash__(self) -> int:
        return hash((self.path, self.manifest.revision, self.size_bytes))


class ModelProblem(Exception):
    """Why a folder can't be used, in words for the operator."""


def find(folder: Path, kind: Kind) -> tuple[tuple[ModelFolder, ...], tuple[str, ...]]:
    """The models of a kind below a folder, by name, and what is wrong with others."""
    models, problems = list[ModelFolder](), list[str]()
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        try:
            model = _read(manifest.parent, _stamp(manifest.parent))
        except ModelProblem as problem:
            problems.append(f"{manifest.parent.name}: {problem}")
        else:
            if model.manifest.kind == kind:
                models.append(model)
    return tuple(models), tuple(problems)


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes with the files of a folder, so that new models are seen without a restart."""
    try:
        return tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()))
    except OSError:
        return ()


@lru_cache(maxsize=256)
def _read(folder: Path, stamp: tuple[int, ...]) -> ModelFolder:  # noqa: ARG001 - part of the key
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelProblem(f"{MANIFEST} can't be understood") from error
    weights = folder / "model.bin"
    if not weights.is_file():
        raise ModelProblem("model.bin is missing")
    sources, targets = _tables(folder, manifest)
    return ModelFolder(
        path=folder,
        manifest=manifest,
        sources=sources,
        targets=targets,
        tokenizers=tuple(_tokenizer(folder, names) for names in _TOKENIZERS[manifest.kind]),
        size_bytes=weights.stat().st_size,
    )


def _tokenizer(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ModelProblem(f"{names[0]} is missing")


def _tables(folder: Path, manifest: Manifest) -> tuple[Table, Table]:
    sources, targets = manifest.sources, manifest.targets
    if not (sources and targets):
        if manifest.kind == "marian":
            raise ModelProblem(f"{MANIFEST} names no sources or no targets")
        known = _from_vocabulary(folder, manifest.kind)
        sources, targets = sources or known, targets or known
    return sources, targets


def _from_vocabulary(folder: Path, kind: Kind) -> dict[str, str]:
    tokens = _vocabulary(folder)
    table = dict(_flores_languages(tokens) if kind == "nllb" else _madlad_languages(tokens))
    if not table:
        raise ModelProblem("its vocabulary names no languages")
    return {tag: table[tag] for tag in sorted(table) if languages.base(tag) in spoken.TAGS}


def _vocabulary(folder: Path) -> Iterable[str]:
    for name in _VOCABULARIES:
        if (folder / name).is_file():
            try:
                return [str(token) for token in json.loads((folder / name).read_bytes())]
            except ValueError as error:
                raise ModelProblem(f"{name} is damaged") from error
    raise ModelProblem(f"{_VOCABULARIES[0]} is missing")


def _flores_languages(tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Tag and code of tokens such as ``spa_Latn``; the usual form of a tag comes last and stays."""
    codes = (token for token in tokens if _FLORES.fullmatch(token))
    for code in sorted(codes, key=lambda code: (code in _USUAL_FORMS, code)):
        tag = standardize_tag(code.replace("_", "-"), macro=True)
        yield _USUAL_FORMS.get(code) or Language.get(tag).simplify_script().to_tag(), code


def _madlad_languages(tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Tag and code of tokens such as ``<2es>``."""
    for token in tokens:
        if found := _MADLAD.fullmatch(token):
            yield languages.base(found[1]), found[1]


@dataclass(frozen=True)
class Leg:
    """One model, used in one direction."""

    model: ModelFolder
    source: str
    target: str

    @property
    def source_code(self) -> str:
        return self.model.sources[self.source]

    @property
    def target_code(self) -> str:
        return self.model.targets[self.target]


@dataclass(frozen=True)
class Way:
    """Legs that lead one after the other from a source to a target."""

    legs: tuple[Leg, ...]

    @property
    def pair(self) -> LanguagePair:
        via = tuple(leg.target for leg in self.legs[:-1])
        return LanguagePair(self.legs[0].source, self.legs[-1].target, via)


class Ways:
    """Every way between the languages of some models: direct, or through one other language."""

    def __init__(self, models: Sequence[ModelFolder]) -> None:
        direct: dict[tuple[str, str], Leg] = {}
        for model in models:
            for source in model.sources:
                for target in model.targets:
                    if languages.base(source) != languages.base(target):
                        direct.setdefault((source, target), Leg(model, source, target))
        self._sources = sorted({source for source, _ in direct})
        self._targets = sorted({target for _, target in direct})
        self._ways = {key: Way((leg,)) for key, leg in direct.items()}
        self._ways |= self._pivoted(direct)

    def _pivoted(self, direct: Mapping[tuple[str, str], Leg]) -> dict[tuple[str, str], Way]:
        pivots = [tag for tag in self._targets if tag in self._sources]
        pivots.sort(key=lambda tag: tag not in PIVOTS)
        found: dict[tuple[str, str], Way] = {}
        for first, second in ((a, b) for p in pivots for a, b in _through(p, direct)):
            key = (first.source, second.target)
            if key not in direct and languages.base(key[0]) != languages.base(key[1]):
                found.setdefault(key, Way((first, second)))
        return found

    def pairs(self) -> tuple[LanguagePair, ...]:
        return tuple(self._ways[key].pair for key in sorted(self._ways))

    def find(self, source: str, target: str) -> Way | None:
        """The way between two tags, or between their nearest relatives in other regions."""
        for known_source in _nearest(source, self._sources):
            for known_target in _nearest(target, self._targets):
                if way := self._ways.get((known_source, known_target)):
                    return way
        return None


def _through(pivot: str, direct: Mapping[tuple[str, str], Leg]) -> Iterator[tuple[Leg, Leg]]:
    """Every two legs that meet in a language."""
    into = [leg for (_, target), leg in direct.items() if target == pivot]
    out = [leg for (source, _), leg in direct.items() if source == pivot]
    return ((first, second) for first in into for second in out)


def _nearest(tag: str, known: Sequence[str]) -> list[str]:
    """The tags of the same language, the same script first, then the most general."""
    if tag in known:
        return [tag]
    base, script = languages.base(tag), Language.get(tag).maximize().script
    related = [each for each in known if languages.base(each) == base]
    return sorted(
        related, key=lambda each: (Language.get(each).maximize().script != script, len(each), each)
    )
