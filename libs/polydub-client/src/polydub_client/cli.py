"""The ``polydub`` command."""

from __future__ import annotations

import typer

from polydub_client.commands import (
    accounts,
    correcting,
    limits,
    looking,
    making,
    planning,
    sending,
    sharing,
    speakers,
    webhooks,
    words,
)
from polydub_client.terminal import exits
from polydub_client.terminal.plugins import Plugins

app = typer.Typer(
    cls=Plugins,
    help="Dubs videos into other languages.",
    epilog=exits.HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for _command in (
    making.dub,
    making.estimate,
    looking.status,
    looking.videos,
    looking.imports,
    looking.trace,
    making.download,
    looking.cancel,
    making.retry,
    looking.delete,
    making.add_language,
    correcting.script,
    correcting.correct,
    correcting.suggest,
    correcting.preview,
    making.regenerate,
    sending.upload,
    looking.engines,
    looking.languages,
    looking.voices,
    looking.usage,
    limits.limits,
    looking.feed,
    accounts.login,
    accounts.logout,
    accounts.whoami,
):
    app.command(epilog=exits.HELP)(_command)
app.command("import", epilog=exits.HELP)(sending.import_)
app.command("plan", epilog=exits.HELP)(planning.plan_command)
for _topic in (
    speakers.speakers,
    words.glossary,
    words.memory,
    sharing.share,
    webhooks.webhooks,
    accounts.members,
    accounts.keys,
):
    app.add_typer(_topic)


def main() -> None:
    """The console script."""
    app()
