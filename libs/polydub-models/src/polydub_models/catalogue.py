"""The models that can be fetched: data in ``catalogue.toml``."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from polydub_models.errors import UnknownModel

PROFILES = ("light", "balanced", "best")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ModelFile:
    """One file of a model.

    Attributes:
        path: where it lies in the model's folder.
        repo: the hub repository it comes from; empty where ``url`` says it all.
        remote: its path in the repository.
        revision: a commit, or a branch that the first pull pins.
        sha256: as pinned in the catalogue; empty where the first pull pins it.
        size: in bytes; 0 where it is not known.
    """

    path: str
    repo: str = ""
    remote: str = ""
    revision: str = ""
    url: str = ""
    sha256: str = ""
    size: int = 0

    @property
    def source(self) -> str:
        return self.url or f"{self.repo}/{self.remote}"

    @property
    def commit(self) -> str:
        """The commit that the catalogue pins; empty where it names a branch."""
        return self.revision if _COMMIT.fullmatch(self.revision) else ""


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue.

    Attributes:
        folder: below the model folder.
        languages: those it translates into or speaks; empty where they don't matter.
        extra: what pip installs for its engine.
        imports: the package that shows that the extra is there.
        generated: small files that the engine needs and nobody publishes, by name.
    """

    id: str
    stage: str
    engine: str
    folder: str
    about: str
    licence: str
    commercial_use: bool
    gated: bool
    page: str
    languages: tuple[str, ...]
    profiles: tuple[str, ...]
    extra: str
    imports: str
    note: str
    files: tuple[ModelFile, ...]
    generated: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes, as far as the catalogue knows them."""
        return sum(file.size for file in self.files)

    @property
    def size_is_known(self) -> bool:
        return all(file.size for file in self.files)


@dataclass(frozen=True)
class Catalogue:
    """All models, in the order in which they are listed."""

    models: tuple[Model, ...]

    def get(self, wanted: str) -> Model:
        """The model with an id.

        Raises:
            UnknownModel: naming those that are spelled nearly so.
        """
        for model in self.models:
            if model.id == wanted:
                return model
        near = difflib.get_close_matches(wanted, [model.id for model in self.models], cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UnknownModel(
            f"There is no model {wanted!r}.", f"{hint}`polydub models list` shows all of them."
        )

    def choose(self, profile: str, languages: Sequence[str] = ()) -> tuple[Model, ...]:
        """The models of a profile; of those with languages, only what serves the given ones."""
        return tuple(
            model
            for model in self.models
            if profile in model.profiles and _serves(model.languages, languages)
        )


def _serves(offered: Iterable[str], wanted: Sequence[str]) -> bool:
    offered = set(offered)
    return not offered or not wanted or any(tag.split("-")[0] in offered for tag in wanted)


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """The catalogue of this package."""
    text = resources.files("polydub_models").joinpath("catalogue.toml").read_text("utf-8")
    return parse(text)


def parse(text: str) -> Catalogue:
    """A catalogue in TOML.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    told = tomllib.loads(text)
    extras: Mapping[str, str] = told.get("extras", {})
    return Catalogue(tuple(_model(each, extras) for each in told["model"]))


def _model(told: Mapping[str, Any], extras: Mapping[str, str]) -> Model:
    repo, revision = told.get("repo", ""), told.get("revision", "main")
    extra = told.get("extra", "")
    return Model(
        id=told["id"],
        stage=told["stage"],
        engine=told["engine"],
        folder=told["folder"],
        about=told["about"],
        licence=told["licence"],
        commercial_use=told["commercial_use"],
        gated=told.get("gated", False),
        page=told.get("page") or repo,
        languages=tuple(told.get("languages", ())),
        profiles=tuple(told.get("profiles", ())),
        extra=extra,
        imports=extras[extra] if extra else "",
        note=told.get("note", ""),
        files=tuple(_file(each, repo, revision) for each in told["files"]),
        generated=told.get("generated", {}),
    )


def _file(told: Mapping[str, Any], repo: str, revision: str) -> ModelFile:
    """A table of a file; what it leaves out is the model's."""
    if "url" in told:
        return ModelFile(**{"path": told["url"].rpartition("/")[2], **told})
    whole = {"repo": repo, "revision": revision, "path": told["remote"], **told}
    return ModelFile(**whole)
