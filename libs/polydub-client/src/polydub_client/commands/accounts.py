"""Signing in and out, members and keys."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, Json, Server, topic
from polydub_client.connection import DEFAULT_URL
from polydub_client.terminal import exits, records
from polydub_client.terminal.following import step
from polydub_client.terminal.session import Session, session

members = topic("members", "Who is in the organisation.")
keys = topic("keys", "API keys for programs.")
UserId = Annotated[str, typer.Argument(metavar="USER", help="See `polydub members list`.")]


def login(
    email: Annotated[str, typer.Option("--email", prompt="E-mail", help="Who signs in.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    organisation: Annotated[
        str, typer.Option("--organisation", help="Its id; without: the oldest one of yours.")
    ] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Sign in; the session is kept in a file that only you can read."""
    with session(server, "", as_json=as_json, greets=False) as now:
        password = _password(from_stdin=password_stdin)
        with step("You could not be signed in."):
            now.client.account.login(email, password, organisation_id=organisation)
        _tell_me(now)


def logout(as_json: Json = False, server: Server = DEFAULT_URL) -> None:
    """Sign out, here and on the server."""
    with session(server, "", as_json=as_json, greets=False) as now:
        now.client.account.logout()
        now.tell("logged_out", {}, lambda out: out.print("Signed out."))


def whoami(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show who you are to the server, and what you may do."""
    with session(server, api_key, as_json=as_json, greets=False) as now:
        _tell_me(now)


@members.command("list", epilog=exits.HELP)
def list_members(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show everyone in the organisation."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.organisation.members()
        now.tell("members", {"members": found}, lambda out: records.show_members(out, found))


@members.command("invite", epilog=exits.HELP)
def invite(
    email: Annotated[str, typer.Argument()],
    role: Annotated[str, typer.Option("--role", help="viewer, editor or admin.")] = "viewer",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Invite someone; prints the token to hand to them, this once."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"{email} could not be invited."):
            made = now.client.organisation.invite(email, role=role)
        told = {"invitation": made}
        now.tell("invitation", told, lambda out: records.show_secret(out, made.token))


@members.command("role", epilog=exits.HELP)
def change_role(
    user_id: UserId,
    role: Annotated[str, typer.Argument(help="viewer, editor or admin.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Give a member another role. The last admin stays one."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"{user_id} could not be given another role."):
            made = now.client.organisation.change_role(user_id, role)
        now.tell("member", {"member": made}, lambda out: records.show_members(out, (made,)))


@members.command("remove", epilog=exits.HELP)
def remove_member(
    user_id: UserId, as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Take a member out, and their keys."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"{user_id} could not be taken out."):
            now.client.organisation.remove_member(user_id)
        now.told_deleted(user_id)


@keys.command("list", epilog=exits.HELP)
def list_keys(as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = "") -> None:
    """Show the API keys; their texts are not kept."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.organisation.keys()
        now.tell("keys", {"keys": found}, lambda out: records.show_keys(out, found))


@keys.command("create", epilog=exits.HELP)
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        str, typer.Option("--scope", help="`read` looks only; `all` does what you may do.")
    ] = "read",
    expires: Annotated[
        datetime | None, typer.Option("--expires", help="In UTC; without: never.")
    ] = None,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Make an API key; prints its text, this once."""
    until = expires.replace(tzinfo=UTC) if expires else None
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The key {name} could not be made."):
            made = now.client.organisation.create_key(name, scope=scope, expires_at=until)
        now.tell("key", {"key": made}, lambda out: records.show_secret(out, made.key))


@keys.command("revoke", epilog=exits.HELP)
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="See `polydub keys list`.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """End a key at once."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The key {key_id} could not be ended."):
            now.client.organisation.revoke_key(key_id)
        now.told_deleted(key_id)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("Password", hide_input=True, err=True)
    return asked


def _tell_me(now: Session) -> None:
    me = now.client.account.me()
    now.tell("me", {"me": me}, lambda out: records.show_me(out, me))
