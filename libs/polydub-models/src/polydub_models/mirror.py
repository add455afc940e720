"""A mirror: another model folder with its lock file, on a disk or a share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from polydub_models.catalogue import Model
from polydub_models.errors import Corrupt, Missing, disk_errors
from polydub_models.lock import NAME, Lock, read
from polydub_models.plan import Wanted, known

_BLOCK = 1 << 20


def planner(folder: Path, lock: Lock) -> Callable[[Model], list[Wanted]]:
    """Gives the files of a model as the mirror has them. What is pinned here already stays so.

    Raises:
        Missing: there is no such folder.
    """
    if not folder.is_dir():
        raise Missing(f"There is no mirror {folder}.", "Check --mirror or POLYDUB_MODEL_MIRROR.")
    both = read(folder / NAME).merged(lock)

    def planned(model: Model) -> list[Wanted]:
        wanted = known(model, both)
        lacking = [f.path for f in wanted if not (folder / model.folder / f.path).is_file()]
        if lacking:
            raise Missing(
                f"The mirror {folder} lacks {', '.join(lacking)} of {model.id}.",
                f"Run `polydub models pull {model.id}` there, where there is a network.",
            )
        unknown = [file.path for file in wanted if not file.sha256]
        if unknown:
            raise Missing(
                f"Nobody knows the checksum of {', '.join(unknown)} of {model.id}.",
                f"Put the mirror's {NAME} beside its folders, or name one by --lock.",
            )
        return wanted

    return planned


def copy(source: Path, wanted: Wanted, target: Path, on_bytes: Callable[[int], None]) -> None:
    """Copies one file and checks it.

    Raises:
        ModelsError: it is not as wanted, or can't be written.
    """
    part = target.with_name(f"{target.name}.part")
    with disk_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as given, part.open("wb") as taken:
            while block := given.read(_BLOCK):
                taken.write(block)
                on_bytes(len(block))
        problem = wanted.problem(part)
        if not problem:
            part.replace(target)
            return
        part.unlink()
    raise Corrupt(f"{source} {problem}.", "Mend the mirror: `polydub models verify` there.")
