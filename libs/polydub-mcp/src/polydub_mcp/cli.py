"""``polydub mcp``: serves an assistant over stdio, or programs of this machine over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polydub_client import AsyncPolydub, FileSession, PolydubError
from polydub_client.commands.options import ApiKey, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.terminal.exits import Exit
from polydub_mcp.roots import Roots
from polydub_mcp.server import build

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def mcp(
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            exists=True,
            file_okay=False,
            help="A folder whose files may be read and written; repeat it. None: no files at all.",
        ),
    ] = None,
    http: Annotated[
        int,
        typer.Option(
            "--http", min=0, max=65535, metavar="PORT", help="HTTP on 127.0.0.1 in place of stdio."
        ),
    ] = 0,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Serve assistants: an MCP server over stdio, to be started by them."""
    try:
        client = AsyncPolydub(server, api_key or None, session=FileSession.of_server(server))
    except PolydubError as error:
        typer.echo(f"{error.message} {error.hint}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    served = build(client, Roots(root or ()))
    if http:
        served.run("streamable-http", host="127.0.0.1", port=http)
    else:
        served.run("stdio")


def main() -> None:
    """The console script."""
    app()
