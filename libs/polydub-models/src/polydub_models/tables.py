"""What ``polydub models`` prints."""

from __future__ import annotations

from collections.abc import Sequence
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
    State.ABSENT: "no",
    State.BROKEN: "[red]not whole[/]",
}


def show(console: Console, rows: Sequence[tuple[Model, State]], folder: Path) -> None:
    """One row a model, those of a stage together."""
    table = Table(
        "stage", "id", "installed", "size", "profiles", "commercial use", "licence", "what it does",
        title=f"Models in {folder}", title_justify="left",
    )  # fmt: skip
    for model, state in rows:
        table.add_row(
            model.stage,
            f"[bold]{model.id}[/]",
            _STATE[state],
            _size(model),
            ", ".join(model.profiles) or "-",
            "yes" if model.commercial_use else "no",
            escape(model.licence) + (" (terms to accept)" if model.gated else ""),
            escape(model.about),
        )
    console.print(table, soft_wrap=False)


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
