"""What exactly is to be fetched: every file with its address, its commit and its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polydub_models.catalogue import Model, ModelFile
from polydub_models.errors import Corrupt
from polydub_models.hub import Hub, Repo
from polydub_models.lock import Lock, Pin

_BLOCK = 1 << 20
AskRepo = Callable[[str, str], Repo]


@dataclass(frozen=True)
class Wanted:
    """One file as it has to be.

    Attributes:
        sha256: empty where nobody pinned it yet.
        blob: the git blob id, for small files that the hub gives no sha256 of.
        size: 0 where it is not known.
        refusal_of: what a refusal is told of: the repository, or the address.
    """

    path: str
    source: str
    url: str
    commit: str
    sha256: str
    blob: str = ""
    size: int = 0
    refusal_of: str = ""

    def problem(self, path: Path) -> str:
        """What is wrong with a file; empty where it is as wanted."""
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return "is missing"
        if self.size and size != self.size:
            return f"has {size} bytes instead of {self.size}"
        if self.sha256 and sha256_of(path) != self.sha256:
            return "has another checksum than it should"
        if not self.sha256 and self.blob and blob_of(path) != self.blob:
            return "has another git blob id than it should"
        return ""

    def pin(self, path: Path) -> Pin:
        """What the lock keeps of the file that came."""
        return Pin(self.source, self.commit, self.sha256 or sha256_of(path), path.stat().st_size)


def known(model: Model, lock: Lock) -> list[Wanted]:
    """The files of a model as far as catalogue and lock know them; asks nobody."""
    return [_known(file, lock.pin(model.id, file)) for file in model.files]


def plan(model: Model, lock: Lock, hub: Hub, ask: AskRepo) -> list[Wanted]:
    """The files of a model. The hub is asked only for what neither catalogue nor lock know.

    Args:
        ask: gives a repository at a revision; remembers what it was asked.

    Raises:
        ModelsError: the hub does not answer, or lacks a file.
    """
    files = zip(model.files, known(model, lock), strict=True)
    return [told if file.url else _from_hub(file, told, hub, ask) for file, told in files]


def _known(file: ModelFile, pin: Pin | None) -> Wanted:
    return Wanted(
        path=file.path,
        source=file.source,
        url=file.url,
        commit=file.commit or (pin.commit if pin else ""),
        sha256=file.sha256 or (pin.sha256 if pin else ""),
        size=file.size or (pin.size if pin else 0),
        refusal_of=file.url or file.repo,
    )


def _from_hub(file: ModelFile, told: Wanted, hub: Hub, ask: AskRepo) -> Wanted:
    if not told.commit or not told.sha256:
        repo = ask(file.repo, told.commit or file.revision)
        if file.remote not in repo.files:
            raise Corrupt(
                f"{file.repo} has no file {file.remote} at {repo.commit[:12]}.",
                "Look for a newer version of polydub-models, or use --mirror.",
            )
        there = repo.files[file.remote]
        told = replace(
            told,
            commit=told.commit or repo.commit,
            sha256=told.sha256 or there.sha256,
            blob=there.blob,
            size=told.size or there.size,
        )
    return replace(told, url=hub.url(file.repo, told.commit, file.remote))


def generated(model: Model, wanted: Sequence[Wanted]) -> dict[str, bytes]:
    """The small files that nobody publishes, by name."""
    commit = next((file.commit for file in wanted if file.commit), "")
    return {
        name: text.replace("@COMMIT@", commit).encode() for name, text in model.generated.items()
    }


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def blob_of(path: Path) -> str:
    """Git's id of a file's content: the sha1 of a header and the content (gitformat-pack(5))."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
