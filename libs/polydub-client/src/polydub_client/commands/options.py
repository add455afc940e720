"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
LineId = Annotated[str, typer.Argument(metavar="LINE", help="A line's id: see `polydub script`.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE|URL|VIDEO", help="Video or audio; its address; or an uploaded one's id."
    ),
]
To = Annotated[list[str], typer.Option("--to", help="A target language; repeat it, or: es,ca.")]
From = Annotated[str, typer.Option("--from", help="The language that is spoken.")]
Engines = Annotated[
    list[str] | None,
    typer.Option("--engine", metavar="STAGE=ID", help="An engine other than the default."),
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many of the latest.")]


def topic(name: str, about: str) -> typer.Typer:
    """A group of commands under one word."""
    return typer.Typer(name=name, help=about, no_args_is_help=True, pretty_exceptions_enable=False)
