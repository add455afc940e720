"""Fetching models: choosing, sizing, and putting one after the other in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from polydub_models import download, mirror
from polydub_models.catalogue import Model
from polydub_models.errors import DiskFull, Missing, ModelsError, Refused, Unreachable
from polydub_models.hub import Hub
from polydub_models.lock import Lock, write
from polydub_models.plan import Wanted, plan
from polydub_models.progress import Meter, human
from polydub_models.settings import Settings
from polydub_models.shelf import Shelf, State

_SPARE = 200_000_000
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class Job:
    """One model, and its files as they have to be."""

    model: Model
    wanted: Sequence[Wanted]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.wanted)


@dataclass
class Outcome:
    """What came of a pull."""

    pulled: list[Model] = field(default_factory=list)
    failed: list[tuple[Model, ModelsError]] = field(default_factory=list)


class Puller:
    """Fetches into one model folder.

    Args:
        lock: what is pinned; grows with each model and is written each time.
        hub: not needed with a mirror.
    """

    def __init__(self, settings: Settings, shelf: Shelf, lock: Lock, hub: Hub) -> None:
        self._settings = settings
        self._shelf = shelf
        self._lock = lock
        self._hub = hub

    def lacking(self, models: Iterable[Model]) -> list[Model]:
        """Those that are not installed, or not whole."""
        return [m for m in models if self._shelf.state(m, self._lock) is not State.INSTALLED]

    def prepare(self, models: Sequence[Model]) -> tuple[list[Job], Outcome]:
        """Finds out what exactly has to come; what can't be found out has failed.

        Raises:
            Unreachable, Missing: nothing can be found out at all.
        """
        jobs, outcome = list[Job](), Outcome()
        source = self._source(models)
        for model in models:
            try:
                jobs.append(Job(model, source(model)))
            except Unreachable:
                raise
            except ModelsError as error:
                outcome.failed.append((model, error))
        return jobs, outcome

    def _source(self, models: Sequence[Model]) -> Callable[[Model], list[Wanted]]:
        if self._settings.mirror:
            return mirror.planner(self._settings.mirror, self._lock)
        if self._settings.offline:
            names = ", ".join(model.id for model in models)
            raise Missing(
                f"Not in {self._shelf.root}: {names}. No connection is tried (offline).",
                "Unset OFFLINE and HF_HUB_OFFLINE, or give a folder to copy from: --mirror.",
            )
        ask = cache(self._hub.repo)
        return lambda model: plan(model, self._lock, self._hub, ask)

    def bytes_to_come(self, jobs: Sequence[Job]) -> int:
        return sum(self._shelf.bytes_missing(job.model, job.wanted) for job in jobs)

    def check_room(self, jobs: Sequence[Job]) -> None:
        """Looks at the free space before anything comes.

        Raises:
            DiskFull: the files won't fit.
        """
        need = self.bytes_to_come(jobs)
        free = shutil.disk_usage(_existing(self._shelf.root)).free
        if need + _SPARE > free:
            raise DiskFull(
                f"The models need {human(need)}, and {self._shelf.root} has {human(free)} free.",
                "Make room, choose fewer models, or set POLYDUB_MODEL_DIR to another disk.",
            )

    def run(self, jobs: Sequence[Job], outcome: Outcome, meter: Meter) -> Outcome:
        """Fetches all of them; one that fails does not keep the others from coming.

        Raises:
            Unreachable, DiskFull: the others would fail as well.
        """
        with self._shelf.alone():
            for job in jobs:
                try:
                    self._one(job, meter)
                except (Unreachable, DiskFull):
                    raise
                except ModelsError as error:
                    outcome.failed.append((job.model, error))
                else:
                    outcome.pulled.append(job.model)
        return outcome

    def _one(self, job: Job, meter: Meter) -> None:
        def fetch_file(wanted: Wanted, target: Path) -> None:
            label = f"{job.model.id} {wanted.path}"
            if self._settings.mirror:
                meter.start(label, wanted.size)
                source = self._settings.mirror / job.model.folder / wanted.path
                mirror.copy(source, wanted, target, meter.add)
            else:
                have = download.size_of(download.part_of(target))
                meter.start(label, wanted.size, have)
                download.fetch(self._hub, wanted, target, meter.add)

        pins = self._shelf.install(job.model, job.wanted, self._lock, fetch_file)
        self._lock.record(job.model.id, pins)
        write(self._lock, self._shelf.lock_path)


def allowed(models: Iterable[Model], settings: Settings) -> tuple[list[Model], list[Model]]:
    """Those that may be fetched, and those whose licence forbids commercial use."""
    may, may_not = list[Model](), list[Model]()
    for model in models:
        (may if model.commercial_use or settings.noncommercial else may_not).append(model)
    return may, may_not


def not_for_commercial_use(model: Model) -> Refused:
    return Refused(
        f"{model.id} must not be used commercially ({model.licence}).",
        "Where your use is not commercial, set POLYDUB_ALLOW_NONCOMMERCIAL=true.",
    )


def _existing(path: Path) -> Path:
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
