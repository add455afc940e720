"""Registered speakers."""

from __future__ import annotations

from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, Json, Server, topic
from polydub_client.connection import DEFAULT_URL
from polydub_client.terminal import exits, records
from polydub_client.terminal.following import step
from polydub_client.terminal.session import session

speakers = topic("speakers", "Who speaks again and again: their name, and their voices.")


@speakers.command("list", epilog=exits.HELP)
def list_speakers(
    as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Show all registered speakers."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.speakers.list()
        now.tell("speakers", {"speakers": found}, lambda out: records.show_speakers(out, found))


@speakers.command("delete", epilog=exits.HELP)
def delete_speaker(
    registered_id: Annotated[
        str, typer.Argument(metavar="ID", help="See `polydub speakers list`.")
    ],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Delete a registered speaker. Speakers of dubs keep the name and the voices."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The registered speaker {registered_id} could not be deleted."):
            now.client.speakers.delete(registered_id)
        now.told_deleted(registered_id)
