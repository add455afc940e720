"""What a load needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from polydub_client.client import Polydub
from polydub_client.commands.options import ApiKey, Json, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.errors import PolydubError
from polydub_client.planning import (
    HOW_TO_MEASURE,
    Load,
    Rates,
    plan,
    rates_of_estimate,
    rates_of_file,
)
from polydub_client.terminal import arguments, plans, reporters
from polydub_client.terminal.following import step
from polydub_client.terminal.session import session


def plan_command(
    hours_per_day: Annotated[
        float, typer.Option("--hours-per-day", min=0.01, help="Hours of video a day.")
    ],
    languages: Annotated[
        int, typer.Option("--languages", min=1, help="Target languages of each.")
    ] = 1,
    rates: Annotated[
        Path | None,
        typer.Option(
            "--rates",
            exists=True,
            dir_okay=False,
            help="What was measured (`make bench BENCH=--rates`); without it the server is asked.",
        ),
    ] = None,
    busy_hours: Annotated[
        float, typer.Option("--busy-hours", min=0.1, max=24, help="In how many hours it comes.")
    ] = 24.0,
    busy_share: Annotated[
        float,
        typer.Option("--busy-share", min=0.05, max=1, help="How much of its time a replica works."),
    ] = 0.7,
    gpu: Annotated[
        list[str] | None, typer.Option("--gpu", metavar="STAGE", help="It has a GPU; repeat it.")
    ] = None,
    concurrency: Annotated[
        list[str] | None,
        typer.Option(
            "--concurrency",
            metavar="STAGE=N",
            help="How many events each of its replicas works on at once (CONCURRENCY; 1 without "
            "it); repeat it. Each is taken to last as long as was measured: measure with the same.",
        ),
    ] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Print values for the Helm chart instead.")
    ] = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Say how many replicas, cores and GPUs a load needs, by what was measured."""
    if values and as_json:
        raise typer.BadParameter("Choose one of --values and --json.")
    at_once = arguments.concurrency(concurrency or ())
    load = Load(hours_per_day, languages, busy_hours, busy_share, tuple(gpu or ()), at_once)
    if rates is not None:
        found = _rates_in(rates)
    else:
        with session(server, api_key, as_json=as_json) as now, step("No plan could be made."):
            found = _measured_rates(now.client, server)
    try:
        made = plan(found, load)
    except PolydubError as error:
        raise typer.BadParameter(str(error)) from error
    if values:
        print(plans.values(made), end="")
    elif as_json:
        reporters.emit("plan", **asdict(made), cpu_cores=made.cpu_cores, gpus=made.gpus)
    else:
        plans.show_plan(Console(), made)


def _rates_in(file: Path) -> Rates:
    try:
        return rates_of_file(file.read_text(), str(file))
    except PolydubError as error:
        raise typer.BadParameter(f"{error} {HOW_TO_MEASURE}") from error


def _measured_rates(client: Polydub, server: str) -> Rates:
    """What the server has measured, by the last dub that it finished.

    Raises:
        PolydubError: ``not_measured``, and whatever asking the server raises.
    """
    latest = client.list_dubs(limit=1, states=("completed", "completed_with_warnings")).dubs
    if not latest:
        raise PolydubError(
            f"{server} has finished no dub yet.", code="not_measured", hint=HOW_TO_MEASURE
        )
    (dub,) = latest
    targets = [each.language for each in dub.languages]
    spoken = dub.detected_language or dub.source_language
    estimate = client.estimate(dub.video_id, targets, source_language=spoken)
    used = client.usage.get()
    spoken_s = 60 * sum(month.minutes for month in used.months)
    pieces = client.get_dub_trace(dub.id).pieces
    return rates_of_estimate(
        estimate,
        duration_s=dub.duration_s,
        languages=len(targets),
        stored_bytes_per_s=used.storage_bytes / spoken_s if spoken_s else None,
        source=server,
        parts=len({each.part for each in pieces if each.stage == "asr"}) or None,
    )
