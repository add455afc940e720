"""Having videos dubbed, from a file to files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polydub_client.commands.options import (
    ApiKey,
    Detach,
    DubId,
    Engines,
    From,
    Json,
    Out,
    Server,
    Source,
    To,
)
from polydub_client.connection import DEFAULT_URL
from polydub_client.models import Dub, Extra, FitMode, Priority
from polydub_client.options import AUTO, DubOptions
from polydub_client.terminal import exits, following, records
from polydub_client.terminal.arguments import (
    consent,
    engine_choices,
    language_list,
    subtitle_files,
    terms,
    video_source,
)
from polydub_client.terminal.following import Order, step
from polydub_client.terminal.session import Session, session


def dub(
    source: Source,
    to: To,
    spoken: From = AUTO,
    speakers: Annotated[int, typer.Option(min=0, help="How many speak; 0: find out.")] = 0,
    fit: Annotated[
        FitMode, typer.Option(help="How lines that are too long are made to fit.")
    ] = FitMode.BALANCED,
    engine: Engines = None,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="[LANG:]SOURCE[=TARGET]", help="How a term is translated."),
    ] = None,
    glossary: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Terms, CSV: source,target[,language]."),
    ] = None,
    glossary_id: Annotated[
        list[str] | None,
        typer.Option("--glossary-id", help="A glossary that the server keeps; repeat it."),
    ] = None,
    no_memory: Annotated[
        bool, typer.Option("--no-memory", help="Don't use what people corrected before.")
    ] = False,
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
    priority: Annotated[
        Priority,
        typer.Option("--priority", help="Among your dubs that wait; high is for admins."),
    ] = Priority.NORMAL,
    out: Out = Path("out"),
    detach: Detach = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Dub a file, or what an address leads to, and save the results."""
    options = DubOptions(
        source_language=spoken,
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
    if glossary_id:
        options["glossary_ids"] = tuple(glossary_id)
    if no_memory:
        options["use_memory"] = False
    if priority is not Priority.NORMAL:
        options["priority"] = priority
    order = Order(video_source(source), language_list(to), options)
    with session(server, api_key, as_json=as_json) as now:
        started = following.order(now.client, now.reporter, order)
        finish(now, started, out, detach=detach, cancels=True)


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
        finish(now, known, out, detach=False, cancels=False)


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
        finish(now, started, out, detach=detach, cancels=True)


def add_language(
    dub_id: DubId,
    to: To,
    out: Out = Path("out"),
    detach: Detach = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Make a dub in more languages; what they share with the others is not made again."""
    targets = language_list(to)
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be made in {', '.join(targets)}."):
            started = now.client.add_languages(dub_id, targets)
        finish(now, started, out, detach=detach, cancels=True)


def regenerate(
    dub_id: DubId,
    out: Out = Path("out"),
    detach: Detach = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Make a corrected dub again; only lines that changed are spoken anew."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be made again."):
            made = now.client.scripts.regenerate(dub_id)
        now.reporter.regenerating(made)
        finish(now, made.dub, out, detach=detach, cancels=True)


def estimate(
    source: Source,
    to: To,
    spoken: From = AUTO,
    engine: Engines = None,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Say how long a dub would take and what it would cost; a file is sent for that."""
    wanted = video_source(source)
    targets = language_list(to)
    engines = engine_choices(engine or ())
    with session(server, api_key, as_json=as_json) as now:
        video_id = following.video_of(now.client, now.reporter, wanted)
        with step("The dub could not be estimated."):
            found = now.client.estimate(video_id, targets, source_language=spoken, engines=engines)
        now.tell("estimate", found, lambda out: records.show_estimate(out, found))


def finish(now: Session, started: Dub, folder: Path, *, detach: bool, cancels: bool) -> None:
    """Follows a dub to its end and shows the result; ends the process with the dub's code."""
    if detach:
        now.reporter.detached(started)
        return
    now.reporter.started(started, cancels=cancels)
    ended = following.watch(now.client, now.reporter, started.id, cancels=cancels)
    result = following.collect(now.client, now.reporter, ended, folder)
    now.reporter.finished(result)
    raise typer.Exit(exits.of_state(ended.state))
