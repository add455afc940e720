"""Commands that other packages bring: entry points of the group ``polydub.commands``.

Each names a typer app and is mounted under the entry point's name. It is loaded only when it is
called or listed, so that the other commands start quickly.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from polydub_client.terminal.exits import Exit

GROUP = "polydub.commands"
KNOWN = {"models": "polydub-models", "mcp": "polydub-mcp"}
"""What brings a command that one may look for in vain."""


class Plugins(TyperGroup):
    """The program's own commands, and those of other packages after them."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *sorted({*_found(), *KNOWN} - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if (entry := _found().get(cmd_name)) is not None:
            command = typer.main.get_command(entry.load())
            command.name = cmd_name
            return command
        return _not_installed(cmd_name) if cmd_name in KNOWN else None


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _not_installed(name: str) -> TyperCommand:
    """Says what to install, whatever comes behind the name."""

    def tell() -> None:
        typer.echo(f"`polydub {name}` needs a package: pip install {KNOWN[name]}", err=True)
        raise typer.Exit(Exit.REFUSED)

    return TyperCommand(
        name,
        callback=tell,
        help=f"Not installed: pip install {KNOWN[name]}",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        add_help_option=False,
    )
