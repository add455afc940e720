"""The ``polydub`` command."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from polydub_client.connection import DEFAULT_URL
from polydub_client.models import Dub, Extra, FitMode
from polydub_client.options import AUTO, DubOptions
from polydub_client.terminal import exits, following, summary, tables
from polydub_client.terminal.arguments import (
    consent,
    engine_choices,
    language_list,
    subtitle_files,
    terms,
)
from polydub_client.terminal.following import Order, step
from polydub_client.terminal.plugins import Plugins
from polydub_client.terminal.reporters import emit
from polydub_client.terminal.result import Result
from polydub_client.terminal.session import Session, session

app = typer.Typer(
    cls=Plugins,
    help="Dubs videos into other languages.",
    epilog=exits.HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Server = Annotated[str, typer.Option("--server", envvar="POLYDUB_URL", help="The Polydub server.")]
ApiKey = Annotated[
    str,
    typer.Option("--api-key", envvar="POLYDUB_API_KEY", help="Not needed on one machine."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, for programs.")]
Detach = Annotated[bool, typer.Option("--detach", help="Print the id and don't wait.")]
Out = Annotated[
    Path, typer.Option("-o", "--out", file_okay=False, help="The folder for the results.")
]
DubId = Annotated[str, typer.Argument(metavar="ID", help="A dub's id: see `polydub status`.")]


@app.command(epilog=exits.HELP)
def dub(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Video or audio.")
    ],
    to: Annotated[list[str], typer.Option("--to", help="A target language; repeat it, or: es,ca.")],
    source: Annotated[str, typer.Option("--from", help="The language that is spoken.")] = AUTO,
    speakers: Annotated[int, typer.Option(min=0, help="How many speak; 0: find out.")] = 0,
    fit: Annotated[
        FitMode, typer.Option(help="How lines that are too long are made to fit.")
    ] = FitMode.BALANCED,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", metavar="STAGE=ID", help="An engine other than the default."),
    ] = None,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="[LANG:]SOURCE[=TARGET]", help="How a term is translated."),
    ] = None,
    glossary: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Terms, CSV: source,target[,language]."),
    ] = None,
    clone: Annotated[
        bool, typer.Option("--clone", help="Imitate the speakers' voices; needs --consent-by.")
    ] = False,
    consent_by: Annotated[
        str, typer.Option(metavar="NAME", help="Who vouches that the speakers agreed to --clone.")
    ] = "",
    consent_statement: Annotated[
        str, typer.Option(metavar="TEXT", help="What was agreed to; kept with the dub.")
    ] = "",
    lipsync: Annotated[
        bool, typer.Option("--lipsync", help="Move the lips to the dub, where a face is seen.")
    ] = False,
    extra: Annotated[
        list[Extra] | None,
        typer.Option("--extra", help="A file beside the usual ones; repeat it."),
    ] = None,
    min_quality: Annotated[
        float, typer.Option(min=0, max=100, help="Warn where the report says less; 0: never.")
    ] = 0.0,
    subtitles: Annotated[
        list[str] | None,
        typer.Option(
            "--subtitles",
            metavar="FILE[:LANG]",
            help="Your own text, SRT or WebVTT: of what is spoken, or a translation; repeat it.",
        ),
    ] = None,
    no_background: Annotated[
        bool, typer.Option("--no-background", help="The voices alone, without music and noise.")
    ] = False,
    voice_over: Annotated[
        bool, typer.Option("--voice-over", help="Leave the original, low, under the dub.")
    ] = False,
    noise_reduction: Annotated[
        bool, typer.Option("--noise-reduction", help="Take steady noise out of the background.")
    ] = False,
    plain_voices: Annotated[
        bool, typer.Option("--plain-voices", help="Don't give voices the original's sound.")
    ] = False,
    out: Out = Path("out"),
    detach: Detach = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Dub FILE and save the results."""
    options = DubOptions(
        source_language=source,
        speakers=speakers,
        fit_mode=fit,
        engines=engine_choices(engine or ()),
        glossary=terms(term or (), glossary),
        clone_consent=consent(consent_by, consent_statement, clone=clone),
        lipsync=lipsync,
        extras=tuple(extra or ()),
        min_quality=min_quality,
        subtitles=subtitle_files(subtitles or ()),
        keep_background=not no_background,
        voice_over=voice_over,
        noise_reduction=noise_reduction,
        match_voices=not plain_voices,
    )
    order = Order(file, language_list(to), options)
    with session(server, api_key, as_json=as_json) as now:
        started = following.order(now.client, now.reporter, order)
        _finish(now, started, out, detach=detach, cancels=True)


@app.command(epilog=exits.HELP)
def status(
    dub_id: Annotated[str, typer.Argument(metavar="[ID]", help="None: the latest dubs.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many of the latest.")] = 20,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show how a dub stands, or the latest dubs."""
    with session(server, api_key, as_json=as_json) as now:
        if dub_id:
            with step(f"The dub {dub_id} could not be shown."):
                one = now.client.get_dub(dub_id)
            if as_json:
                emit("dub", dub=asdict(one))
            else:
                summary.show_result(now.out, Result(one, Path()))
            return
        page = now.client.list_dubs(limit=limit)
        if as_json:
            emit("dubs", dubs=[asdict(each) for each in page.dubs])
        else:
            tables.show_dubs(now.out, page.dubs)


@app.command(epilog=exits.HELP)
def download(
    dub_id: DubId,
    out: Out = Path("out"),
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Wait for a dub and save its results. Ctrl-C leaves the dub alone."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be fetched."):
            known = now.client.get_dub(dub_id)
        _finish(now, known, out, detach=False, cancels=False)


@app.command(epilog=exits.HELP)
def cancel(
    dub_id: DubId, as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Stop a dub."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be canceled."):
            stopped = now.client.cancel_dub(dub_id)
        if as_json:
            emit("dub", dub=asdict(stopped))
        else:
            summary.show_headline(now.out, stopped)


@app.command(epilog=exits.HELP)
def retry(
    dub_id: DubId,
    out: Out = Path("out"),
    detach: Detach = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Start a failed or canceled dub again; what was done is not done twice."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be started again."):
            started = now.client.retry_dub(dub_id)
        _finish(now, started, out, detach=detach, cancels=True)


@app.command(epilog=exits.HELP)
def engines(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show each stage's engines, what they need, and what they can't do."""
    with session(server, api_key, as_json=as_json) as now:
        stages = now.client.list_engines()
        if as_json:
            emit("engines", stages=[asdict(each) for each in stages])
        else:
            tables.show_engines(now.out, stages)


@app.command(epilog=exits.HELP)
def languages(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show which languages can be dubbed into which."""
    with session(server, api_key, as_json=as_json) as now:
        known = now.client.list_languages()
        if as_json:
            emit("languages", **asdict(known))
        else:
            tables.show_languages(now.out, known)


def _finish(now: Session, started: Dub, folder: Path, *, detach: bool, cancels: bool) -> None:
    """Follows a dub to its end and shows the result; ends the process with the dub's code."""
    if detach:
        now.reporter.detached(started)
        return
    now.reporter.started(started, cancels=cancels)
    ended = following.watch(now.client, now.reporter, started.id, cancels=cancels)
    result = following.collect(now.client, now.reporter, ended, folder)
    now.reporter.finished(result)
    raise typer.Exit(exits.of_state(ended.state))


def main() -> None:
    """The console script."""
    app()
