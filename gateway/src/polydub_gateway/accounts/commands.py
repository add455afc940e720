"""What an operator does at the machine: ``python -m polydub_gateway <command>``."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polydub.errors import StageError
from polydub.settings import CommonSettings, load_settings
from polydub.store import open_store
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.operating import activate, deactivate, set_password
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.signing import SigningKeys
from polydub_gateway.db import Database
from polydub_gateway.jobs.requeueing import requeue
from polydub_gateway.limits.arguments import count_in, limit_in, rate_in, said
from polydub_gateway.limits.granted import grant
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.sealing import open_sealing
from polydub_gateway.settings import GatewaySettings

Command = Callable[[Database, GatewaySettings], Awaitable[str]]

_EMAIL: dict[str, Any] = {"--email": {"required": True}}
_PASSWORD: dict[str, Any] = {"--password-file": {"type": Path, "help": "instead of asking"}}
_LIMIT: dict[str, Any] = {"type": limit_in, "metavar": "NUMBER|none|default"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "create-admin": {
        **_EMAIL,
        **_PASSWORD,
        "--organisation": {"default": "", "help": "its name; default: the first one"},
    },
    "set-password": {**_EMAIL, **_PASSWORD},
    "deactivate": _EMAIL,
    "activate": _EMAIL,
    "limits": {
        "--organisation": {"required": True, "help": "its id or its name; local without accounts"},
        "--minutes": {**_LIMIT, "help": "of source a month, times languages"},
        "--storage-bytes": {**_LIMIT, "type": count_in},
        "--jobs": {**_LIMIT, "type": count_in, "help": "at a time"},
        "--rate": {
            "type": rate_in,
            "action": "append",
            "default": [],
            "metavar": "CLASS=CALLS/SECONDS|none|default",
            "help": "of each member and key: read, write, upload",
        },
    },
}


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

    def add(name: str, make: Callable[[argparse.Namespace], Command], told: str) -> None:
        command = commands.add_parser(name, help=told, description=told)
        command.set_defaults(make=make)
        for option, chosen in _OPTIONS.get(name, {}).items():
            command.add_argument(option, **chosen)

    add("create-admin", _create_admin, "make an admin, or make one of a user; asks for a password")
    add(
        "set-password", _set_password, "give a user who forgot theirs another password; asks for it"
    )
    add("deactivate", _deactivate, "shut a user out everywhere")
    add("activate", _activate, "let a user in again who was shut out")
    add("limits", _limits, "set or show what one organisation may use instead of the default")
    add("rotate-key", _rotate_key, "sign with a new key from now on")
    add("migrate", _migrate, "bring the database's tables up to date")
    add("create-bucket", _create_bucket, "make the store's bucket unless it is there")
    add("requeue", _requeue, "start jobs anew that were under way when the broker's data was lost")
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


def _set_password(chosen: argparse.Namespace) -> Command:
    async def command(database: Database, _: GatewaySettings) -> str:
        password = await asyncio.to_thread(_password, chosen.password_file)
        await set_password(database, Passwords(), email=chosen.email, password=password)
        return f"{chosen.email} has another password, and is signed out everywhere."

    return command


def _activate(chosen: argparse.Namespace) -> Command:
    async def command(database: Database, _: GatewaySettings) -> str:
        await activate(database, email=chosen.email)
        return f"{chosen.email} is let in again."

    return command


def _deactivate(chosen: argparse.Namespace) -> Command:
    async def command(database: Database, _: GatewaySettings) -> str:
        await deactivate(database, email=chosen.email)
        return f"{chosen.email} is shut out."

    return command


def _limits(chosen: argparse.Namespace) -> Command:
    asked = {
        "minutes_per_month": chosen.minutes,
        "storage_bytes": chosen.storage_bytes,
        "concurrent_jobs": chosen.jobs,
    }
    changes = {name: given.value for name, given in asked.items() if given is not None}
    if chosen.rate:
        changes["rates"] = dict(chosen.rate)

    async def command(database: Database, settings: GatewaySettings) -> str:
        owner_id, granted = await grant(database, chosen.organisation, changes)
        quotas = granted.quotas(settings.limits)
        rates = {each: granted.rate(each, settings.limits) for each in CallClass}
        told = [*asdict(quotas).items(), *rates.items()]
        return "\n".join([owner_id, *(f"  {name}: {said(limit)}" for name, limit in told)])

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
