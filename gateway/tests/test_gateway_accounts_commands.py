"""What an operator does at the machine."""

from __future__ import annotations

import asyncio
import io
import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from polydub.testing import poll_until
from polydub_gateway.accounts.commands import run_command
from polydub_gateway.accounts.passwords import Passwords

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
"""Of everyone who joins at the door."""
ANOTHER = "another password altogether"


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "gateway.db"
    monkeypatch.setenv("POLYDUB_GATEWAY_DATABASE_URL", f"sqlite+aiosqlite:///{path}")
    return sqlite3.connect(path)


def test_an_admin_is_made_and_made_again(
    rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("the first password\n"))
    run_command(["create-admin", "--email", "Ada@Example.com"])
    monkeypatch.setattr("sys.stdin", io.StringIO("the second password\n"))
    run_command(["create-admin", "--email", "ada@example.com"])
    (user_id, kept), *more = rows.execute("SELECT id, password_hash FROM users").fetchall()
    assert not more
    assert user_id in capsys.readouterr().out
    assert asyncio.run(Passwords().check(kept, "the second password")).fits
    # The first organisation is the one that owned everything before there were accounts.
    roles = rows.execute("SELECT organisation_id, role FROM memberships").fetchall()
    assert roles == [("local", "admin")]


def test_a_second_organisation_is_another(rows: sqlite3.Connection, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a password in a file\n")
    for email, name in (("a@example.com", ""), ("b@example.com", "B"), ("c@example.com", "B")):
        asked = ["--email", email, "--password-file", str(password), "--organisation", name]
        run_command(["create-admin", *asked])
    joined = "SELECT organisation_id FROM memberships ORDER BY rowid"
    found = [each for (each,) in rows.execute(joined)]
    assert found[0] == "local"
    assert found[1] == found[2] != "local"


def test_who_is_shut_out_stays_so_until_made_admin_again(
    rows: sqlite3.Connection, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("a password in a file\n")
    made = ["create-admin", "--email", "a@example.com", "--password-file", str(password)]
    run_command(made)
    run_command(["deactivate", "--email", "A@example.com"])
    assert rows.execute("SELECT active FROM users").fetchall() == [(0,)]
    run_command(made)
    assert rows.execute("SELECT active FROM users").fetchall() == [(1,)]


@pytest.fixture
async def operate(
    door: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Awaitable[None]]:
    """Does a command over the database of a gateway that runs."""
    monkeypatch.setenv("POLYDUB_GATEWAY_DATABASE_URL", door.database_url)
    monkeypatch.setenv("POLYDUB_GATEWAY_SECRET", "the secret does not matter to these commands")
    password = tmp_path / "password"
    password.write_text(ANOTHER)

    async def run(command: str, *arguments: str) -> None:
        more = ("--password-file", str(password)) if command == "set-password" else ()
        await asyncio.to_thread(run_command, [command, *arguments, *more])

    return run


async def test_who_forgot_their_password_comes_in_again_as_what_they_were(
    door: Any, operate: Any
) -> None:
    admin = await door.bearer()
    _, viewer = await door.join(admin, "viewer", "forgetful@example.com")
    wrong = {"email": "forgetful@example.com", "password": "not the right one"}
    for _ in range(6):
        refused = await door.http.post("/v1/auth/login", json=wrong)
        assert refused.status_code == 401
    waits = await door.http.post("/v1/auth/login", json=wrong)
    assert waits.status_code == 429
    assert "invite" not in refused.json()["hint"]

    await operate("set-password", "--email", "Forgetful@example.com")
    known = {**wrong, "password": ANOTHER}
    tokens = await door.http.post("/v1/auth/login", json=known)
    assert tokens.status_code == 200, tokens.text
    headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    assert (await door.http.get("/v1/auth/me", headers=headers)).json()["role"] == "viewer"

    async def ended() -> bool:
        return bool((await door.http.get("/v1/auth/me", headers=viewer)).status_code == 401)

    await poll_until(ended, "the sessions of before to end")
    entries = (await door.http.get("/v1/organisation/audit", headers=admin)).json()["entries"]
    changed = next(each for each in entries if each["action"] == "password_changed")
    assert changed["user_id"] is None


async def test_who_is_let_in_again_is_what_they_were(door: Any, operate: Any) -> None:
    admin = await door.bearer()
    tokens, before = await door.join(admin, "editor", "suspended@example.com")
    known = {"email": "suspended@example.com", "password": PASSWORD}
    await operate("deactivate", "--email", "suspended@example.com")
    assert (await door.http.post("/v1/auth/login", json=known)).status_code == 401
    await operate("activate", "--email", "suspended@example.com")
    headers = await door.bearer("suspended@example.com")
    assert (await door.http.get("/v1/auth/me", headers=headers)).json()["role"] == "editor"
    shown = {"refresh_token": tokens["refresh_token"]}
    assert (await door.http.post("/v1/auth/refresh", json=shown)).status_code == 401

    async def is_over() -> bool:
        return bool((await door.http.get("/v1/auth/me", headers=before)).status_code == 401)

    await poll_until(is_over, "the sessions of before to hold no more")
    entries = (await door.http.get("/v1/organisation/audit", headers=admin)).json()["entries"]
    told = [each["action"] for each in entries if each["action"].endswith("activated")]
    assert told == ["activated", "deactivated"]


def test_a_key_is_rotated(rows: sqlite3.Connection) -> None:
    run_command(["rotate-key"])
    run_command(["rotate-key"])
    generations = rows.execute("SELECT generation FROM signing_keys ORDER BY 1").fetchall()
    assert generations == [(1,), (2,)]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["deactivate", "--email", "nobody@example.com"], "no such user"),
        (["activate", "--email", "nobody@example.com"], "no such user"),
        (["create-admin", "--email", "no address"], "no e-mail address"),
        (["create-admin", "--email", "a@example.com"], "10 to 512 characters"),
    ],
)
def test_what_can_not_be_done_is_said(
    rows: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(SystemExit) as ended:
        run_command(argv)
    assert ended.value.code == os.EX_DATAERR
    assert said in capsys.readouterr().err


def test_tables_are_made_and_then_left(
    rows: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        run_command(["migrate"])
        assert "up to date" in capsys.readouterr().out
    assert rows.execute("SELECT count(*) FROM dubs").fetchone() == (0,)


def test_a_store_without_buckets_needs_none(
    rows: sqlite3.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POLYDUB_STORE_DIR", str(tmp_path / "store"))
    run_command(["create-bucket"])
    assert "bucket is there" in capsys.readouterr().out
