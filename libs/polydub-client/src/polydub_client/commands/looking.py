"""What there is and how it stands; stopping and deleting it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, DubId, Json, Limit, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.options import DubFilter
from polydub_client.terminal import records, summary, tables, traces
from polydub_client.terminal.arguments import is_video_id
from polydub_client.terminal.following import step
from polydub_client.terminal.reporters import emit
from polydub_client.terminal.result import Result
from polydub_client.terminal.session import plain_of, session


def status(
    dub_id: Annotated[str, typer.Argument(metavar="[ID]", help="None: the latest dubs.")] = "",
    limit: Limit = 20,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only those that stand so; repeat it.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Only those of a file named so.")] = "",
    to: Annotated[str, typer.Option("--to", help="Only those into this language.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show how a dub stands, or the latest dubs."""
    with session(server, api_key, as_json=as_json) as now:
        if dub_id:
            with step(f"The dub {dub_id} could not be shown."):
                one = now.client.get_dub(dub_id)
            now.tell("dub", {"dub": one}, lambda out: summary.show_result(out, Result(one, Path())))
            return
        wanted = DubFilter(states=tuple(state or ()), text=name, target_language=to)
        page = now.client.list_dubs(limit=limit, **wanted)
        now.tell("dubs", {"dubs": page.dubs}, lambda out: tables.show_dubs(out, page.dubs))


def videos(
    limit: Limit = 20,
    name: Annotated[str, typer.Option("--name", help="Only those of a file named so.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show the latest videos, dubbed or not."""
    with session(server, api_key, as_json=as_json) as now:
        page = now.client.videos.page(text=name, limit=limit)
        shown = {"videos": page.videos}
        now.tell("videos", shown, lambda out: tables.show_videos(out, page.videos, name=name))


def imports(
    limit: Limit = 20,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only those that stand so; repeat it.")
    ] = None,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show the latest imports: how far they are, and why there is no video."""
    with session(server, api_key, as_json=as_json) as now:
        page = now.client.videos.import_page(states=tuple(state or ()), limit=limit)
        shown = {"imports": page.imports}
        now.tell("imports", shown, lambda out: tables.show_imports(out, page.imports))


def trace(
    dub_id: DubId, as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Show where a dub's time went: waiting and working, by stage, part and language."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The time of dub {dub_id} could not be shown."):
            found = now.client.get_dub_trace(dub_id)
        now.tell("trace", {"trace": found}, lambda out: traces.show_trace(out, found))


def cancel(
    dub_id: DubId, as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Stop a dub."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The dub {dub_id} could not be canceled."):
            stopped = now.client.cancel_dub(dub_id)
        now.tell("dub", {"dub": stopped}, lambda out: summary.show_headline(out, stopped))


def delete(
    named: Annotated[
        str, typer.Argument(metavar="ID", help="Of a dub that has ended, or of a video.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask first.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Delete a dub and its files; with a video's id, the video and all its dubs."""
    with session(server, api_key, as_json=as_json) as now:
        what = "the video and all its dubs" if is_video_id(named) else "the dub and its files"
        if not (yes or as_json) and now.err.is_terminal:
            typer.confirm(f"Delete {what}?", abort=True, err=True)
        with step(f"{named} could not be deleted."):
            if is_video_id(named):
                now.client.videos.delete(named)
            else:
                now.client.delete_dub(named)
        now.tell("deleted", {"id": named}, lambda out: out.print(f"Deleted: {named}", markup=False))


def engines(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show each stage's engines, what they need, and what they can't do."""
    with session(server, api_key, as_json=as_json) as now:
        stages = now.client.list_engines()
        now.tell("engines", {"stages": stages}, lambda out: tables.show_engines(out, stages))


def languages(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show which languages can be dubbed into which."""
    with session(server, api_key, as_json=as_json) as now:
        known = now.client.list_languages()
        now.tell("languages", known, lambda out: tables.show_languages(out, known))


def voices(
    language: Annotated[str, typer.Option("--language", help="Only those of this language.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show the voices that speakers can be given."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.list_voices(language)
        now.tell("voices", {"voices": found}, lambda out: records.show_voices(out, found))


def usage(
    dubs: Annotated[bool, typer.Option("--dubs", help="By dub, not by month.")] = False,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="With --dubs: of a month.")] = "",
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show what was used and what it cost."""
    with session(server, api_key, as_json=as_json) as now:
        if dubs:
            page = now.client.usage.page(month=month, limit=limit)
            now.tell("usage_of_dubs", page, lambda out: records.show_dub_usage(out, page))
            return
        used = now.client.usage.get()
        now.tell("usage", used, lambda out: records.show_usage(out, used))


def feed(
    after: Annotated[str, typer.Option("--after", help="Behind this sequence number.")] = "",
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Tell of all that changes in the list of dubs, as JSON lines, until Ctrl-C."""
    with session(server, api_key, as_json=True) as now:
        for message in now.client.feed(last_event_id=after):
            told = plain_of(message)
            emit(str(told.pop("type")), **told)
