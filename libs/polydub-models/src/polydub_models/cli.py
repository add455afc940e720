"""The command ``polydub models``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from polydub_client.terminal.arguments import language_list
from polydub_client.terminal.exits import Exit
from polydub_models import extras, tables
from polydub_models.catalogue import PROFILES, Model, shipped
from polydub_models.ensure import Ensuring
from polydub_models.errors import ModelsError
from polydub_models.hub import Hub, connect
from polydub_models.lock import Lock, read
from polydub_models.progress import meter
from polydub_models.pull import Job, Outcome, Puller, allowed, not_for_commercial_use
from polydub_models.settings import Settings, from_environment
from polydub_models.shelf import Shelf, State

app = typer.Typer(
    help="Fetches the models of the neural engines, checks and removes them.",
    no_args_is_help=True,
    epilog="Exit codes: 0 done; 1 a file is damaged or the disk full; 2 wrong usage; 3 refused "
    "(an id, a licence, terms, or not there offline); 4 a server is not reachable; 130 stopped.",
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="See `models list`.")]
Profile = Annotated[
    str | None,
    typer.Option(metavar="|".join(PROFILES), help="A choice of models that go together."),
]
Languages = Annotated[
    list[str] | None,
    typer.Option(help="Only what translates into or speaks these: es,fr. Others are not hindered."),
]
ModelDir = Annotated[
    Path | None, typer.Option(envvar="POLYDUB_MODEL_DIR", help="What the engines read.")
]
LockFile = Annotated[
    Path | None, typer.Option("--lock", dir_okay=False, help="Another machine's lock file.")
]
Mirror = Annotated[
    Path | None,
    typer.Option(envvar="POLYDUB_MODEL_MIRROR", help="A model folder to copy from; no network."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Try no connection.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.")]


@dataclass(frozen=True)
class Run:
    """What a command works with."""

    settings: Settings
    shelf: Shelf
    lock: Lock
    hub: Hub
    out: Console
    err: Console

    @property
    def puller(self) -> Puller:
        return Puller(self.settings, self.shelf, self.lock, self.hub)


def _console(*, stderr: bool = False) -> Console:
    """Paths and addresses stay whole, so that they can be copied."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


@contextmanager
def _running(settings: Settings, lock_file: Path | None = None) -> Iterator[Run]:
    """Opens what is needed; ends the process with a sentence and a code on a known failure."""
    out, err = _console(), _console(stderr=True)
    shelf = Shelf(settings.model_dir)
    try:
        lock = read(shelf.lock_path)
        if lock_file:
            if not lock_file.is_file():
                raise typer.BadParameter(f"There is no file {lock_file}.", param_hint="--lock")
            lock = lock.merged(read(lock_file))
        with connect() as client:
            yield Run(settings, shelf, lock, Hub(client, settings), out, err)
    except ModelsError as error:
        tables.show_error(err, error)
        raise typer.Exit(error.exit) from error
    except KeyboardInterrupt as error:
        err.print("Stopped. The same command goes on where it was cut.")
        raise typer.Exit(Exit.CANCELED) from error


def _settings(
    model_dir: Path | None, mirror: Path | None = None, offline: bool = False
) -> Settings:
    told = from_environment()
    return replace(
        told,
        model_dir=model_dir or told.model_dir,
        mirror=mirror or told.mirror,
        offline=offline or told.offline,
    )


def _profile(value: str | None) -> str | None:
    if value is not None and value not in PROFILES:
        raise typer.BadParameter(f"Choose one of {', '.join(PROFILES)}.", param_hint="--profile")
    return value


def _chosen(
    ids: Sequence[str] | None, profile: str | None, languages: Sequence[str]
) -> list[Model]:
    """The models named and those of the profile, each once.

    Raises:
        UnknownModel: the catalogue has no such id.
    """
    named = [shipped().get(each) for each in ids or ()]
    of_profile = shipped().choose(profile, languages) if profile else ()
    return list({model.id: model for model in (*named, *of_profile)}.values())


@app.command("list")
def list_(profile: Profile = None, model_dir: ModelDir = None, as_json: Json = False) -> None:
    """Show the models there are: size, licence, and what is installed."""
    with _running(_settings(model_dir)) as run:
        models = shipped().models
        if _profile(profile):
            models = tuple(model for model in models if profile in model.profiles)
        rows = [(model, run.shelf.state(model, run.lock)) for model in models]
        if as_json:
            print(json.dumps({"type": "models", "models": [tables.as_dict(*row) for row in rows]}))
        else:
            tables.show(run.out, rows, run.settings.model_dir)


@app.command()
def pull(
    ids: Ids = None,
    profile: Profile = None,
    languages: Languages = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    model_dir: ModelDir = None,
    lock: LockFile = None,
    mirror: Mirror = None,
    offline: Offline = False,
) -> None:
    """Fetch models, by id or by profile (light where neither is given)."""
    _profile(profile)
    tags = language_list(languages) if languages else ()
    with _running(_settings(model_dir, mirror, offline), lock) as run:
        wished = _chosen(ids, profile or (None if ids else PROFILES[0]), tags)
        models, forbidden = allowed(wished, run.settings)
        for model in forbidden:
            if model.id in (ids or ()):
                raise not_for_commercial_use(model)
            run.err.print(f"Left out: {escape(not_for_commercial_use(model).message)}")
        # What was asked for by name is read through; of a profile only sizes are looked at.
        named = [m for m in models if m.id in (ids or ()) and _is_damaged(run, m)]
        lacking = [*named, *(m for m in run.puller.lacking(models) if m not in named)]
        if not lacking:
            run.out.print("All of them are installed already.")
        else:
            _fetch(run, lacking, ask=not yes)
        _tell_extras(run, models)


def _is_damaged(run: Run, model: Model) -> bool:
    there = run.shelf.state(model, run.lock) is State.INSTALLED
    return there and bool(run.shelf.problems(model, run.lock))


def _fetch(run: Run, models: Sequence[Model], *, ask: bool) -> None:
    jobs, outcome = run.puller.prepare(models)
    run.puller.check_room(jobs)
    if jobs:
        tables.show_jobs(run.out, jobs, run.puller.bytes_to_come(jobs))
        if ask and sys.stdin.isatty() and not typer.confirm("Fetch them?", default=True):
            raise typer.Exit(Exit.CANCELED)
        outcome = _run_jobs(run, jobs, outcome)
    for model, error in outcome.failed:
        run.err.print(f"[bold]{model.id}[/] was not fetched.")
        tables.show_error(run.err, error)
    if outcome.failed:
        raise typer.Exit(max(error.exit for _, error in outcome.failed))


def _run_jobs(run: Run, jobs: Sequence[Job], outcome: Outcome) -> Outcome:
    with meter(run.err, run.puller.bytes_to_come(jobs)) as shown:
        done = run.puller.run(jobs, outcome, shown)
    for model in done.pulled:
        run.out.print(f"{model.id} is in {escape(str(run.shelf.folder(model)))}.")
        if model.note:
            run.out.print(f"  {escape(model.note)}")
    return done


def _tell_extras(run: Run, models: Sequence[Model]) -> None:
    if missing := extras.lacking(models):
        names = " ".join(f"'{each}'" for each in missing)
        run.out.print(f"Their engines need: pip install {names}", markup=False)


@app.command()
def verify(ids: Ids = None, model_dir: ModelDir = None, lock: LockFile = None) -> None:
    """Read every installed file again and compare its checksum."""
    with _running(_settings(model_dir), lock) as run:
        models = _chosen(ids, None, ()) or list(shipped().models)
        there = [m for m in models if run.shelf.state(m, run.lock) is not State.ABSENT]
        bad = {model.id: run.shelf.problems(model, run.lock) for model in there}
        for model in there:
            for name, problem in bad[model.id].items():
                run.out.print(f"{run.shelf.folder(model) / name} {problem}", markup=False)
        broken = [model_id for model_id, problems in bad.items() if problems]
        if broken:
            run.err.print(f"Mend: polydub models pull {' '.join(broken)}")
            raise typer.Exit(Exit.FAILED)
        run.out.print(f"{len(there)} models are as they should be.")


@app.command()
def rm(
    ids: Annotated[list[str], typer.Argument(metavar="ID...")], model_dir: ModelDir = None
) -> None:
    """Delete models. Their pins stay: the same bytes come at the next pull."""
    with _running(_settings(model_dir)) as run:
        models = _chosen(ids, None, ())
        with run.shelf.alone():
            for model in models:
                said = "is deleted" if run.shelf.remove(model) else "was not installed"
                run.out.print(f"{model.id} {said}.")


@app.command()
def ensure(
    profile: Profile = PROFILES[0],
    languages: Languages = None,
    constraints: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Versions for pip.")
    ] = None,
    model_dir: ModelDir = None,
    mirror: Mirror = None,
    offline: Offline = False,
) -> None:
    """Fetch what a start of the stack profits from, if it can be had; never fails for that."""
    _profile(profile)
    tags = language_list(languages) if languages else ()
    settings = _settings(model_dir, mirror, offline)
    # Whatever went wrong was said; the stack starts with what is there.
    with suppress(typer.Exit), _running(settings) as run:
        ensuring = Ensuring(
            settings,
            run.puller,
            run.hub,
            stamp=settings.model_dir.parent / "models.stamp.json",
            say=lambda text: run.err.print(text, markup=False),
            run=lambda jobs, outcome: _run_jobs(run, jobs, outcome),
        )
        usable = ensuring.ensure(shipped().choose(profile or PROFILES[0], tags))
        if not settings.offline:
            _install_extras(run, usable, constraints)


def _install_extras(run: Run, models: Sequence[Model], constraints: Path | None) -> None:
    missing = extras.lacking(models)
    if not missing:
        return
    names = ", ".join(missing)
    run.err.print(f"Installing what their engines need: {names}", markup=False)
    if not extras.install(missing, constraints):
        run.err.print("pip could not do that; the built-in engines go on.")
