"""Signing in: tokens are renewed by themselves, by one of several, and kept safe."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from polydub_client import AsyncPolydub, FileSession, MemorySession, Polydub, PolydubError
from polydub_client.keeping.locks import held
from polydub_client.keeping.sessions import SignedIn

pytestmark = pytest.mark.contract


def signed_in(*, for_s: float) -> SignedIn:
    return SignedIn("access-1", "refresh-1", time.time() + for_s)


@pytest.fixture
def accounts(gateway: Any) -> Any:
    """A gateway at which nobody may do anything without a token."""
    gateway.access, gateway.refresh = "access-1", "refresh-1"
    return gateway


def refreshes(gateway: Any) -> int:
    return len(gateway.asked("POST /v1/auth/refresh"))


def test_login_signs_what_follows(accounts: Any) -> None:
    accounts.answers["POST /v1/auth/login"] = (
        200,
        {"access_token": "access-1", "expires_in": 900, "refresh_token": "refresh-1"},
    )
    with Polydub(accounts.url) as polydub:
        with pytest.raises(PolydubError) as refused:
            polydub.list_dubs()
        assert refused.value.code == "unauthenticated"
        polydub.account.login("ada@example.com", "correct horse")
        assert polydub.list_dubs().dubs
    assert refreshes(accounts) == 0


def test_a_token_that_ends_soon_is_renewed_before(accounts: Any) -> None:
    session = MemorySession(signed_in(for_s=5))
    with Polydub(accounts.url, session=session) as polydub:
        assert polydub.list_dubs().dubs
    assert [each.headers.get("authorization") for each in accounts.asked("GET /v1/dubs")] == [
        "Bearer access-2"
    ]
    kept = session.read()
    assert kept is not None
    assert kept.refresh_token == "refresh-2"


async def test_a_token_that_is_refused_is_renewed_and_the_call_repeated(accounts: Any) -> None:
    accounts.access = "access-1-no-more"
    async with AsyncPolydub(accounts.url, session=MemorySession(signed_in(for_s=900))) as polydub:
        assert (await polydub.list_dubs()).dubs
    assert refreshes(accounts) == 1


def test_a_file_that_is_sent_is_sent_again_after_a_renewal(accounts: Any, tmp_path: Path) -> None:
    accounts.access = "access-1-no-more"
    file = tmp_path / "talk.mp4"
    file.write_bytes(b"moving")
    with Polydub(accounts.url, session=MemorySession(signed_in(for_s=900))) as polydub:
        assert polydub.upload_video(file).size_bytes == 6


def test_a_session_that_has_ended_is_forgotten(accounts: Any, tmp_path: Path) -> None:
    session = FileSession(tmp_path / "session.json")
    session.write(SignedIn("old", "spent long ago-0", time.time() + 900))
    with Polydub(accounts.url, session=session) as polydub, pytest.raises(PolydubError) as refused:
        polydub.list_dubs()
    assert refused.value.status == 401
    assert session.read() is None


async def test_many_at_once_renew_once(accounts: Any, tmp_path: Path) -> None:
    session = FileSession(tmp_path / "session.json")
    session.write(signed_in(for_s=1))
    async with AsyncPolydub(accounts.url, session=session) as polydub:
        await asyncio.gather(*(polydub.list_dubs() for _ in range(8)))
    assert refreshes(accounts) == 1
    assert accounts.refresh == "refresh-2"


RENEW = """
import sys
from pathlib import Path
from polydub_client import FileSession, Polydub
with Polydub(sys.argv[1], session=FileSession(Path(sys.argv[2]))) as polydub:
    print(len(polydub.list_dubs().dubs))
"""


def test_two_processes_do_not_end_each_others_session(accounts: Any, tmp_path: Path) -> None:
    session = FileSession(tmp_path / "session.json")
    session.write(signed_in(for_s=1))
    run = [sys.executable, "-c", RENEW, accounts.url, str(session.path)]
    with held(session.lock()):  # so that both wait for it at the same time
        both = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.communicate(timeout=60)[0].strip() for each in both] == ["1", "1"]
    assert refreshes(accounts) == 1


def test_a_session_lies_in_a_file_of_its_own_for_each_server(state_dir: Path) -> None:
    one, other = (FileSession.of_server(f"http://127.0.0.1:{port}/") for port in (1, 2))
    one.write(signed_in(for_s=900))
    assert other.read() is None
    assert one.path.parent.parent == state_dir
    assert one.path.stat().st_mode & 0o077 == 0
    assert "access-1" not in repr(one.read())
    one.path.write_text(json.dumps({"what": "is this"}))
    assert one.read() is None


def test_a_key_goes_before_a_session(gateway: Any) -> None:
    session = MemorySession(signed_in(for_s=900))
    with Polydub(gateway.url, "pdk_1", session=session) as polydub:
        polydub.list_dubs()
    [asked] = gateway.asked("GET /v1/dubs")
    assert asked.headers["x-api-key"] == "pdk_1"
    assert "authorization" not in asked.headers


def test_signing_out_ends_it_here_and_there(accounts: Any) -> None:
    accounts.answers["POST /v1/auth/logout"] = (200, {})
    session = MemorySession(signed_in(for_s=900))
    with Polydub(accounts.url, session=session) as polydub:
        polydub.account.logout()
        polydub.account.logout()
    [asked] = accounts.asked("POST /v1/auth/logout")
    assert json.loads(asked.body) == {"refresh_token": "refresh-1"}
    assert session.read() is None


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    session = FileSession(tmp_path / "session.json")
    order: list[str] = []

    def other() -> None:
        with held(session.lock()):
            order.append("other")

    with held(session.lock()):
        waiting = threading.Thread(target=other)
        waiting.start()
        order.append("first")
    waiting.join(30)
    assert order == ["first", "other"]
