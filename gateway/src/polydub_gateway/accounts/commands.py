"""What an operator does at the machine: ``python -m polydub_gateway <command>``."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from polydub.errors import StageError
from polydub.settings import CommonSettings, load_settings
from polydub.store import open_store
from polydub_gateway.accounts.opening import create_admin, deactivate
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.signing import SigningKeys
from polydub_gateway.db import Database
from polydub_gateway.jobs.requeueing import requeue
from polydub_gateway.sealing import open_sealing
from polydub_gateway.settings import GatewaySettings

Command = Callable[[Database, GatewaySettings], Awaitable[str]]


def run_command(argv: Sequence[str]) -> None:
    """Does one command over the gateway's database, and says what it did."""
    command = _parsed(argv)
    settings = load_settings(GatewaySettings)
    try:
        print(asyncio.run(_over_database(settings, command)))
    except StageError as error:
        print(f"polydub gateway: {error.message} {error.hint}", file=sys.stderr)
        sys.exit(os.EX_DATAERR)


async def _over_database(settings: GatewaySettings, command: Command) -> str:
    database = Database(settings.database_url)
    try:
        await database.migrate()
        return await command(database, settings)
    finally:
        await database.aclose()


def _parsed(argv: Sequence[str]) -> Command:
    parser = argparse.ArgumentParser(prog="python -m polydub_gateway")
    commands = parser.add_subparsers(required=True)
    admin = commands.add_parser(
        "create-admin", help="make an admin, or give one another password; it is asked for"
    )
    admin.add_argument("--email", required=True)
    admin.add_argument("--password-file", type=Path, help="instead of asking")
    admin.add_argument("--organisation", default="", help="its name; default: the first one")
    admin.set_defaults(make=_create_admin)
    out = commands.add_parser("deactivate", help="shut a user out everywhere")
    out.add_argument("--email", required=True)
    out.set_defaults(make=_deactivate)
    commands.add_parser("rotate-key", help="sign with a new key from now on").set_defaults(
        make=_rotate_key
    )
    commands.add_parser("migrate", help="bring the database's tables up to date").set_defaults(
        make=_migrate
    )
    commands.add_parser(
        "create-bucket", help="make the store's bucket unless it is there"
    ).set_defaults(make=_create_bucket)
    commands.add_parser(
        "requeue", help="start jobs anew that were under way when the broker's data was lost"
    ).set_defaults(make=_requeue)
    chosen = parser.parse_args(argv)
    command: Command = chosen.make(chosen)
    return command


def _create_admin(chosen: argparse.Namespace) -> Command:
    async def command(database: Database, _: GatewaySettings) -> str:
        password = await asyncio.to_thread(_password, chosen.password_file)
        user_id = await create_admin(
            database,
            Passwords(),
            email=chosen.email,
            password=password,
            organisation=chosen.organisation,
        )
        return f"{chosen.email} is an admin ({user_id})."

    return command


def _deactivate(chosen: argparse.Namespace) -> Command:
    async def command(database: Database, _: GatewaySettings) -> str:
        await deactivate(database, email=chosen.email)
        return f"{chosen.email} is shut out."

    return command


def _rotate_key(_: argparse.Namespace) -> Command:
    async def command(database: Database, settings: GatewaySettings) -> str:
        keys = SigningKeys(
            database,
            open_sealing(settings.sealing, settings.database_url),
            age_s=settings.sign_in.signing_key_s,
            token_s=settings.sign_in.access_token_s,
        )
        return f"{await keys.rotate()} signs within a minute."

    return command


def _migrate(_: argparse.Namespace) -> Command:
    async def command(_: Database, __: GatewaySettings) -> str:
        return "The tables are up to date."  # as before every command

    return command


def _requeue(_: argparse.Namespace) -> Command:
    async def command(database: Database, __: GatewaySettings) -> str:
        return f"{await requeue(database)} jobs are started anew as there is room."

    return command


def _create_bucket(_: argparse.Namespace) -> Command:
    async def command(_: Database, __: GatewaySettings) -> str:
        store = open_store(load_settings(CommonSettings))
        try:
            await store.ensure_bucket()
        finally:
            await store.aclose()
        return "The bucket is there."

    return command


def _password(file: Path | None) -> str:
    """Never from the command line, which every user of the machine can see."""
    if file is not None:
        return file.read_text("utf-8").strip()
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
