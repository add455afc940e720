"""What ``polydub models`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from polydub_models.catalogue import Model
from polydub_models.errors import ModelsError
from polydub_models.progress import human
from polydub_models.pull import Job
from polydub_models.shelf import State

_STATE = {
    State.INSTALLED: "[green]installed[/]",
    State.ABSENT: "not installed",
    State.BROKEN: "[red]not whole[/]",
}


def show(console: Console, rows: Sequence[tuple[Model, State]], folder: Path) -> None:
    """The models of each stage: id, whether it is there, size, and what to know of it."""
    console.print(f"Models in {escape(str(folder))}", soft_wrap=True)
    for stage, of_stage in groupby(rows, key=lambda row: row[0].stage):
        console.print(f"[bold]{stage}[/]")
        # Ids are there to be copied: nothing may cut them short.
        table = Table.grid(padding=(0, 2))
        for right in (False, False, True):
            table.add_column(no_wrap=True, justify="right" if right else "left")
        table.add_column(overflow="fold")
        for model, state in of_stage:
            table.add_row(f"  {model.id}", _STATE[state], _size(model), _facts(model))
        console.print(table)


def _facts(model: Model) -> str:
    facts = [
        model.about,
        model.licence,
        "terms to accept" if model.gated else "",
        "" if model.commercial_use else "no commercial use",
        f"profiles: {', '.join(model.profiles)}" if model.profiles else "",
    ]
    return escape("; ".join(fact for fact in facts if fact))


def as_dict(model: Model, state: State) -> dict[str, Any]:
    """A model for programs; ``size_bytes`` is null where it is not known before a pull."""
    return {
        "id": model.id,
        "stage": model.stage,
        "engine": model.engine,
        "folder": model.folder,
        "state": str(state),
        "size_bytes": model.size if model.size_is_known else None,
        "licence": model.licence,
        "commercial_use": model.commercial_use,
        "gated": model.gated,
        "languages": list(model.languages),
        "profiles": list(model.profiles),
        "extra": model.extra,
        "about": model.about,
        "note": model.note,
    }


def show_jobs(console: Console, jobs: Sequence[Job], to_come: int) -> None:
    """What is about to be fetched."""
    for job in jobs:
        size = human(job.size) if all(file.size for file in job.wanted) else f"{human(job.size)}+"
        console.print(f"{job.model.id}: {size}, {job.model.licence}", markup=False)
    console.print(f"{human(to_come)} have to come.")


def show_error(console: Console, error: ModelsError) -> None:
    console.print(f"[red]{escape(error.message)}[/]\n{escape(error.hint)}")


def _size(model: Model) -> str:
    if model.size_is_known:
        return human(model.size)
    return f"{human(model.size)}+" if model.size > 1_000_000 else "?"
