"""The model folder: what is installed, and how a whole model gets there at once."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from polydub_models.catalogue import Model
from polydub_models.errors import ModelsError, Refused, disk_errors
from polydub_models.lock import NAME, Lock, Pin
from polydub_models.plan import Wanted, generated, known

_STAGING = ".partial"
"""Beside the stages' folders and not beside the model: engines take any folder that they find in
theirs, also one with a dot or another suffix, so a half model must not lie there."""

FetchFile = Callable[[Wanted, Path], None]


class State(StrEnum):
    """How a model stands, told without reading its files."""

    ABSENT = "absent"
    INSTALLED = "installed"
    BROKEN = "broken"


class Shelf:
    """One model folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock_path = root / NAME

    def folder(self, model: Model) -> Path:
        return self.root / model.folder

    def staging(self, model: Model) -> Path:
        return self.root / _STAGING / model.folder

    def state(self, model: Model, lock: Lock) -> State:
        folder = self.folder(model)
        if not folder.is_dir() or not any(folder.iterdir()):
            return State.ABSENT
        whole = all((folder / name).is_file() for name in model.generated) and all(
            _has_size(folder / wanted.path, wanted.size) for wanted in known(model, lock)
        )
        return State.INSTALLED if whole else State.BROKEN

    def bytes_missing(self, model: Model, wanted: Sequence[Wanted]) -> int:
        """How much has still to come, as far as sizes are known."""
        places = (self.staging(model), self.folder(model))
        missing = 0
        for file in wanted:
            part = self.staging(model) / f"{file.path}.part"
            if not any(_has_size(place / file.path, file.size) for place in places):
                missing += max(0, file.size - (part.stat().st_size if part.exists() else 0))
        return missing

    def install(
        self, model: Model, wanted: Sequence[Wanted], lock: Lock, fetch_file: FetchFile
    ) -> dict[str, Pin]:
        """Puts a whole model in place; gives what the lock has to keep.

        What is there already and right is not fetched again.

        Raises:
            ModelsError: a file does not come, or another model is in the place.
        """
        folder, staging = self.folder(model), self.staging(model)
        self._refuse_other(model, wanted, lock)
        with disk_errors():
            staging.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            self._stage(file, folder, staging, fetch_file)
        with disk_errors():
            for name, content in generated(model, wanted).items():
                (staging / name).write_bytes(content)
            pins = {file.path: file.pin(staging / file.path) for file in wanted}
            self._swap(folder, staging)
        return pins

    def _stage(self, file: Wanted, folder: Path, staging: Path, fetch_file: FetchFile) -> None:
        staged, installed = staging / file.path, folder / file.path
        if staged.exists() and not file.problem(staged):
            return
        if installed.exists() and (file.sha256 or file.blob) and not file.problem(installed):
            with disk_errors():
                staged.parent.mkdir(parents=True, exist_ok=True)
                staged.unlink(missing_ok=True)
                shutil.copy2(installed, staged)
            return
        fetch_file(file, staged)

    def _refuse_other(self, model: Model, wanted: Sequence[Wanted], lock: Lock) -> None:
        """Somebody's own model in the same place is not thrown away."""
        folder = self.folder(model)
        if self.state(model, lock) is State.ABSENT or model.id in lock.models:
            return
        if any(file.problem(folder / file.path) for file in wanted):
            raise Refused(
                f"{folder} holds another model than {model.id}.",
                f"Move it away, or delete it by `polydub models rm {model.id}`.",
            )

    def _swap(self, folder: Path, staging: Path) -> None:
        """The staged folder takes the installed one's place; never are there files of both."""
        old = staging.with_name(f"{staging.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(old)
        staging.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def remove(self, model: Model) -> bool:
        """Deletes a model and what was fetched of it; whether there was anything."""
        folders = (self.folder(model), self.staging(model))
        there = any(folder.exists() for folder in folders)
        with disk_errors():
            for folder in folders:
                if folder.exists():
                    shutil.rmtree(folder)
        return there

    def problems(self, model: Model, lock: Lock) -> Mapping[str, str]:
        """What is wrong with the files of an installed model, by name. Reads all of them."""
        wanted, folder = known(model, lock), self.folder(model)
        found: dict[str, str] = {}
        for file in wanted:
            problem = file.problem(folder / file.path)
            if not problem and not file.sha256:
                problem = "was never pinned"
            if problem:
                found[file.path] = problem
        for name, content in generated(model, wanted).items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != content:
                found[name] = "is missing or was changed"
        return found

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the folder against a second pull at the same time.

        Raises:
            ModelsError: another one is at work.
        """
        with disk_errors():
            (self.root / _STAGING).mkdir(parents=True, exist_ok=True)
            handle = os.open(self.root / _STAGING / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise ModelsError(
                f"Another command is changing {self.root}.", "Wait until it has ended."
            ) from error
        try:
            yield
        finally:
            os.close(handle)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and size in (0, path.stat().st_size)
    except OSError:
        return False
