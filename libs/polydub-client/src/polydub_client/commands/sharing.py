"""Links to dubs for people without an account."""

from __future__ import annotations

from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, DubId, Json, Server, topic
from polydub_client.connection import DEFAULT_URL
from polydub_client.terminal import exits, records
from polydub_client.terminal.arguments import language_list
from polydub_client.terminal.following import step
from polydub_client.terminal.session import session

DAY_S = 24 * 3600

share = topic("share", "Links to a dub for people without an account.")


@share.command("create", epilog=exits.HELP)
def create_share(
    dub_id: DubId,
    days: Annotated[float, typer.Option(min=0.001, max=365, help="How long it holds.")] = 7.0,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Only these languages; repeat it, or: es,ca.")
    ] = None,
    downloads: Annotated[
        bool, typer.Option("--downloads", help="Files may be saved, not only played.")
    ] = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Make a link; prints it, this once."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"No link to {dub_id} could be made."):
            made = now.client.shares.create(
                dub_id,
                expires_in_s=max(60, round(days * DAY_S)),
                languages=language_list(to) if to else (),
                downloads=downloads,
            )
        address = made.url if "://" in made.url else server.rstrip("/") + made.url
        now.tell("share", {"share": made}, lambda out: records.show_secret(out, address))


@share.command("list", epilog=exits.HELP)
def list_shares(
    dub_id: DubId, as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Show the links of a dub that hold."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The links to {dub_id} could not be shown."):
            found = now.client.shares.list(dub_id)
        now.tell("shares", {"shares": found}, lambda out: records.show_shares(out, found))


@share.command("revoke", epilog=exits.HELP)
def revoke_share(
    dub_id: DubId,
    share_id: Annotated[str, typer.Argument(metavar="LINK", help="See `polydub share list`.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """End a link at once."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The link {share_id} could not be ended."):
            now.client.shares.revoke(dub_id, share_id)
        now.told_deleted(share_id)
