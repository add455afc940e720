"""Glossaries, and what is remembered of corrections."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, Json, Server, topic
from polydub_client.connection import DEFAULT_URL
from polydub_client.models import Glossary
from polydub_client.terminal import exits, records
from polydub_client.terminal.arguments import terms
from polydub_client.terminal.following import step
from polydub_client.terminal.session import Session, session

glossary = topic("glossary", "Terms that dubs translate as given: `polydub dub --glossary-id`.")
memory = topic("memory", "Corrections that are used again where the same is said.")

GlossaryId = Annotated[str, typer.Argument(metavar="ID", help="See `polydub glossary list`.")]
Name = Annotated[str, typer.Argument(help="What people call it.")]
Terms = Annotated[
    list[str] | None,
    typer.Option("--term", metavar="[LANG:]SOURCE[=TARGET]", help="A term; repeat it."),
]


@glossary.command("list", epilog=exits.HELP)
def list_glossaries(
    as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Show all glossaries."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.glossaries.list()
        told = {"glossaries": found}
        now.tell("glossaries", told, lambda out: records.show_glossaries(out, found))


@glossary.command("show", epilog=exits.HELP)
def show_glossary(
    glossary_id: GlossaryId,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show a glossary's terms."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The glossary {glossary_id} could not be shown."):
            found = now.client.glossaries.get(glossary_id)
        now.tell("glossary", {"glossary": found}, lambda out: records.show_terms(out, found))


@glossary.command("create", epilog=exits.HELP)
def create_glossary(
    name: Name,
    term: Terms = None,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Keep a glossary; prints its id."""
    wanted = terms(term or (), None)
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The glossary {name} could not be kept."):
            made = now.client.glossaries.create(name, wanted)
        _tell(now, made)


@glossary.command("import", epilog=exits.HELP)
def import_glossary(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV: source,target[,language].")
    ],
    name: Annotated[str, typer.Option("--name", help="Without: the file's.")] = "",
    into: Annotated[str, typer.Option("--into", help="A glossary's id, to write it anew.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Keep the terms of a CSV file; prints the glossary's id."""
    wanted = terms((), file)
    with session(server, api_key, as_json=as_json) as now, step(f"{file} could not be kept."):
        if into:
            old = now.client.glossaries.get(into)
            made = now.client.glossaries.replace(
                into, revision=old.revision, name=name or old.name, terms=wanted
            )
        else:
            made = now.client.glossaries.create(name or file.stem, wanted)
        _tell(now, made)


@glossary.command("delete", epilog=exits.HELP)
def delete_glossary(
    glossary_id: GlossaryId,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Delete a glossary. Dubs that named it keep its terms."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The glossary {glossary_id} could not be deleted."):
            now.client.glossaries.delete(glossary_id)
        now.told_deleted(glossary_id)


@memory.command("list", epilog=exits.HELP)
def list_memory(
    language: Annotated[str, typer.Option("--language", help="Into which was corrected.")],
    limit: Annotated[int, typer.Option(min=1, help="How many of the latest.")] = 100,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show corrections in a language, newest first."""
    with session(server, api_key, as_json=as_json) as now:
        found = tuple(islice(now.client.memory.iter(language), limit))
        now.tell("memory", {"entries": found}, lambda out: records.show_memory(out, found))


@memory.command("delete", epilog=exits.HELP)
def forget(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="See `polydub memory list`.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Forget a correction."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The correction {entry_id} could not be forgotten."):
            now.client.memory.delete(entry_id)
        now.told_deleted(entry_id)


def _tell(now: Session, made: Glossary) -> None:
    now.tell("glossary", {"glossary": made}, lambda out: out.print(made.id, markup=False))
